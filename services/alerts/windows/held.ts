import type { Settled } from './group.js';
import { decodeMatch, type WindowMatch } from './match.js';
import type { GroupState, Reported } from './step.js';

/** A group as it is in Redis, at a revision. Revisions only grow, over losses of Redis too: they are times, microseconds. */
export interface HeldGroup {
  window: string;
  group: readonly string[];
  revision: number;
  state: GroupState;
}

/** As the scripts answer it. */
export type RawState = [revision: string, settled: string, group: string, reported: string[], matches: string[]];

export function heldOf(window: string, [revision, settled, group, reported, matches]: RawState): HeldGroup {
  const found: WindowMatch[] = [];
  for (let at = 0; at < matches.length; at += 2) found.push(decodeMatch(matches[at]!, Number(matches[at + 1])));
  return {
    window,
    group: JSON.parse(group) as string[],
    revision: Number(revision),
    state: { settled: decodeSettled(settled), matches: found, reported: decodeReported(reported) },
  };
}

export const encodeSettled = (settled: Settled): string => JSON.stringify(settled);
const decodeSettled = (text: string): Settled => {
  const { toUs, quietToUs, run, memory } = JSON.parse(text) as Partial<Settled>;
  return { toUs: toUs!, quietToUs: quietToUs ?? Number.NEGATIVE_INFINITY, run, memory };
};

export const encodeReported = (reported: ReadonlyMap<string, Reported>): string[] =>
  [...reported].flatMap(([id, { firstUs, lastUs, hits, count, isAnnounced }]) => [
    id,
    `${firstUs} ${lastUs} ${hits} ${count}${isAnnounced ? ' announced' : ''}`,
  ]);
function decodeReported(pairs: readonly string[]): Map<string, Reported> {
  const reported = new Map<string, Reported>();
  for (let at = 0; at < pairs.length; at += 2) {
    const [numbers, announced] = pairs[at + 1]!.split(/ (?=[a-z])/) as [string, string?];
    const [firstUs, lastUs, hits, count] = numbers.split(' ').map(Number) as [number, number, number, number];
    reported.set(pairs[at]!, { firstUs, lastUs, hits, count, ...(announced ? { isAnnounced: true } : {}) });
  }
  return reported;
}
