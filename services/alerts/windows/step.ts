import { type JudgedWindow, judgeGroup, nothingSettled, type Settled } from './group.js';
import type { WindowMatch } from './match.js';
import { type Hit, type Run, runEndUs } from './run.js';

/** What was said of a run when it was last stored. */
export interface Reported {
  firstUs: number;
  lastUs: number;
  hits: number;
  count: number;
  /** It was about to be stored: whether it was is not known. */
  isAnnounced?: boolean;
}

/** All that is kept of one rule and group between batches. */
export interface GroupState {
  settled: Settled;
  /** Those behind `settled`, and those before that a window behind it still reaches. */
  matches: readonly WindowMatch[];
  /** By the run's first event id. */
  reported: ReadonlyMap<string, Reported>;
}

export const emptyGroup: GroupState = { settled: nothingSettled, matches: [], reported: new Map() };

export interface GroupStep {
  hits: readonly Hit[];
  /** Runs that are new, or say more than when they were reported. */
  changed: readonly Run[];
  /** Runs that were reported and have become part of another, which begins earlier; `was` says what is known of them. */
  replaced: readonly { was: Run; by: Run }[];
  next: GroupState;
  /** Matches before it are no longer needed. */
  keepFromUs: number;
  /** The first moment that waits for the watermark. */
  waitingUs: number | undefined;
  /** When nothing of the group matters any more, should nothing more come. */
  neededUntilUs: number;
  /** Matches that had to go before their time. */
  evicted: number;
}

/**
 * Judges a group as it stands. `settleToUs` as in judgeGroup. Beyond `maxMatches` the oldest are settled before their time: what comes in
 * later at or before them is lost, which only disorder brings about.
 */
export function stepGroup(
  window: JudgedWindow,
  state: GroupState,
  { settleToUs, maxMatches = Number.POSITIVE_INFINITY }: { settleToUs: number; maxMatches?: number },
): GroupStep {
  const { settled, matches } = state;
  const bounded = boundedSettling(window, { matches, settleToUs, maxMatches });
  const judged = judgeGroup(window, { settled, matches, settleToUs: bounded.settleToUs });
  const keepFromUs = Math.max(judged.settled.toUs - window.reachUs, bounded.keepFromUs);
  const reported = new Map<string, Reported>();
  const changed: Run[] = [];
  for (const run of judged.runs) {
    const { firstId, firstUs, lastUs, hits, count } = run;
    const before = state.reported.get(firstId);
    const isSame = before?.hits === hits && before.lastUs === lastUs && before.count === count;
    if (!isSame || before.isAnnounced) changed.push(run);
    // What begins at or before the settled time keeps its id for ever; only the last of them can still grow.
    if (firstUs > judged.settled.toUs || firstId === judged.settled.run?.firstId) {
      reported.set(firstId, { firstUs, lastUs, hits, count });
    }
  }
  const last = judged.runs.at(-1);
  return {
    evicted: bounded.evicted,
    hits: judged.hits,
    changed,
    replaced: replacedRuns(state, judged.runs),
    next: {
      settled: judged.settled,
      matches: matches.filter(({ timeUs }) => timeUs >= keepFromUs),
      reported,
    },
    keepFromUs,
    waitingUs: judged.waitingUs,
    neededUntilUs: Math.max(
      matches.reduce((newest, { timeUs }) => Math.max(newest, timeUs), settled.toUs) + window.reachUs,
      last ? runEndUs(last, window) : 0,
    ),
  };
}

/** A run whose first hit lies in another run is no more: it lies behind that one's first hit. */
function replacedRuns({ reported, settled }: GroupState, runs: readonly Run[]): { was: Run; by: Run }[] {
  const now = new Set(runs.map(({ firstId }) => firstId));
  return [...reported].flatMap(([firstId, { firstUs, lastUs, hits, count }]) => {
    if (now.has(firstId) || firstUs <= settled.toUs) return [];
    const by = runs.findLast((run) => run.firstUs <= firstUs);
    return by ? [{ was: { firstId, firstUs, lastUs, hits, count, sinceUs: firstUs, eventIds: [firstId] }, by }] : [];
  });
}

/** Where there are too many, half of the room is made at once, so that it is not made at every match. */
function boundedSettling(
  { kind, reachUs }: JudgedWindow,
  {
    matches,
    settleToUs,
    maxMatches,
  }: {
    matches: readonly WindowMatch[];
    settleToUs: number;
    maxMatches: number;
  },
): { settleToUs: number; keepFromUs: number; evicted: number } {
  if (matches.length <= maxMatches) return { settleToUs, keepFromUs: Number.NEGATIVE_INFINITY, evicted: 0 };
  const times = matches.map(({ timeUs }) => timeUs).sort((a, b) => a - b);
  const keepFromUs = times[times.length - Math.ceil(maxMatches / 2)]!;
  const evicted = times.findIndex((timeUs) => timeUs >= keepFromUs);
  // What lies within reach of the evicted has to be judged while they are there. Windows that remember need none of them.
  const remembers = kind === 'new_value' || kind === 'impossible_travel';
  const judgedToUs = Math.min(times.at(-1)!, keepFromUs + (remembers ? 0 : reachUs) - 1);
  return { settleToUs: Math.max(settleToUs, judgedToUs), keepFromUs, evicted };
}
