import './alerts.css';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import { useApp, useKeys } from '../shell/app.js';
import { Actions } from '../ui/actions.js';
import { Badge } from '../ui/badge.js';
import { Tabs } from '../ui/tabs.js';
import { type Act, createActing, mayFrom } from './acting.js';
import { AlertFilters } from './alert-filters.js';
import { AlertList } from './alert-list.js';
import { AlertPanel } from './alert-panel.js';
import { BulkBar } from './bulk-bar.js';
import { createAlertsData } from './data.js';
import { inTab } from './held.js';
import { readAlertQuestion, type Tab, tabs } from './question.js';
import { ReadOnly } from './read-only.js';
import type { Alert, RuleSummary } from './types.js';

const panel = 'alerts-panel';
const labels: Readonly<Record<Tab, string>> = { open: 'Firing', acknowledged: 'Acknowledged', resolved: 'Resolved' };

/** What rules found, as it happens, and what people do about it. */
export default function Alerts() {
  const { api, live, router, sessions, toasts, copy } = useApp();
  const data = useMemo(() => createAlertsData({ api, live }), []);
  const acting = useMemo(() => createActing({ api, toasts, take: data.take }), []);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState(0);
  const [again, setAgain] = useState(0);

  const question = readAlertQuestion(router.query.value);
  const { tab } = question;
  const organization = sessions.organization.value;
  const key = JSON.stringify([{ ...question, tab: undefined }, organization, again]);
  useEffect(() => {
    data.ask(question);
    setSelected(new Set());
    return data.stop;
  }, [key]);
  // What rules are called, and what they are for; without it their ids and titles have to do.
  const { data: known } = useLoad(`rules ${organization ?? ''}`, (signal) =>
    api.get<{ rules: RuleSummary[] }>('/api/alert-rules', {}, signal),
  );

  const held = data.held.value;
  const states = data.tabs.value;
  const rows = inTab(held, tab);
  const open = router.text('alert');
  const opened = open === '' ? -1 : rows.findIndex(({ id }) => id === open);
  const cursor = opened >= 0 ? opened : Math.min(at, rows.length - 1);
  const mayChange = sessions.may('manage:alerts');
  const chosen = rows.filter(({ id }) => selected.has(id));

  const moveTo = (index: number): void => {
    const to = Math.max(0, Math.min(index, rows.length - 1));
    setAt(to);
    if (open !== '' && rows[to]) router.change({ alert: rows[to].id });
  };
  const select = (ids: readonly string[], on: boolean): void => {
    const next = new Set(selected);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    setSelected(next);
  };
  /** What is selected, else what the cursor is at. */
  const act = (what: Act): void => {
    const current: Alert | undefined = open === '' ? rows[cursor] : (held.get(open) ?? rows[cursor]);
    const those = (chosen.length > 0 ? chosen : current ? [current] : []).filter(({ state }) =>
      mayFrom[what].includes(state),
    );
    if (!mayChange || those.length === 0) return;
    setSelected(new Set());
    void acting.act(what, those);
  };
  useKeys([
    { key: 'j', does: 'Next alert', run: () => moveTo(cursor + 1) },
    { key: 'k', does: 'Previous alert', run: () => moveTo(cursor - 1) },
    {
      key: 'Enter',
      does: 'Open the alert',
      run: () => rows[cursor] && router.change({ alert: rows[cursor].id }, { push: true }),
    },
    { key: 'Escape', does: 'Close the alert', run: () => router.change({ alert: undefined }) },
    {
      key: 'x',
      does: 'Select the alert',
      run: () => rows[cursor] && select([rows[cursor].id], !selected.has(rows[cursor].id)),
    },
    { key: 'a', does: 'Acknowledge', run: () => act('acknowledge') },
    { key: 'e', does: 'Resolve', run: () => act('resolve') },
    { key: 'o', does: 'Open again', run: () => act('reopen') },
  ]);

  const countOf = (one: Tab): string | number | undefined => {
    const { loading, more, problem } = states[one];
    const count = inTab(held, one).length;
    return (loading || problem) && count === 0 ? undefined : more ? `${count}+` : count;
  };
  const locked = states[tab].problem?.entitlement !== undefined;
  return (
    <Actions.Provider value={{ copy }}>
      <div class="alerts">
        <div class="page-head">
          <h1>Alerts</h1>
          {!locked && <LiveBadge kind={data.live.value.kind} />}
        </div>
        {!mayChange && <ReadOnly />}
        <Tabs<Tab>
          label="Which alerts"
          panel={panel}
          tabs={tabs.map((value) => ({ value, label: labels[value], count: countOf(value) }))}
          value={tab}
          onChange={(value) => {
            setAt(0);
            setSelected(new Set());
            router.change({ state: value === 'open' ? undefined : value, alert: undefined }, { push: true });
          }}
        />
        {!locked && <AlertFilters question={question} rules={known?.rules ?? []} held={held} />}
        <div id={panel} role="tabpanel" aria-label={labels[tab]} class={`alerts-below ${open === '' ? '' : 'with'}`}>
          <section class="alerts-list" aria-label="Alerts">
            <AlertList
              rows={rows}
              tab={tab}
              state={states[tab]}
              question={question}
              cursor={cursor}
              onCursor={moveTo}
              selected={mayChange ? selected : undefined}
              onSelect={select}
              beside={open !== ''}
              more={() => data.more(tab)}
              again={() => setAgain(again + 1)}
            />
            {/* Below the list: no row may move away from under the pointer that selects it. */}
            {chosen.length > 0 && (
              <BulkBar
                alerts={chosen}
                onAct={(what) => act(what)}
                onClear={() => setSelected(new Set())}
                all={rows.length}
                onAll={() =>
                  select(
                    rows.map(({ id }) => id),
                    true,
                  )
                }
              />
            )}
          </section>
          {open !== '' && (
            <AlertPanel
              key={open}
              id={open}
              held={held.get(open)}
              rules={known?.rules ?? []}
              acting={acting}
              take={data.take}
              mayChange={mayChange}
            />
          )}
        </div>
      </div>
    </Actions.Provider>
  );
}

function LiveBadge({ kind }: { kind: 'connecting' | 'live' | 'waiting' | 'refused' }) {
  if (kind === 'live')
    return (
      <Badge tone="good" shape="disc">
        live
      </Badge>
    );
  return (
    <Badge tone={kind === 'connecting' ? 'plain' : 'warn'} shape={kind === 'connecting' ? 'half' : 'bar'}>
      {kind === 'connecting' ? 'connecting' : kind === 'waiting' ? 'not live, trying again' : 'not live'}
    </Badge>
  );
}
