import { useEffect, useMemo, useState } from 'preact/hooks';
import { useApp } from '../shell/app.js';
import { LevelBadge } from '../ui/badge.js';
import { Button, ButtonLink } from '../ui/button.js';
import { formatNumber } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { Empty, LoadingRows, ProblemState } from '../ui/states.js';
import { Time } from '../ui/time.js';
import { type GridColumn, VirtualTable } from '../ui/virtual-table.js';
import type { TabState } from './data.js';
import { type AlertQuestion, isNarrowed, type Tab } from './question.js';
import type { Alert } from './types.js';
import { groupText } from './words.js';

const narrowPx = 760;

/** Whether the window is narrow, also once it is turned or dragged. */
function useNarrow(): boolean {
  const query = useMemo(() => matchMedia(`(max-width: ${narrowPx}px)`), []);
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const changed = (): void => setNarrow(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return narrow;
}

/** The alerts of one tab. Without `selected`, nothing can be selected. */
export function AlertList({
  rows,
  tab,
  state,
  question,
  cursor,
  onCursor,
  selected,
  onSelect,
  beside,
  more,
  again,
}: {
  rows: readonly Alert[];
  tab: Tab;
  state: TabState;
  question: AlertQuestion;
  cursor: number;
  onCursor: (index: number) => void;
  selected: ReadonlySet<string> | undefined;
  onSelect: (ids: readonly string[], on: boolean) => void;
  /** Something else stands beside it: only the columns that matter most. */
  beside: boolean;
  more: () => void;
  again: () => void;
}) {
  const { router, sessions } = useApp();
  const narrow = useNarrow();
  if (rows.length === 0) {
    if (state.loading) return <LoadingRows rows={10} label="Loading alerts" />;
    if (state.problem) return <ProblemState problem={state.problem} again={again} />;
    return <NoAlerts tab={tab} narrowed={isNarrowed(question)} />;
  }
  const names = new Map(sessions.organizations.value.map(({ id, name }) => [id, name]));
  const columns: GridColumn<Alert>[] = [
    ...(selected ? [selection(selected, onSelect)] : []),
    {
      name: 'level',
      label: narrow ? '' : 'Level',
      width: narrow ? 28 : 104,
      cell: ({ level }) =>
        narrow ? (
          <span class="alerts-level" title={level}>
            <LevelBadge level={level} />
          </span>
        ) : (
          <LevelBadge level={level} />
        ),
    },
    { name: 'alert', label: 'Alert', width: narrow ? 140 : 300, grow: true, cell: (alert) => <Title alert={alert} /> },
    { name: 'last', label: 'Last', width: narrow ? 86 : 104, cell: ({ last_seen }) => <Time iso={last_seen} /> },
    ...(narrow || beside
      ? []
      : [
          {
            name: 'count',
            label: 'Events',
            width: 72,
            cell: ({ count }: Alert) => <span class="alerts-count">{formatNumber(count)}</span>,
          },
          ...(sessions.organization.value === undefined
            ? [
                {
                  name: 'organization',
                  label: 'Organization',
                  width: 136,
                  cell: ({ organization_id }: Alert) => (
                    <span class="cut">{names.get(organization_id) ?? (organization_id || 'system')}</span>
                  ),
                },
              ]
            : []),
          {
            name: 'assigned',
            label: 'With',
            width: 120,
            cell: ({ assigned_to }: Alert) => <span class="cut">{assigned_to}</span>,
          },
        ]),
  ];
  return (
    <VirtualTable
      label="Alerts"
      columns={columns}
      rows={rows}
      keyOf={idOf}
      widths={{}}
      onResize={() => {}}
      cursor={cursor}
      onCursor={onCursor}
      onOpen={({ id }) => router.change({ alert: id }, { push: router.text('alert') === '' })}
      onEnd={state.problem ? undefined : more}
      foot={
        state.problem ? (
          <Button icon="refresh" onClick={more}>
            The rest could not be loaded. Try again
          </Button>
        ) : state.loading ? (
          'Loading more'
        ) : undefined
      }
    />
  );
}

const idOf = ({ id }: Alert): string => id;
const selection = (
  selected: ReadonlySet<string>,
  onSelect: (ids: readonly string[], on: boolean) => void,
): GridColumn<Alert> => ({
  name: 'select',
  label: '',
  width: 40,
  cell: ({ id, rule_title }) => (
    <label class="alerts-select">
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={`Select ${rule_title}`}
        checked={selected.has(id)}
        onChange={(event) => onSelect([id], event.currentTarget.checked)}
      />
    </label>
  ),
});

function Title({ alert }: { alert: Alert }) {
  const group = groupText(alert.group);
  return (
    <span class="alerts-title" title={group === '' ? alert.rule_title : `${alert.rule_title}: ${group}`}>
      <b class="cut">{alert.rule_title}</b>
      {alert.silenced_by.length > 0 && <Icon name="silence" size={14} label="silenced" />}
      <span class="cut faint">{group}</span>
    </span>
  );
}

function NoAlerts({ tab, narrowed }: { tab: Tab; narrowed: boolean }) {
  const { router } = useApp();
  if (narrowed) {
    return (
      <Empty
        title="No alerts fit"
        actions={
          <Button
            onClick={() =>
              router.change(
                {
                  level: undefined,
                  rule: undefined,
                  group: undefined,
                  organization_id: undefined,
                  range: undefined,
                  from: undefined,
                  to: undefined,
                },
                { push: true },
              )
            }
          >
            Take all filters out
          </Button>
        }
      >
        None is in this state and fits every filter.
      </Empty>
    );
  }
  if (tab === 'open') {
    return (
      <Empty
        icon="check"
        title="Nothing is firing"
        actions={
          <ButtonLink href="/rules" icon="rule">
            See what is watched for
          </ButtonLink>
        }
      >
        New alerts appear here by themselves.
      </Empty>
    );
  }
  return (
    <Empty icon="alert" title={tab === 'acknowledged' ? 'Nobody is on anything' : 'Nothing was resolved yet'}>
      {tab === 'acknowledged' ? 'Alerts that somebody took on stand here.' : 'Alerts that are over stand here.'}
    </Empty>
  );
}
