import type { Evaluator } from './evaluate.js';
import type { Moment } from './match.js';
import { holds, type Window } from './window.js';

/**
 * Hits of different rules in the order in which the correlation names them: the count is the length of the longest such chain that ends
 * at the moment judged and began within reach. More entries only make longer chains, so that disorder takes no hit back.
 */
export function createOrdered({ condition, inputs, reachUs }: Window): Evaluator {
  // begins[rule][length − 1]: the latest time at which a chain of that length, ending with that rule, began.
  const begins = Array.from({ length: inputs }, () => new Array<number>(inputs).fill(Number.NEGATIVE_INFINITY));
  let inside: Moment[] = [];

  const extend = (input: number, timeUs: number): number => {
    const own = begins[input]!;
    let longest = 1;
    own[0] = timeUs;
    for (let length = 2; length <= input + 1; length += 1) {
      let begun = Number.NEGATIVE_INFINITY;
      for (let before = 0; before < input; before += 1) begun = Math.max(begun, begins[before]![length - 2]!);
      own[length - 1] = Math.max(own[length - 1]!, begun);
      if (begun >= timeUs - reachUs) longest = length;
    }
    return longest;
  };

  return {
    step(moment) {
      const { timeUs, matches } = moment;
      inside = inside.filter((one) => one.timeUs >= timeUs - reachUs);
      inside.push(moment);
      let longest = 0;
      // The last rule first: an event is not its own predecessor.
      for (const { input } of [...matches].reverse()) longest = Math.max(longest, extend(input, timeUs));
      return holds(condition, longest);
    },
    seen: () => inside,
    memory: () => undefined,
  };
}
