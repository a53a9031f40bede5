import { useState } from 'preact/hooks';
import type { Scope } from '../../api/types.js';
import { useApp } from '../../shell/app.js';
import { Checkbox, Field, TextArea } from '../../ui/field.js';
import { OrganizationsField } from '../choosing.js';
import type { Organizations } from '../chosen.js';
import { FormDialog } from '../dialogs.js';

export interface Producer {
  key_id: string;
  producer_id: string;
  name: string;
  organizations: Organizations;
  scopes: Scope[];
  public_key: string;
  revoked: boolean;
}

/** The public key of a service; `instead`: another one beside the key that it takes the place of. */
export function Register({
  instead,
  onDone,
  onClose,
}: {
  instead: Producer | undefined;
  onDone: (said: string) => void;
  onClose: () => void;
}) {
  const { api, sessions } = useApp();
  const [publicKey, setPublicKey] = useState('');
  const [id, setId] = useState(instead?.producer_id ?? '');
  const [name, setName] = useState(instead?.name ?? '');
  const [organizations, setOrganizations] = useState<Organizations>(instead?.organizations ?? []);
  const [scopes, setScopes] = useState<Scope[]>(instead?.scopes ?? ['organization', 'application']);
  const choices: readonly Scope[] = ['organization', 'application', 'system'];
  return (
    <FormDialog
      title={instead ? `Another key for ${instead.producer_id}` : 'Register a producer'}
      submit="Register"
      wide
      shown={['/public_key', '/producer_id', '/organizations', '/name']}
      needs={{
        'the public key': publicKey.trim() !== '',
        organizations: organizations.length > 0,
        'a scope': scopes.length > 0,
      }}
      onClose={onClose}
      onSubmit={async () => {
        const { producer_id } = await api.post<Producer>('/api/producers', {
          public_key: publicKey.trim(),
          organizations,
          scopes,
          ...(id.trim() === '' ? {} : { producer_id: id.trim() }),
          ...(name.trim() === '' ? {} : { name: name.trim() }),
        });
        onDone(
          instead
            ? `${producer_id} has another key; revoke the old one once it is not used`
            : `${producer_id} is registered`,
        );
      }}
    >
      {(problem) => (
        <>
          {instead && (
            <p>
              Both keys hold side by side. Once the service signs with the new one, revoke{' '}
              <code>{instead.key_id.slice(0, 16)}…</code>.
            </p>
          )}
          <TextArea
            label="Public key"
            hint="Ed25519: PEM, or Base64 of the SPKI or of the raw 32 bytes. The private key stays with the service."
            value={publicKey}
            onInput={setPublicKey}
            rows={4}
            mono
            problem={problem?.of('/public_key')[0]?.detail}
          />
          {!instead && (
            <Field
              label="Producer"
              hint="Its id in the log; made when left empty."
              value={id}
              onInput={setId}
              mono
              problem={problem?.of('/producer_id')[0]?.detail}
            />
          )}
          <Field label="Name" value={name} onInput={setName} problem={problem?.of('/name')[0]?.detail} />
          <OrganizationsField
            value={organizations}
            onChange={setOrganizations}
            problem={problem?.of('/organizations')[0]?.detail}
          />
          <fieldset class="manage-set">
            <legend>Scopes</legend>
            <div class="manage-choices">
              {choices.map((scope) => (
                <Checkbox
                  key={scope}
                  label={scope}
                  checked={scopes.includes(scope)}
                  disabled={scope === 'system' && !sessions.may('admin')}
                  onChange={(on) => setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope))}
                />
              ))}
            </div>
          </fieldset>
        </>
      )}
    </FormDialog>
  );
}
