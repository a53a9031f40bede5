import { type ReadonlySignal, signal } from '@preact/signals';
import type { Api } from '../api/call.js';
import { asProblem, type Problem } from '../api/problem.js';
import type { Live, LiveStatus } from '../live/live.js';
import { type Held, hold, holdAll } from './held.js';
import { type AlertQuestion, alertParameters, isInTime, streamFilter, type Tab, tabs } from './question.js';
import type { Alert, AlertChange, AlertList } from './types.js';

/** How far the list of a tab was read. */
export interface TabState {
  readonly loading: boolean;
  readonly more: boolean;
  readonly problem: Problem | undefined;
}

export interface AlertsData {
  readonly held: ReadonlySignal<Held>;
  readonly tabs: ReadonlySignal<Readonly<Record<Tab, TabState>>>;
  readonly live: ReadonlySignal<LiveStatus>;
  /** Lists anew and follows from then on. */
  ask(question: AlertQuestion): void;
  more(tab: Tab): void;
  /** What an answer said of an alert. */
  take(alert: Alert): void;
  stop(): void;
}

/** All that lasts is wanted, for its number; of what is over, a page. */
const pageOf: Readonly<Record<Tab, number>> = { open: 500, acknowledged: 500, resolved: 100 };
const asking: TabState = { loading: true, more: false, problem: undefined };

export function createAlertsData({ api, live }: { api: Api; live: Live }): AlertsData {
  const held = signal<Held>(new Map());
  const state = signal<Readonly<Record<Tab, TabState>>>({ open: asking, acknowledged: asking, resolved: asking });
  const status = signal<LiveStatus>({ kind: 'connecting' });
  const cursors = new Map<Tab, string>();
  /** For each list that is under way: the alerts that were heard of meanwhile, of which it may say what was before. */
  const underWay = new Set<Set<string>>();
  let running = new AbortController();
  let question: AlertQuestion | undefined;
  let stream: { stop(): void } | undefined;

  const set = (tab: Tab, next: TabState): void => {
    state.value = { ...state.peek(), [tab]: next };
  };
  const hear = (alerts: readonly Alert[]): void => {
    for (const newer of underWay) for (const { id } of alerts) newer.add(id);
    held.value = hold(held.peek(), alerts);
  };
  const page = (tab: Tab, cursor: string | undefined): void => {
    if (!question) return;
    const mine = running.signal;
    const before = held.peek();
    const newer = new Set<string>();
    underWay.add(newer);
    set(tab, { ...state.peek()[tab], loading: true, problem: undefined });
    const query = { ...alertParameters(question, Date.now()), state: tab, limit: pageOf[tab], cursor };
    api.get<AlertList>('/api/alerts', query, mine).then(
      ({ alerts: listed, next_cursor }) => {
        underWay.delete(newer);
        if (mine.aborted) return;
        const whole = cursor === undefined && next_cursor === null;
        const alerts = listed.filter(({ id }) => !newer.has(id));
        held.value = whole ? holdAll(held.peek(), tab, alerts, before) : hold(held.peek(), alerts);
        if (next_cursor === null) cursors.delete(tab);
        else cursors.set(tab, next_cursor);
        set(tab, { loading: false, more: next_cursor !== null, problem: undefined });
      },
      (error: unknown) => {
        underWay.delete(newer);
        if (mine.aborted) return;
        set(tab, { ...state.peek()[tab], loading: false, problem: asProblem(error) });
      },
    );
  };
  const list = (): void => {
    for (const tab of tabs) page(tab, undefined);
  };

  const follow = (asked: AlertQuestion): void => {
    let before = false;
    stream = live.alerts(streamFilter(asked), {
      onChanges: (changes) => {
        const now = Date.now();
        const alerts = (changes as AlertChange[]).map(({ alert }) => alert);
        hear(alerts.filter((alert) => held.peek().has(alert.id) || isInTime(asked, alert, now)));
      },
      // What changed while nobody listened is not told again. The lists that were asked for at first are as new as the stream, or newer, but
      // for the moment between: what lasts is asked for once more.
      onSubscribed: () => {
        if (before) list();
        else page('open', undefined);
        before = true;
      },
      onStatus: (next) => {
        status.value = next;
      },
    });
  };

  const stop = (): void => {
    running.abort();
    stream?.stop();
  };

  return {
    held,
    tabs: state,
    live: status,
    stop,
    ask(asked) {
      stop();
      running = new AbortController();
      question = asked;
      cursors.clear();
      held.value = new Map();
      state.value = { open: asking, acknowledged: asking, resolved: asking };
      list();
      follow(asked);
    },
    more(tab) {
      const cursor = cursors.get(tab);
      const { loading, more, problem } = state.peek()[tab];
      if (!loading && (more || problem)) page(tab, cursor);
    },
    take: (alert) => hear([alert]),
  };
}
