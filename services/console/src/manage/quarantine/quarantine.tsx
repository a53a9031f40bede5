import '../manage.css';
import './quarantine.css';
import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { useRefresh } from '../../overview/refresh.js';
import { useApp, useKeys } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button, ButtonLink } from '../../ui/button.js';
import { counted, formatBytes, formatNumber } from '../../ui/format.js';
import { Empty, LoadingRows, ProblemState } from '../../ui/states.js';
import { Table, type TableColumn } from '../../ui/table.js';
import { Tabs } from '../../ui/tabs.js';
import { Time } from '../../ui/time.js';
import { Deciding, type Decision } from './deciding.js';
import { RecordDrawer } from './record-drawer.js';
import { type Quarantined, type State, states, type Totals } from './types.js';
import { placeOf, readPlace, reasonWord, refusedWord, stateWord } from './words.js';

const panel = 'quarantine-panel';
const [busyMs, idleMs] = [2_000, 60_000];
/** What one request takes. */
const mostAtOnce = 50;
const labels: Readonly<Record<State, string>> = { open: 'Open', released: 'Released', discarded: 'Discarded' };

/** What was refused: nothing is dropped quietly. */
export default function Quarantine() {
  const { api, router, sessions } = useApp();
  const [reason, cursor, place] = ['reason', 'cursor', 'record'].map((name) => router.text(name)) as [
    string,
    string,
    string,
  ];
  const producer = router.text('producer_id');
  const state = states.find((one) => one === router.text('state')) ?? 'open';
  const filter = { producer_id: producer || undefined };
  const totals = useLoad(`totals ${producer}`, (signal) => api.get<Totals>('/api/quarantine/totals', filter, signal));
  const list = useLoad(`${state} ${reason} ${producer} ${cursor}`, (signal) =>
    api.get<{ records: Quarantined[]; next_cursor: string | null }>(
      '/api/quarantine',
      { ...filter, state, reason: reason || undefined, cursor: cursor || undefined, limit: mostAtOnce },
      signal,
    ),
  );
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [deciding, setDeciding] = useState<{ decision: Decision; records: readonly Quarantined[] }>();
  const again = (): void => {
    totals.again();
    list.again();
  };
  const rows = list.data?.records ?? [];
  useRefresh(again, rows.some(({ outcome }) => outcome?.kind === 'under_way') ? busyMs : idleMs);
  useKeys([{ key: 'r', does: 'Look again', run: again }]);

  const problem = list.problem ?? totals.problem;
  const mayDecide = sessions.may('admin') && state === 'open';
  const chosen = mayDecide ? rows.filter((row) => selected.has(placeOf(row))) : [];
  const select = (those: readonly Quarantined[], on: boolean): void => {
    const next = new Set(selected);
    for (const row of those) {
      if (on) next.add(placeOf(row));
      else next.delete(placeOf(row));
    }
    setSelected(next);
  };
  const change = (to: Record<string, string | undefined>): void => {
    setSelected(new Set());
    router.change({ cursor: undefined, record: undefined, ...to }, { push: true });
  };
  const open = readPlace(place);

  if (problem && !list.data) {
    return (
      <div class="manage">
        <header class="page-head">
          <h1>Quarantine</h1>
        </header>
        <ProblemState problem={problem} again={again} />
      </div>
    );
  }
  return (
    <div class="manage quarantine">
      <header class="page-head">
        <h1>Quarantine</h1>
        {problem && <span class="faint">Could not look again: {problem.title}</span>}
        <Button icon="refresh" onClick={again}>
          Look again
        </Button>
      </header>
      <p class="manage-intro">
        Records of which all or some events were refused, as they came. What was refused is in no answer and sets off no
        alert, but its record is sealed, and nothing is lost: mend what was wrong and release it, or say why nobody will
        want it.
      </p>
      <Tabs
        label="State"
        panel={panel}
        value={state}
        onChange={(to) => change({ state: to === 'open' ? undefined : to })}
        tabs={states.map((one) => ({ value: one, label: labels[one], count: totals.data?.by_state[one] }))}
      />
      <div id={panel} role="tabpanel" aria-label={labels[state]}>
        <Reasons totals={totals.data} state={state} reason={reason} onReason={(to) => change({ reason: to })} />
        {producer !== '' && (
          <p class="quarantine-narrowed">
            Only of <code>{producer}</code>
            <Button
              small
              look="quiet"
              icon="close"
              label="Of every producer"
              onClick={() => change({ producer_id: undefined })}
            />
          </p>
        )}
        {chosen.length > 0 && (
          <div class="quarantine-bulk" role="toolbar" aria-label="What is selected">
            <span role="status">{counted(chosen.length, 'record')} selected</span>
            <Button small look="primary" onClick={() => setDeciding({ decision: 'release', records: chosen })}>
              Release
            </Button>
            <Button small onClick={() => setDeciding({ decision: 'discard', records: chosen })}>
              Discard
            </Button>
            {chosen.length < rows.length && (
              <Button small look="quiet" onClick={() => select(rows, true)}>
                All {rows.length} here
              </Button>
            )}
            <Button small look="quiet" icon="close" label="Select nothing" onClick={() => setSelected(new Set())} />
          </div>
        )}
        {!list.data ? (
          <LoadingRows label="Loading what was set aside" />
        ) : rows.length === 0 ? (
          <Nothing state={state} narrowed={reason !== '' || producer !== '' || cursor !== ''} />
        ) : (
          <Table<Quarantined>
            caption="Records that were set aside"
            rows={rows}
            keyOf={placeOf}
            onOpen={(row) => router.change({ record: placeOf(row) }, { push: true })}
            columns={columnsOf({
              href: (row) => router.href({ record: placeOf(row) }),
              select: mayDecide ? (row, on) => select([row], on) : undefined,
              selected,
            })}
          />
        )}
        <p class="manage-pages">
          {cursor !== '' && (
            <ButtonLink href={router.href({ cursor: undefined })} icon="up">
              The newest
            </ButtonLink>
          )}
          {list.data?.next_cursor && (
            <ButtonLink href={router.href({ cursor: list.data.next_cursor })} icon="down">
              Older
            </ButtonLink>
          )}
        </p>
      </div>
      {open && !deciding && (
        <RecordDrawer
          key={place}
          {...open}
          mayDecide={sessions.may('admin')}
          onDecide={(decision, record) => setDeciding({ decision, records: [record] })}
          onClose={() => router.change({ record: undefined })}
        />
      )}
      {deciding && (
        <Deciding
          {...deciding}
          onClose={() => setDeciding(undefined)}
          onDone={() => {
            setDeciding(undefined);
            setSelected(new Set());
            again();
          }}
        />
      )}
    </div>
  );
}

