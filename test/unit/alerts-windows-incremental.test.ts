import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  emptyGroup,
  type GroupState,
  type JudgedWindow,
  judgeGroup,
  type Run,
  stepGroup,
  type WindowMatch,
} from '../../services/alerts/windows/index.js';
import { arbitraryMatches, arbitraryWindow, secondUs, someWindow } from '../support/arbitrary-matches.js';

/** What an engine that stores findings has stored after it saw these batches. */
function takeBatches(
  window: JudgedWindow,
  batches: readonly { matches: readonly WindowMatch[]; settleToUs: number }[],
): Map<string, Run> {
  const stored = new Map<string, Run>();
  let state: GroupState = emptyGroup;
  for (const { matches, settleToUs } of batches) {
    const fresh = matches.filter(({ timeUs }) => timeUs > state.settled.toUs);
    const step = stepGroup(window, { ...state, matches: [...state.matches, ...fresh] }, { settleToUs });
    for (const run of step.changed) stored.set(run.firstId, run);
    for (const { was } of step.replaced) stored.delete(was.firstId);
    state = step.next;
  }
  return stored;
}

const byFirst = (runs: Iterable<Run>): Run[] => [...runs].sort((a, b) => (a.firstId < b.firstId ? -1 : 1));

describe('windows that take their matches in batches', () => {
  test('come to the same runs whatever the order, however often a match comes', () => {
    const cases = arbitraryWindow.chain((window) =>
      arbitraryMatches(window).chain((matches) =>
        fc.record({
          window: fc.constant(window),
          matches: fc.constant(matches),
          // How much later than its time each match comes, and whether it comes again.
          delays: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: matches.length, maxLength: matches.length }),
          again: fc.array(fc.boolean(), { minLength: matches.length, maxLength: matches.length }),
          size: fc.integer({ min: 1, max: 9 }),
        }),
      ),
    );
    fc.assert(
      fc.property(cases, ({ window, matches, delays, again, size }) => {
        const graceUs = 12 * secondUs;
        const arriving = matches
          .map((match, at) => ({ match, atUs: match.timeUs + delays[at]! * secondUs }))
          .sort((a, b) => a.atUs - b.atUs);
        const batches: { matches: WindowMatch[]; settleToUs: number }[] = [];
        for (let at = 0; at < arriving.length; at += size) {
          const batch = arriving.slice(at, at + size);
          const twice = arriving.slice(Math.max(0, at - 5), at).filter((_, index) => again[index]);
          batches.push({
            matches: [...batch, ...twice].map(({ match }) => match),
            // All that came before has been seen: nothing unseen is older than what comes next.
            settleToUs: (arriving[at + size - 1] ?? arriving.at(-1)!).atUs - graceUs - 1,
          });
        }
        batches.push({ matches: [], settleToUs: Number.MAX_SAFE_INTEGER });
        const { runs } = judgeGroup(window, { matches });
        assert.deepEqual(byFirst(takeBatches(window, batches).values()), byFirst(runs));
      }),
      { numRuns: Number(process.env.SEALSTREAM_PROPERTY_CASES ?? 3_000) },
    );
  });

  test('settle the oldest before their time where there are too many, and say how many', () => {
    const window = someWindow({ reachUs: 1_000 * secondUs });
    const matches = Array.from({ length: 100 }, (_, at) => ({
      timeUs: at * secondUs,
      eventId: String(at).padStart(4, '0'),
      input: 0,
      value: null,
      feeds: [],
    }));
    const step = stepGroup(window, { ...emptyGroup, matches }, { settleToUs: -1, maxMatches: 40 });
    assert.equal(step.evicted, 80);
    assert.equal(step.next.matches.length, 20);
    assert.equal(step.next.settled.toUs, matches[99]!.timeUs);
    const more = { ...matches[99]!, timeUs: 100 * secondUs, eventId: '0100' };
    const next = stepGroup(window, { ...step.next, matches: [...step.next.matches, more] }, { settleToUs: -1 });
    const { runs } = judgeGroup(window, { matches: [...matches, more] });
    assert.deepEqual(next.changed, runs);
  });
});
