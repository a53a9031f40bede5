import type { Entry } from './match.js';

/** A moment at which the condition held. */
export interface Hit {
  timeUs: number;
  eventId: string;
  /** The events of the window, oldest first, this one the last; at most `keptIds` of them. */
  windowIds: readonly string[];
  windowCount: number;
  /** The time of the oldest of them. */
  sinceUs: number;
  feeds: readonly Entry[];
}

/** A run of hits: what a finding says. */
export interface Run {
  firstUs: number;
  /** Event id of the first hit. */
  firstId: string;
  /** The oldest event in the window of the first hit. */
  sinceUs: number;
  lastUs: number;
  hits: number;
  /** Events: those in the window of the first hit, and the hits after it. */
  count: number;
  /** Of those events the oldest, at most `keptIds`. */
  eventIds: readonly string[];
}

/** How hits of one rule and group are put together. */
export interface Runs {
  /** A hit so long after the last one, or less, belongs to the same run. µs. */
  resolveAfterUs: number;
  /** For so long after a run has begun no other one does: what is hit until then belongs to it. µs. */
  suppressUs: number;
}

export const keptIds = 100;

/** Until when a hit would still belong to the run. */
export const runEndUs = ({ firstUs, lastUs }: Pick<Run, 'firstUs' | 'lastUs'>, { resolveAfterUs, suppressUs }: Runs) =>
  Math.max(lastUs + resolveAfterUs, firstUs + suppressUs);

/** The run that a hit begins. */
export const beginRun = (hit: Hit): Run => ({
  firstUs: hit.timeUs,
  firstId: hit.eventId,
  sinceUs: hit.sinceUs,
  lastUs: hit.timeUs,
  hits: 1,
  count: hit.windowCount,
  eventIds: hit.windowIds,
});

/** Adds hits in order to the runs, the last of which may go on. A run's beginning depends on nothing behind it. */
export function addHits(runs: readonly Run[], hits: readonly Hit[], rule: Runs): Run[] {
  const all = [...runs];
  for (const hit of hits) {
    const run = all.at(-1);
    if (!run || hit.timeUs > runEndUs(run, rule)) {
      all.push(beginRun(hit));
      continue;
    }
    all[all.length - 1] = {
      ...run,
      lastUs: hit.timeUs,
      hits: run.hits + 1,
      count: run.count + 1,
      eventIds: run.eventIds.length < keptIds ? [...run.eventIds, hit.eventId] : run.eventIds,
    };
  }
  return all;
}
