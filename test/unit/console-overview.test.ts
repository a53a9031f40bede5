import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  betweenHref,
  exploreHref,
  rangeOf,
  seriesOf,
  stacked,
  tally,
} from '../../services/console/src/overview/question.js';

describe('the overview', () => {
  test('leads to Explore with the same time and filters', () => {
    assert.equal(exploreHref('24h'), '/');
    assert.equal(
      exploreHref('7d', { category: 'auth', outcome: ['failure', 'denied'] }),
      '/?range=7d&category=auth&outcome=failure&outcome=denied',
    );
    assert.equal(
      betweenHref('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      '/?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z',
    );
  });

  test('takes no range that has no beginning', () => {
    assert.equal(rangeOf('all').name, '24h');
    assert.equal(rangeOf('7d').name, '7d');
  });

  test('puts series on top of each other, and the rest above them', () => {
    const data = {
      interval: '1h',
      interval_seconds: 3_600,
      from: null,
      to: null,
      total: 9,
      buckets: [],
      series: [{ value: 'a', total: 3, counts: [1, 2] }],
      other: [4, 2],
    };
    const series = seriesOf(data);
    assert.deepEqual(
      series.map(({ label, total }) => [label, total]),
      [
        ['a', 3],
        ['other', 6],
      ],
    );
    assert.deepEqual(stacked(series, 2), [
      [1, 2],
      [5, 4],
    ]);
    assert.equal(seriesOf({ ...data, other: [0, 0] }).length, 1);
  });

  test('counts by kind', () => {
    assert.deepEqual(
      [...tally(['a', 'b', 'a'], (one) => one)],
      [
        ['a', 2],
        ['b', 1],
      ],
    );
  });
});
