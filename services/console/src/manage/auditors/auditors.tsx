import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { useApp } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Field, Select } from '../../ui/field.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { ExpiryField, OrganizationNames } from '../choosing.js';
import { type Expiry, expiresAt } from '../chosen.js';
import { Confirm, FormDialog, SecretDialog } from '../dialogs.js';
import { isOver, stateOf } from '../keys/keys.js';
import { ManagedList } from '../managed-list.js';

interface AuditorLink {
  id: string;
  organization_id: string;
  name: string;
  created_at: string;
  created_by: string;
  expires_at: string;
  revoked_at: string | null;
}

type Open = { kind: 'new' } | { kind: 'revoke'; link: AuditorLink } | { kind: 'secret'; name: string; url: string };
const mostDays = 92;

/** Links by which an auditor reads, exports and verifies one organization for a time. */
export default function Auditors() {
  const { api, now, toasts } = useApp();
  const { data, problem, again } = useLoad('auditors', (signal) =>
    api.get<{ links: AuditorLink[] }>('/api/session/auditor-links', {}, signal),
  );
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  return (
    <ManagedList<AuditorLink>
      title="Auditors"
      rows={data?.links}
      problem={problem}
      again={again}
      add={{ label: 'New link', does: 'Make a link for an auditor', run: () => setOpen({ kind: 'new' }) }}
      empty={
        <Empty title="No links for auditors" icon="link">
          Whoever opens such a link reads, exports and verifies one organization until it expires. All of it is written
          down.
        </Empty>
      }
      keyOf={({ id }) => id}
      actions={(link) =>
        isOver(stateOf(link, now.value))
          ? undefined
          : {
              of: `the link of ${link.name}`,
              items: [{ label: 'Revoke', icon: 'trash', run: () => setOpen({ kind: 'revoke', link }) }],
            }
      }
      columns={[
        { name: 'name', label: 'For', lead: true, cell: ({ name }) => <b>{name}</b> },
        {
          name: 'organization',
          label: 'Organization',
          cell: ({ organization_id }) => <OrganizationNames value={[organization_id]} />,
        },
        { name: 'state', label: 'State', cell: (link) => <State value={link} nowMs={now.value} /> },
        { name: 'expires', label: 'Expires', cell: ({ expires_at }) => <Time iso={expires_at} /> },
        { name: 'made', label: 'Made', cell: ({ created_at }) => <Time iso={created_at} /> },
        { name: 'by', label: 'By', cell: ({ created_by }) => <span class="mono">{created_by}</span> },
      ]}
    >
      {open?.kind === 'new' && (
        <NewLink
          onClose={close}
          onMade={({ name, url }) => {
            again();
            setOpen({ kind: 'secret', name, url });
          }}
        />
      )}
      {open?.kind === 'revoke' && (
        <Confirm
          title={`Revoke the link of ${open.link.name}`}
          action="Revoke"
          onClose={close}
          onConfirm={async () => {
            await api.delete(`/api/session/auditor-links/${open.link.id}`);
            toasts.good('The link is revoked');
            again();
          }}
        >
          <p>The auditor is signed out at once, and the link opens nothing any more. This cannot be taken back.</p>
        </Confirm>
      )}
      {open?.kind === 'secret' && (
        <SecretDialog title={`The link of ${open.name}`} secret={open.url} onClose={close}>
          <p>Whoever has this link signs in by it. Send it to the auditor by a way that others do not read.</p>
        </SecretDialog>
      )}
    </ManagedList>
  );
}

function State({ value, nowMs }: { value: AuditorLink; nowMs: number }) {
  const state = stateOf(value, nowMs);
  if (state === 'revoked') {
    return (
      <Badge tone="bad" shape="cross">
        revoked
      </Badge>
    );
  }
  return (
    <Badge tone={state === 'expired' ? 'plain' : 'good'} shape={state === 'expired' ? 'ring' : 'disc'}>
      {state === 'expired' ? 'expired' : 'open'}
    </Badge>
  );
}

function NewLink({ onMade, onClose }: { onMade: (made: { name: string; url: string }) => void; onClose: () => void }) {
  const { api, sessions } = useApp();
  const organizations = sessions.organizations.value;
  const [organization, setOrganization] = useState(sessions.organization.peek() ?? organizations[0]?.id ?? '');
  const [name, setName] = useState('');
  const [expiry, setExpiry] = useState<Expiry>({ span: '30', at: '' });
  const when = expiresAt(expiry, Date.now());
  return (
    <FormDialog
      title="New link for an auditor"
      submit="Make the link"
      shown={['/organization_id', '/name', '/expires_at']}
      needs={{
        'for whom': name.trim() !== '',
        'an organization': organization !== '',
        'when it expires': when !== undefined,
      }}
      onClose={onClose}
      onSubmit={async () =>
        onMade(
          await api.post('/api/session/auditor-links', {
            organization_id: organization,
            name: name.trim(),
            expires_at: when,
          }),
        )
      }
    >
      {(problem) => (
        <>
          <Field
            label="For whom"
            hint="It stands in every event that the auditor causes."
            value={name}
            onInput={setName}
            problem={problem?.of('/name')[0]?.detail}
          />
          <Select
            label="Organization"
            value={organization}
            choices={organizations.map(({ id, name: label }) => ({ value: id, label: `${label} (${id})` }))}
            onChange={setOrganization}
            problem={problem?.of('/organization_id')[0]?.detail}
          />
          <ExpiryField
            value={expiry}
            onChange={setExpiry}
            mostDays={mostDays}
            problem={problem?.of('/expires_at')[0]?.detail}
          />
        </>
      )}
    </FormDialog>
  );
}
