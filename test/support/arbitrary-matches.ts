import fc from 'fast-check';
import type { JudgedWindow, WindowMatch } from '../../services/alerts/windows/index.js';

export const secondUs = 1_000_000;

export const someWindow = (change: Partial<JudgedWindow> = {}): JudgedWindow => ({
  kind: 'event_count',
  condition: [{ comparison: 'gt', value: 2 }],
  inputs: 1,
  reachUs: 10 * secondUs,
  resolveAfterUs: 15 * secondUs,
  suppressUs: 0,
  activeFromUs: Number.NEGATIVE_INFINITY,
  ...change,
});

const counting = fc
  .constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq')
  .chain((comparison) =>
    fc.integer({ min: 1, max: 4 }).map((value) => [{ comparison, value }] as JudgedWindow['condition']),
  );

/** Windows of every kind, narrow against the times of `arbitraryMatches`. */
export const arbitraryWindow: fc.Arbitrary<JudgedWindow> = fc
  .record({
    kind: fc.constantFrom(
      'each' as const,
      'event_count' as const,
      'value_count' as const,
      'value_sum' as const,
      'temporal' as const,
      'temporal_ordered' as const,
      'new_value' as const,
      'impossible_travel' as const,
    ),
    condition: counting,
    reachUs: fc.integer({ min: 1, max: 30 }).map((seconds) => seconds * secondUs),
    resolveAfterUs: fc.integer({ min: 0, max: 20 }).map((seconds) => seconds * secondUs),
    suppressUs: fc.integer({ min: 0, max: 40 }).map((seconds) => seconds * secondUs),
  })
  .map((change) =>
    someWindow({
      ...change,
      inputs: change.kind === 'temporal' || change.kind === 'temporal_ordered' ? 3 : 1,
      ...(change.kind === 'each' ? { reachUs: 0 } : {}),
      ...(change.kind === 'impossible_travel' ? { travel: { speedKmh: 900, distanceKm: 100 } } : {}),
    }),
  );

const places = [
  { lat: 52.5, lon: 13.4 },
  { lat: 48.9, lon: 2.4 },
  { lat: 40.7, lon: -74 },
];

/** Up to forty events within a hundred seconds, some at the same time, some matching several rules. */
export const arbitraryMatches = (window: JudgedWindow): fc.Arbitrary<WindowMatch[]> =>
  fc
    .array(
      fc.record({
        second: fc.integer({ min: 0, max: 100 }),
        inputs: fc.uniqueArray(fc.integer({ min: 0, max: window.inputs - 1 }), { minLength: 1 }),
        pick: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 40 },
    )
    .map((events) =>
      events.flatMap(({ second, inputs, pick }, at) =>
        inputs.map((input) => ({
          timeUs: 1_000 * secondUs + second * secondUs,
          eventId: `00000000-0000-7000-8000-${String((at * 7919) % 1_000).padStart(12, '0')}`,
          input,
          value: valueFor(window, pick),
          feeds: [],
        })),
      ),
    );

function valueFor({ kind }: JudgedWindow, pick: number): WindowMatch['value'] {
  if (kind === 'value_count' || kind === 'new_value') return ['a', 'b', 'c'][pick]!;
  if (kind === 'value_sum') return [-1, 1, 0.5][pick]!;
  return kind === 'impossible_travel' ? places[pick]! : null;
}
