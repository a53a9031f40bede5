import { type ReadonlySignal, signal } from '@preact/signals';
import type { Api } from '../api/call.js';
import type { Parameters } from '../api/parameters.js';
import { asProblem } from '../api/problem.js';
import type { AuditEvent, EventList } from '../api/types.js';
import type { Live, LiveStatus } from '../live/live.js';
import { type Newest, nothingNew, onTop, released } from './newest.js';

/** New events of a question, as they are recorded. */
export interface Tail {
  readonly status: ReadonlySignal<LiveStatus | undefined>;
  readonly shown: ReadonlySignal<Newest>;
  /** What came while nothing was to move. */
  readonly held: ReadonlySignal<Newest>;
  /** Events that the gateway let pass, because this page was too slow for them. */
  readonly dropped: ReadonlySignal<number>;
  readonly paused: ReadonlySignal<boolean>;
  /** `ready` is called once it is certain that nothing is missed of what is recorded from then on. */
  start(asked: { base: string; query: Parameters; ready: () => void }): void;
  stop(): void;
  pause(on: boolean): void;
  /** The table is away from its top: rows under somebody's eyes must not move. */
  away(on: boolean): void;
}

/** As many stay here, shown and held each. */
export const mostNew = 2_000;
/** So many may be on their way to this page; beyond that the gateway lets events pass. */
const window = 2_000;
/** Often enough to look alive, seldom enough to be read: the more came, the longer it stays. */
const [leastBetweenMs, mostBetweenMs] = [100, 1_000];
const [readMs, mostReadMs] = [10, 500];

/** What a tail goes by. */
export interface Clock {
  nowMs(): number;
  after(ms: number, run: () => void): unknown;
  /** With the next frame, of which a page that cannot be seen has none. */
  withFrame(run: () => void): unknown;
}

export function createTail({ api, live, clock }: { api: Api; live: Live; clock: Clock }): Tail {
  const status = signal<LiveStatus | undefined>(undefined);
  const shown = signal(nothingNew);
  const held = signal(nothingNew);
  const dropped = signal(0);
  const paused = signal(false);
  let isAway = false;
  let coming: AuditEvent[] = [];
  let lost = false;
  let isDrawing = false;
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let betweenMs = leastBetweenMs;
  let running = new AbortController();
  let stream: { stop(): void } | undefined;

  const draw = (): void => {
    const target = paused.peek() || isAway ? held : shown;
    const before = lost ? { ...target.peek(), events: [], cut: true } : target.peek();
    target.value = onTop(before, coming, mostNew);
    coming = [];
    lost = false;
  };
  const drawInTime = (): void => {
    const startedMs = clock.nowMs();
    drawnAtMs = startedMs;
    isDrawing = false;
    const toReadMs = Math.min(mostReadMs, Math.max(leastBetweenMs, readMs * coming.length));
    draw();
    // A slow machine draws less often, so that most of its time is left to whoever uses the page.
    clock.withFrame(() => {
      betweenMs = Math.min(mostBetweenMs, Math.max(toReadMs, 3 * (clock.nowMs() - startedMs)));
    });
  };
  const take = (events: readonly AuditEvent[]): void => {
    coming.push(...events);
    // As many as came while the page could not be seen.
    if (coming.length > mostNew) {
      coming = coming.slice(-mostNew);
      lost = true;
    }
    if (isDrawing) return;
    isDrawing = true;
    clock.after(Math.max(0, drawnAtMs + betweenMs - clock.nowMs()), () => clock.withFrame(drawInTime));
  };
  const release = (): void => {
    if (paused.peek() || isAway || held.peek() === nothingNew) return;
    shown.value = released(shown.peek(), held.peek(), mostNew);
    held.value = nothingNew;
  };

  const stop = (): void => {
    running.abort();
    stream?.stop();
    stream = undefined;
    coming = [];
    lost = false;
    status.value = undefined;
    shown.value = held.value = nothingNew;
    dropped.value = 0;
    paused.value = false;
  };

  return {
    status,
    shown,
    held,
    dropped,
    paused,
    stop,
    start({ base, query, ready }) {
      stop();
      const mine = new AbortController();
      running = mine;
      status.value = { kind: 'connecting' };
      // From where the log is now; the list is asked for after that, so that there is no gap between the two.
      api.get<EventList>(base, { order: 'ingest', since: 'now', limit: 1 }, mine.signal).then(
        ({ next_cursor }) => {
          if (mine.signal.aborted) return;
          ready();
          stream = live.events(
            {
              filter: streamFilter(base, query),
              ...(next_cursor === null ? {} : { since: next_cursor }),
              delivery: 'latest',
              window,
            },
            {
              onEvents: take,
              onDropped: (count) => {
                dropped.value += count;
              },
              onStatus: (next) => {
                status.value = next;
              },
            },
          );
        },
        (error: unknown) => {
          if (mine.signal.aborted) return;
          ready();
          status.value = { kind: 'refused', problem: asProblem(error) };
        },
      );
    },
    pause(on) {
      paused.value = on;
      release();
    },
    away(on) {
      isAway = on;
      release();
    },
  };
}

/** What is left out of a query string is to be left out here, too. */
function streamFilter(base: string, query: Parameters): Readonly<Record<string, unknown>> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return { ...Object.fromEntries(given), ...(base.endsWith('/system') ? { scope: 'system' } : {}) };
}
