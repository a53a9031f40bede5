import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import type { Permission } from '../../api/types.js';
import { useApp } from '../../shell/app.js';
import { Field, Select } from '../../ui/field.js';
import { ExpiryField, OrganizationsField, PermissionsField } from '../choosing.js';
import { type Expiry, expiresAt, type Organizations } from '../chosen.js';
import { FormDialog } from '../dialogs.js';

/** What a key is for, who it speaks for, and how long. */
export function NewKey({
  onMade,
  onClose,
}: {
  onMade: (made: { name: string; key: string }) => void;
  onClose: () => void;
}) {
  const { api, sessions } = useApp();
  const chosen = sessions.organization.peek();
  const [name, setName] = useState('');
  const [organizations, setOrganizations] = useState<Organizations>(chosen === undefined ? [] : [chosen]);
  const [permissions, setPermissions] = useState<Permission[]>([]);
  const [role, setRole] = useState('');
  const [expiry, setExpiry] = useState<Expiry>({ span: '90', at: '' });
  const roles = useLoad('roles', (signal) => api.get<{ roles: { name: string }[] }>('/api/roles', {}, signal));
  const names = [...new Set((roles.data?.roles ?? []).map((one) => one.name))];
  return (
    <FormDialog
      title="New API key"
      submit="Make the key"
      wide
      shown={['/name', '/organizations', '/expires_at']}
      needs={{
        'a name': name.trim() !== '',
        organizations: organizations.length > 0,
        'a role or permissions': permissions.length > 0 || role !== '',
        'when it expires': expiry.span !== 'at' || expiresAt(expiry, Date.now()) !== undefined,
      }}
      onClose={onClose}
      onSubmit={async () => {
        const expires_at = expiresAt(expiry, Date.now());
        const made = await api.post<{ name: string; key: string }>('/api/keys', {
          name: name.trim(),
          organizations,
          ...(permissions.length > 0 ? { permissions } : {}),
          ...(role === '' ? {} : { role }),
          ...(expires_at === undefined ? {} : { expires_at }),
        });
        onMade(made);
      }}
    >
      {(problem) => (
        <>
          <Field
            label="Name"
            hint="Who or what uses it: it stands in every event that the key causes."
            value={name}
            onInput={setName}
            maxLength={128}
            problem={problem?.of('/name')[0]?.detail}
          />
          <OrganizationsField
            value={organizations}
            onChange={setOrganizations}
            problem={problem?.of('/organizations')[0]?.detail}
          />
          <Select
            label="Role"
            hint="Its permissions come beside those below, also when the role is changed later."
            value={role}
            choices={[{ value: '', label: 'none' }, ...names.map((one) => ({ value: one, label: one }))]}
            onChange={setRole}
          />
          <PermissionsField value={permissions} onChange={setPermissions} />
          <ExpiryField value={expiry} onChange={setExpiry} problem={problem?.of('/expires_at')[0]?.detail} />
        </>
      )}
    </FormDialog>
  );
}
