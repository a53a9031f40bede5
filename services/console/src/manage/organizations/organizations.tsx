import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import type { Organization } from '../../api/types.js';
import { useApp } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { counted } from '../../ui/format.js';
import { Empty } from '../../ui/states.js';
import type { TableColumn } from '../../ui/table.js';
import { Value } from '../../ui/value.js';
import { ManagedList } from '../managed-list.js';
import { Entitle, type Entitled, type Entitlements, type Known, NameOne } from './forms.js';

type Open = { kind: 'name'; organization?: Organization } | { kind: 'entitle'; organization: Known };

/** More of them are shown on demand: each is a question of its own. */
const atOnce = 50;

/** Organizations that have a name, and what each has a right to. */
export default function Organizations() {
  const { api, sessions, toasts } = useApp();
  const [most, setMost] = useState(atOnce);
  const { data, problem, again } = useLoad(`organizations ${most}`, async (signal) => {
    const { organizations } = await api.get<{ organizations: Organization[] }>('/api/organizations', {}, signal);
    const may = sessions.may('view:audit_logs');
    const shown = await Promise.all(
      organizations.slice(0, most).map(
        async (one): Promise<Entitled> => ({
          ...one,
          // One that cannot be said does not take the others away.
          entitlements: may
            ? await api
                .get<Entitlements>(`/api/organizations/${encodeURIComponent(one.id)}/entitlements`, {}, signal)
                .catch(() => undefined)
            : undefined,
        }),
      ),
    );
    return { shown, total: organizations.length };
  });
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  const done = (said: string): void => {
    toasts.good(said);
    close();
    again();
    void sessions.start();
  };
  const mayName = sessions.may('admin');
  const mayLook = sessions.may('view:audit_logs');
  const right = (has: boolean | undefined) =>
    has === undefined ? null : has ? (
      <Badge tone="good" shape="disc">
        included
      </Badge>
    ) : (
      <Badge tone="plain" shape="ring">
        not included
      </Badge>
    );
  const entitled: readonly TableColumn<Entitled>[] = [
    {
      name: 'plan',
      label: 'Plan',
      cell: ({ entitlements }) => entitlements?.plan ?? <span class="faint">not known just now</span>,
    },
    {
      name: 'retention',
      label: 'Kept for',
      cell: ({ entitlements }) =>
        entitlements &&
        (entitlements.retention_days === null
          ? 'as long as the deployment keeps events'
          : counted(entitlements.retention_days, 'day')),
    },
    { name: 'export', label: 'Export', cell: ({ entitlements }) => right(entitlements?.export) },
    { name: 'alerts', label: 'Alerts', cell: ({ entitlements }) => right(entitlements?.alerts) },
    {
      name: 'logging',
      label: 'Persistent logging',
      cell: ({ entitlements }) => right(entitlements?.persistentLogging),
    },
  ];
  return (
    <ManagedList<Entitled>
      title="Organizations"
      rows={data?.shown}
      problem={problem}
      again={again}
      add={
        mayName
          ? { label: 'Name an organization', does: 'Name an organization', run: () => setOpen({ kind: 'name' }) }
          : undefined
      }
      empty={
        <Empty title="No organization has a name" icon="organization">
          None needs one to have events: the name is shown in the place of its id.
        </Empty>
      }
      keyOf={({ id }) => id}
      actions={({ entitlements, ...organization }) =>
        mayName
          ? {
              of: organization.name,
              items: [
                { label: 'Rename', icon: 'edit', run: () => setOpen({ kind: 'name', organization }) },
                // What is not known cannot be changed in part: saving would put something else in its place.
                ...(entitlements
                  ? [
                      {
                        label: 'Entitlements',
                        icon: 'star' as const,
                        run: () => setOpen({ kind: 'entitle', organization: { ...organization, entitlements } }),
                      },
                    ]
                  : []),
              ],
            }
          : undefined
      }
      columns={[
        { name: 'name', label: 'Name', lead: true, cell: ({ name }) => <b>{name}</b> },
        { name: 'id', label: 'Id', cell: ({ id }) => <Value text={id} mono /> },
        ...(mayLook ? entitled : []),
      ]}
    >
      {data && !mayLook && (
        <p class="manage-intro manage-after">
          What each is entitled to is not shown: that needs the permission <code>view:audit_logs</code>.
        </p>
      )}
      {mayLook && data?.shown.some(({ entitlements }) => entitlements === undefined) && (
        <p class="manage-intro manage-after">
          What some are entitled to could not be loaded. <Button onClick={again}>Try again</Button>
        </p>
      )}
      {data && data.total > data.shown.length && (
        <p class="manage-intro">
          <Button onClick={() => setMost(most + 200)}>
            {counted(data.total - data.shown.length, 'more organization')}
          </Button>
        </p>
      )}
      {open?.kind === 'name' && <NameOne organization={open.organization} onClose={close} onDone={done} />}
      {open?.kind === 'entitle' && <Entitle organization={open.organization} onClose={close} onDone={done} />}
    </ManagedList>
  );
}
