import '../manage.css';
import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { useApp, useKeys } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Checkbox, Select } from '../../ui/field.js';
import { Menu } from '../../ui/menu.js';
import { Empty, LoadingRows, ProblemState } from '../../ui/states.js';
import { Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';
import { OrganizationNames } from '../choosing.js';
import { Confirm, FormDialog, SecretDialog } from '../dialogs.js';
import { type ApiKey, isOver, stateOf } from './keys.js';
import { NewKey } from './new-key.js';

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
  useKeys([{ key: 'n', does: 'Make an API key', run: () => setOpen({ kind: 'new' }) }]);
  const ended = router.text('ended') === 'shown';
  const keys = (data?.keys ?? []).filter((key) => ended || !isOver(stateOf(key, now.value)));
  const over = (data?.keys ?? []).length - (data?.keys ?? []).filter((key) => !isOver(stateOf(key, now.value))).length;
  return (
    <div class="manage">
      <header class="page-head">
        <h1>API keys</h1>
        {over > 0 && (
          <Checkbox
            label={`Ended ones too (${over})`}
            checked={ended}
            onChange={(on) => router.change({ ended: on ? 'shown' : undefined })}
          />
        )}
        <Button look="primary" icon="plus" onClick={() => setOpen({ kind: 'new' })}>
          New key
        </Button>
      </header>
      {problem ? (
        <ProblemState problem={problem} again={again} />
      ) : !data ? (
        <LoadingRows label="Loading keys" />
      ) : keys.length === 0 ? (
        <Empty title="No keys" icon="key">
          Services and people sign in by keys. Make one for each, so that each can be revoked alone.
        </Empty>
      ) : (
        <Table<ApiKey>
          caption="API keys"
          rows={keys}
          keyOf={({ id }) => id}
          columns={[
            { name: 'name', label: 'Name', lead: true, cell: ({ name }) => <b>{name}</b> },
            { name: 'prefix', label: 'Key', cell: ({ prefix }) => <code>{prefix}…</code> },
            { name: 'state', label: 'State', cell: (key) => <State value={key} nowMs={now.value} /> },
            { name: 'for', label: 'For', cell: ({ organizations }) => <OrganizationNames value={organizations} /> },
            { name: 'may', label: 'May', wrap: true, cell: (key) => <Scopes value={key} /> },
            {
              name: 'used',
              label: 'Last used',
              cell: ({ last_used_at }) =>
                last_used_at ? <Time iso={last_used_at} /> : <span class="faint">never</span>,
            },
            { name: 'made', label: 'Made', cell: ({ created_at }) => <Time iso={created_at} /> },
            {
              name: 'expires',
              label: 'Expires',
              cell: ({ expires_at }) => (expires_at ? <Time iso={expires_at} /> : <span class="faint">never</span>),
            },
            {
              name: 'do',
              label: '',
              cell: (key) =>
                !isOver(stateOf(key, now.value)) && (
                  <span class="manage-actions">
                    <Menu
                      look="quiet"
                      small
                      icon="more"
                      align="end"
                      label={`What to do with ${key.name}`}
                      items={[
                        { label: 'Rotate', icon: 'refresh', run: () => setOpen({ kind: 'rotate', key }) },
                        { label: 'Revoke', icon: 'trash', run: () => setOpen({ kind: 'revoke', key }) },
                      ]}
                    />
                  </span>
                ),
            },
          ]}
        />
      )}
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
    </div>
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

const overlaps = [
  { value: '0', label: 'ends at once' },
  { value: '3600', label: 'goes on for an hour' },
  { value: '86400', label: 'goes on for a day' },
  { value: '604800', label: 'goes on for a week' },
] as const;

function Rotate({
  value,
  onMade,
  onClose,
}: {
  value: ApiKey;
  onMade: (made: { name: string; key: string }) => void;
  onClose: () => void;
}) {
  const { api } = useApp();
  const [overlap, setOverlap] = useState<(typeof overlaps)[number]['value']>('86400');
  return (
    <FormDialog
      title={`Rotate ${value.name}`}
      submit="Rotate"
      onClose={onClose}
      onSubmit={async () =>
        onMade(await api.post(`/api/keys/${value.id}/rotate`, { overlap_seconds: Number(overlap) }))
      }
    >
      {() => (
        <>
          <p>
            A new key with the same rights takes the place of <code>{value.prefix}…</code>
          </p>
          <Select label="The old key" value={overlap} choices={overlaps} onChange={setOverlap} />
        </>
      )}
    </FormDialog>
  );
}
