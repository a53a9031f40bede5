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
 * firing after it was told as resolved. What is given up waits for ClickHouse without keeping anything else.
 */
export function plan({
  waiting,
  pending,
  nowMs,
  tokens,
  nextTokenAtMs,
  grouping,
  mostRetrying,
  mostDead,
}: {
  waiting: readonly Waiting[];
  pending: readonly Pending[];
  nowMs: number;
  tokens: number;
  nextTokenAtMs: number;
  grouping: { listed: number; counts: boolean };
  mostRetrying: number;
  mostDead: number;
}): Step {
  const alive = pending.filter(({ dead }) => !dead);
  const byTime = [...pending].sort((a, b) => a.dueAtMs - b.dueAtMs).filter(({ dueAtMs }) => dueAtMs <= nowMs);
  const due = byTime.find(({ dead }) => !dead);
  const toBury = byTime.find(({ dead }) => dead);
  const held = new Set(alive.flatMap(({ fingerprints }) => fingerprints));
  const room = alive.length < mostRetrying && pending.length - alive.length < mostDead;
  const free = room ? waiting.filter(({ fingerprint }) => !held.has(fingerprint)) : [];
  if (due && tokens >= 1) return { do: 'send', message: due };
  if (free.length > 0 && tokens >= 1) return { do: 'compose', ...grouped(free, tokens, grouping) };
  // Last: while ClickHouse hangs, whoever can be told is told.
  if (toBury) return { do: 'send', message: toBury };
  const times = pending.filter((message) => message !== due).map(({ dueAtMs }) => dueAtMs);
  if (due || free.length > 0) times.push(nextTokenAtMs);
  return times.length > 0 ? { do: 'wait', untilMs: Math.min(...times) } : { do: 'rest' };
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
