import type { Pending, Waiting } from './pending.js';

export type Step =
  /** An attempt at a message that is there. */
  | { do: 'send'; message: Pending }
  /** A new message: `told` in full, `counted` by their number; `superseded` say what a later one of the same alert says better. */
  | { do: 'compose'; told: Waiting[]; counted: Waiting[]; superseded: Waiting[] }
  | { do: 'wait'; untilMs: number }
  | { do: 'rest' };

/**
 * What a channel does next. Messages that are due go first. While the cap allows, every alert has a message of its own; when more wait
 * than may be sent, they share one. News of an alert wait while an older message that tells of it is tried again: nothing is told as
 * firing after it was told as resolved. With `groupWaitMs` an alert waits so long for others of its group, which then share its
 * message. What is given up waits for ClickHouse without keeping anything else.
 */
export function plan({
  waiting,
  pending,
  nowMs,
  tokens,
  nextTokenAtMs,
  grouping,
  groupWaitMs = 0,
  mostRetrying,
  mostDead,
}: {
  waiting: readonly Waiting[];
  pending: readonly Pending[];
  nowMs: number;
  tokens: number;
  nextTokenAtMs: number;
  grouping: { listed: number; counts: boolean };
  groupWaitMs?: number;
  mostRetrying: number;
  mostDead: number;
}): Step {
  const alive = pending.filter(({ dead }) => !dead);
  const byTime = [...pending].sort((a, b) => a.dueAtMs - b.dueAtMs).filter(({ dueAtMs }) => dueAtMs <= nowMs);
  const due = byTime.find(({ dead }) => !dead);
  const toBury = byTime.find(({ dead }) => dead);
  const held = new Set(alive.flatMap(({ fingerprints }) => fingerprints));
  const room = alive.length < mostRetrying && pending.length - alive.length < mostDead;
  const unheld = room ? waiting.filter(({ fingerprint }) => !held.has(fingerprint)) : [];
  const { free, nextGroupAtMs } = groupWaitMs > 0 ? oldestGroup(unheld, groupWaitMs, nowMs) : atOnce(unheld);
  if (due && tokens >= 1) return { do: 'send', message: due };
  if (free.length > 0 && tokens >= 1)
    return { do: 'compose', ...grouped(free, groupWaitMs > 0 ? 0 : tokens, grouping) };
  // Last: while ClickHouse hangs, whoever can be told is told.
  if (toBury) return { do: 'send', message: toBury };
  const times = pending.filter((message) => message !== due).map(({ dueAtMs }) => dueAtMs);
  if (due || free.length > 0) times.push(nextTokenAtMs);
  if (nextGroupAtMs !== undefined) times.push(nextGroupAtMs);
  return times.length > 0 ? { do: 'wait', untilMs: Math.min(...times) } : { do: 'rest' };
}

const atOnce = (free: Waiting[]): { free: Waiting[]; nextGroupAtMs?: undefined } => ({ free });

/** The group that has waited longest, once that is long enough; and when the next has. */
function oldestGroup(
  waiting: readonly Waiting[],
  waitMs: number,
  nowMs: number,
): { free: Waiting[]; nextGroupAtMs: number | undefined } {
  const since = new Map<string, number>();
  for (const { group, queuedAtMs } of waiting) {
    since.set(group, Math.min(queuedAtMs, since.get(group) ?? Number.POSITIVE_INFINITY));
  }
  const [oldest] = [...since].sort(([, a], [, b]) => a - b);
  if (!oldest) return { free: [], nextGroupAtMs: undefined };
  const readyAtMs = oldest[1] + waitMs;
  if (readyAtMs > nowMs) return { free: [], nextGroupAtMs: readyAtMs };
  return { free: waiting.filter(({ group }) => group === oldest[0]), nextGroupAtMs: undefined };
}

function grouped(
  free: readonly Waiting[],
  tokens: number,
  { listed, counts }: { listed: number; counts: boolean },
): { told: Waiting[]; counted: Waiting[]; superseded: Waiting[] } {
  if (free.length <= tokens || listed === 1) return { told: [free[0]!], counted: [], superseded: [] };
  if (!counts) return { told: free.slice(0, listed), counted: [], superseded: [] };
  const latest = new Map(free.map((one) => [one.fingerprint, one]));
  const news = [...latest.values()];
  const superseded = free.filter((one) => latest.get(one.fingerprint) !== one);
  // The most urgent are told of; among equals, those that came first.
  const told = [...news].sort((a, b) => a.level - b.level || a.place - b.place).slice(0, listed);
  const chosen = new Set(told);
  return { told, counted: news.filter((one) => !chosen.has(one)), superseded };
}
