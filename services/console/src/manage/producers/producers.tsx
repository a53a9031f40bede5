import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { useApp } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Empty } from '../../ui/states.js';
import { Value } from '../../ui/value.js';
import { OrganizationNames } from '../choosing.js';
import { Confirm } from '../dialogs.js';
import { ManagedList } from '../managed-list.js';
import { type Producer, Register } from './register.js';

type Open = { kind: 'register'; instead?: Producer } | { kind: 'revoke'; producer: Producer };

/** Keys that sign batches. They are registered for good: a revoked one stays, with what it signed before. */
export default function Producers() {
  const { api, router, toasts } = useApp();
  const { data, problem, again } = useLoad('producers', (signal) =>
    api.get<{ producers: Producer[] }>('/api/producers', {}, signal),
  );
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  const ended = router.text('ended') === 'shown';
  const all = data?.producers;
  return (
    <ManagedList<Producer>
      title="Producers"
      rows={all?.filter(({ revoked }) => ended || !revoked)}
      problem={problem}
      again={again}
      add={{ label: 'Register', does: 'Register a producer', run: () => setOpen({ kind: 'register' }) }}
      ended={{ label: 'Revoked ones too', count: all?.filter(({ revoked }) => revoked).length ?? 0 }}
      empty={
        <Empty title="No producers" icon="producer">
          A producer is a service that signs its events itself. Register the public key that it made.
        </Empty>
      }
      keyOf={({ key_id }) => key_id}
      actions={(producer) =>
        producer.revoked
          ? undefined
          : {
              of: producer.producer_id,
              items: [
                { label: 'Rotate', icon: 'refresh', run: () => setOpen({ kind: 'register', instead: producer }) },
                { label: 'Key history', icon: 'integrity', href: '/integrity?tab=keys' },
                { label: 'Revoke', icon: 'trash', run: () => setOpen({ kind: 'revoke', producer }) },
              ],
            }
      }
      columns={[
        {
          name: 'producer',
          label: 'Producer',
          lead: true,
          cell: ({ producer_id }) => <Value text={producer_id} mono />,
        },
        { name: 'name', label: 'Name', cell: ({ name }) => name },
        {
          name: 'state',
          label: 'State',
          cell: ({ revoked }) =>
            revoked ? (
              <Badge tone="bad" shape="cross">
                revoked
              </Badge>
            ) : (
              <Badge tone="good" shape="disc">
                in force
              </Badge>
            ),
        },
        { name: 'for', label: 'For', cell: ({ organizations }) => <OrganizationNames value={organizations} /> },
        { name: 'scopes', label: 'Scopes', cell: ({ scopes }) => scopes.join(', ') },
        {
          name: 'key',
          label: 'Key',
          cell: ({ key_id }) => (
            <Value text={key_id} mono>
              {key_id.slice(0, 16)}…
            </Value>
          ),
        },
      ]}
    >
      {open?.kind === 'register' && (
        <Register
          instead={open.instead}
          onClose={close}
          onDone={(said) => {
            toasts.good(said);
            close();
            again();
          }}
        />
      )}
      {open?.kind === 'revoke' && (
        <Confirm
          title={`Revoke a key of ${open.producer.producer_id}`}
          name={open.producer.producer_id}
          action="Revoke"
          onClose={close}
          onConfirm={async () => {
            await api.delete(`/api/producers/${open.producer.key_id}`);
            toasts.good('The key is revoked');
            again();
          }}
        >
          <p>
            What it signs from now on goes to quarantine; what it signed before stays valid. The registry keeps this for
            ever: it cannot be taken back.
          </p>
          <p>
            <code>{open.producer.key_id}</code>
          </p>
        </Confirm>
      )}
    </ManagedList>
  );
}