/** How many for which reason; one of them narrows the list down. */
function Reasons({
  totals,
  state,
  reason,
  onReason,
}: {
  totals: Totals | undefined;
  state: State;
  reason: string;
  onReason: (reason: string | undefined) => void;
}) {
  const those = (totals?.by_reason ?? []).filter((one) => one[state] > 0 || one.reason === reason);
  if (those.length === 0) return null;
  return (
    <ul class="quarantine-reasons" aria-label="Reasons">
      {those.map((one) => (
        <li key={one.reason}>
          <button
            type="button"
            aria-pressed={one.reason === reason}
            onClick={() => onReason(one.reason === reason ? undefined : one.reason)}
          >
            <span>{reasonWord(one.reason)}</span>
            <b>{formatNumber(one[state])}</b>
          </button>
        </li>
      ))}
    </ul>
  );
}

function columnsOf({
  href,
  select,
  selected,
}: {
  href: (row: Quarantined) => string;
  /** Absent where nothing can be decided. */
  select: ((row: Quarantined, on: boolean) => void) | undefined;
  selected: ReadonlySet<string>;
}): TableColumn<Quarantined>[] {
  return [
    {
      name: 'reason',
      label: 'Reason',
      lead: true,
      cell: (row) => (
        <span class="quarantine-name">
          {select && (
            <label class="quarantine-select">
              <input
                type="checkbox"
                aria-label={`Select ${placeOf(row)}`}
                checked={selected.has(placeOf(row))}
                onChange={(event) => select(row, event.currentTarget.checked)}
              />
            </label>
          )}
          <a href={href(row)} title={row.detail}>
            {reasonWord(row.reason)}
          </a>
        </span>
      ),
    },
    { name: 'when', label: 'When', cell: ({ appended_at }) => <Time iso={appended_at} /> },
    {
      name: 'producer',
      label: 'Producer',
      cell: ({ header }) =>
        header ? (
          <span title={header.producer_id}>{header.producer_id}</span>
        ) : (
          <span class="faint">not to be read</span>
        ),
    },
    { name: 'refused', label: 'Refused', cell: refusedWord },
    { name: 'size', label: 'Size', number: true, cell: ({ bytes }) => formatBytes(bytes) },
    { name: 'place', label: 'Partition/offset', cell: (row) => <span class="mono">{placeOf(row)}</span> },
    {
      name: 'state',
      label: 'State',
      cell: (row) => {
        const { tone, shape, word } = stateWord(row);
        return (
          <Badge tone={tone} shape={shape}>
            {word}
          </Badge>
        );
      },
    },
  ];
}

function Nothing({ state, narrowed }: { state: State; narrowed: boolean }) {
  const { router } = useApp();
  if (narrowed) {
    return (
      <Empty
        title="Nothing fits"
        icon="quarantine"
        actions={
          <Button
            onClick={() =>
              router.change({ reason: undefined, producer_id: undefined, cursor: undefined }, { push: true })
            }
          >
            Take all filters out
          </Button>
        }
      />
    );
  }
  if (state === 'open') {
    return (
      <Empty title="Nothing was set aside" icon="check">
        Every record that came was accepted, or was dealt with.
      </Empty>
    );
  }
  return (
    <Empty title={state === 'released' ? 'Nothing was released' : 'Nothing was discarded'} icon="quarantine">
      {state === 'released'
        ? 'Records that were let go after all stand here, with what became of them.'
        : 'Records that nobody will want stand here, with the reason why.'}
    </Empty>
  );
}
