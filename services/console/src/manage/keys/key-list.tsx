import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { useApp } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { OrganizationNames } from '../choosing.js';
import { Confirm, SecretDialog } from '../dialogs.js';
import { ManagedList } from '../managed-list.js';
import { type ApiKey, isOver, stateOf } from './keys.js';
import { NewKey } from './new-key.js';
import { Rotate } from './rotate.js';

type Open =
  | { kind: 'new' }
  | { kind: 'rotate'; key: ApiKey }
  | { kind: 'revoke'; key: ApiKey }
  | { kind: 'secret'; name: string; secret: string };

/** API keys: made, replaced, revoked. Their texts are shown once and nowhere kept. */
export default function KeyList() {
  const { api, router, now, toasts } = useApp();
  const { data, problem, again } = useLoad('keys', (signal) => api.get<{ keys: ApiKey[] }>('/api/keys', {}, signal));
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  const ended = router.text('ended') === 'shown';
  const all = data?.keys.map((key) => ({ key, over: isOver(stateOf(key, now.value)) }));
  return (
    <ManagedList<ApiKey>
      title="API keys"
      rows={all?.filter(({ over }) => ended || !over).map(({ key }) => key)}
      problem={problem}
      again={again}
      add={{ label: 'New key', does: 'Make an API key', run: () => setOpen({ kind: 'new' }) }}
      ended={{ label: 'Ended ones too', count: all?.filter(({ over }) => over).length ?? 0 }}
      empty={
        <Empty title="No keys" icon="key">
          Services and people sign in by keys. Make one for each, so that each can be revoked alone.
        </Empty>
      }
      keyOf={({ id }) => id}
      actions={(key) =>
        isOver(stateOf(key, now.value))
          ? undefined
          : {
              of: `${key.name}, ${key.prefix}…`,
              items: [
                { label: 'Rotate', icon: 'refresh', run: () => setOpen({ kind: 'rotate', key }) },
                { label: 'Revoke', icon: 'trash', run: () => setOpen({ kind: 'revoke', key }) },
              ],
            }
      }
      columns={[
        { name: 'name', label: 'Name', lead: true, cell: ({ name }) => <b>{name}</b> },
        { name: 'prefix', label: 'Key', cell: ({ prefix }) => <code>{prefix}…</code> },
        { name: 'state', label: 'State', cell: (key) => <State value={key} nowMs={now.value} /> },
        { name: 'for', label: 'For', cell: ({ organizations }) => <OrganizationNames value={organizations} /> },
        { name: 'may', label: 'May', wrap: true, cell: (key) => <Scopes value={key} /> },
        {
          name: 'used',
          label: 'Last used',
          cell: ({ last_used_at }) => (last_used_at ? <Time iso={last_used_at} /> : <span class="faint">never</span>),
        },
        { name: 'made', label: 'Made', cell: ({ created_at }) => <Time iso={created_at} /> },
        {
          name: 'expires',
          label: 'Expires',
          cell: ({ expires_at }) => (expires_at ? <Time iso={expires_at} /> : <span class="faint">never</span>),
        },
      ]}
    >
      {open?.kind === 'new' && (
        <NewKey
          onClose={close}
          onMade={(made) => {
            again();
            setOpen({ kind: 'secret', name: made.name, secret: made.key });
          }}
        />
      )}
      {open?.kind === 'rotate' && (
        <Rotate
          value={open.key}
          onClose={close}
          onMade={(made) => {
            again();
            setOpen({ kind: 'secret', name: made.name, secret: made.key });
          }}
        />
      )}
      {open?.kind === 'revoke' && (
        <Confirm
          title={`Revoke ${open.key.name}`}
          name={open.key.name}
          action="Revoke"
          onClose={close}
          onConfirm={async () => {
            await api.delete(`/api/keys/${open.key.id}`);
            toasts.good(`${open.key.name} is revoked`);
            again();
          }}
        >
          <p>
            Whoever uses <code>{open.key.prefix}…</code> is refused at once; its sessions and streams end. This cannot
            be taken back.
          </p>
        </Confirm>
      )}
      {open?.kind === 'secret' && (
        <SecretDialog title={`The key of ${open.name}`} secret={open.secret} onClose={close}>
          <p>Give it to whom it is for. Only its digest is stored here.</p>
        </SecretDialog>
      )}
    </ManagedList>
  );
}

const looks = {
  active: { tone: 'good', shape: 'disc', word: 'active' },
  expiring: { tone: 'warn', shape: 'half', word: 'expires soon' },
  expired: { tone: 'plain', shape: 'ring', word: 'expired' },
  revoked: { tone: 'bad', shape: 'cross', word: 'revoked' },
} as const;

function State({ value, nowMs }: { value: ApiKey; nowMs: number }) {
  const { word, ...look } = looks[stateOf(value, nowMs)];
  return <Badge {...look}>{word}</Badge>;
}

function Scopes({ value: { role, permissions } }: { value: ApiKey }) {
  const shown = [...(role ? [`role ${role}`] : []), ...permissions];
  return (
    <span title={shown.join(', ')}>
      {shown.slice(0, 2).join(', ')}
      {shown.length > 2 && <span class="faint"> and {shown.length - 2} more</span>}
    </span>
  );
}
