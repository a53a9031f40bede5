import type { Entry, Moment } from './match.js';

/** A moment at which the condition held. */
export interface Hit {
  timeUs: number;
  eventId: string;
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

/** Puts hits together, in their order. A run's beginning depends on nothing behind it. */
export interface RunBuilder {
  /** `window` gives the events of the hit's window, oldest first, itself the last; asked only where a run begins. */
  add(hit: Pick<Hit, 'timeUs' | 'eventId'>, window: () => readonly Pick<Moment, 'timeUs' | 'eventId'>[]): void;
  /** As it is now; what is added later changes nothing in it. */
  last(): Run | undefined;
  all(): readonly Run[];
}

/** Goes on with a run, where there is one. */
export function createRunBuilder(rule: Runs, begun: Run | undefined): RunBuilder {
  const done: Run[] = [];
  let run: (Run & { eventIds: string[] }) | undefined = begun && { ...begun, eventIds: [...begun.eventIds] };
  return {
    add({ timeUs, eventId }, window) {
      if (run && timeUs <= runEndUs(run, rule)) {
        run.lastUs = timeUs;
        run.hits += 1;
        run.count += 1;
        if (run.eventIds.length < keptIds) run.eventIds.push(eventId);
        return;
      }
      if (run) done.push(run);
      const seen = window();
      run = {
        firstUs: timeUs,
        firstId: eventId,
        sinceUs: seen[0]?.timeUs ?? timeUs,
        lastUs: timeUs,
        hits: 1,
        count: seen.length,
        eventIds: seen.slice(0, keptIds).map((one) => one.eventId),
      };
    },
    last: () => run && { ...run, eventIds: [...run.eventIds] },
    all: () => (run ? [...done, run] : done),
  };
}
