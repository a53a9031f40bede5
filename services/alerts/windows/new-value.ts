import type { Evaluator, Memory } from './evaluate.js';
import type { Moment } from './match.js';
import type { Window } from './window.js';

/**
 * A hit where the group is known and the value is not: something of the group was seen within reach, this value was not. The first of a
 * group therefore is none: there is nothing that it differs from.
 */
export function createNewValue(
  { reachUs }: Window,
  memory: Extract<Memory, { kind: 'new_value' }> | undefined,
): Evaluator {
  // In order of the last time seen, because a value that comes again goes to the end.
  const seen = new Map<string, number>(memory?.seen);
  let lastUs = memory?.lastUs ?? Number.NEGATIVE_INFINITY;
  let last: Moment[] = [];
  return {
    step(moment) {
      const { timeUs, matches } = moment;
      const value = matches[0]!.value as string;
      const known = lastUs >= timeUs - reachUs;
      const isNew = (seen.get(value) ?? Number.NEGATIVE_INFINITY) < timeUs - reachUs;
      for (const [old, at] of seen) {
        if (at >= timeUs - reachUs) break;
        seen.delete(old);
      }
      seen.delete(value);
      seen.set(value, timeUs);
      lastUs = timeUs;
      last = [moment];
      return known && isNew;
    },
    seen: () => last,
    memory: () => ({ kind: 'new_value', seen: [...seen], lastUs }),
  };
}
