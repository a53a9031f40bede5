import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditEvent } from '../../services/console/src/api/types.js';
import { pointAt, pointsOf } from '../../services/console/src/entity/points.js';
import { parametersOf, readQuestion } from '../../services/console/src/explore/question.js';
import { isPause, placeOf, ticksOf } from '../../services/console/src/timeline/scale.js';
import { formatUtc } from '../../services/console/src/ui/format.js';

describe('the axis of a workflow', () => {
  test('says round durations, few of them, the beginning among them', () => {
    assert.deepEqual(ticksOf(984_000), [0, 300_000, 600_000, 900_000]);
    assert.deepEqual(ticksOf(0), [0]);
    for (const whole of [3, 77, 4_200, 61_000, 7_777_777, 9e8, 4e12]) {
      const ticks = ticksOf(whole);
      assert.ok(ticks.length >= 2 && ticks.length <= 8, `${whole}: ${ticks.length}`);
      assert.ok(ticks[0] === 0 && ticks.at(-1)! <= whole);
    }
  });

  test('a workflow of one moment is at its beginning', () => {
    assert.equal(placeOf(0, 0), 0);
    assert.equal(placeOf(50, 200), 25);
  });

  test('pauses are told where they are long, by themselves and within the whole', () => {
    assert.ok(isPause(60_000, 984_000));
    assert.ok(!isPause(20_000, 984_000));
    assert.ok(!isPause(900, 1_000));
  });
});

describe('the points of an entity', () => {
  const event = (id: string, at: string, more: object = {}): AuditEvent =>
    ({
      id,
      occurred_at: at,
      kind: 'stateful',
      outcome: 'success',
      target: { type: 'doc', id: '1' },
      ...more,
    }) as AuditEvent;
  const points = pointsOf(
    [
      event('c', '2026-11-21T12:00:00.000002Z'),
      event('denied', '2026-11-21T11:30:00Z', { outcome: 'denied' }),
      event('read', '2026-11-21T11:00:00Z', { kind: 'event' }),
      event('other', '2026-11-21T10:30:00Z', { target: { type: 'doc', id: '2' } }),
      event('a', '2026-11-21T10:00:00Z'),
    ],
    { type: 'doc', id: '1' },
  );

  test('are its changes that were carried out, the oldest first, and now', () => {
    assert.deepEqual(
      points.map(({ at, change }) => change?.id ?? at),
      ['a', 'c', 'now'],
    );
  });

  test('a time belongs to the change before it', () => {
    assert.equal(pointAt(points, 'now'), 2);
    assert.equal(pointAt(points, '2026-11-21T10:00:00Z'), 0);
    assert.equal(pointAt(points, '2026-11-21T11:59:59Z'), 0);
    assert.equal(pointAt(points, '2026-11-21T12:00:00.000002Z'), 1);
    assert.equal(pointAt(points, '2026-11-20T00:00:00Z'), -1);
  });
});

test('members of details are filters, numbers as they stand and texts in quotes', () => {
  const { query } = parametersOf(
    readQuestion({
      range: ['all'],
      'details.seconds': ['569'],
      'not.details."zip.code"': ['A 1'],
      session_id: ['s"1'],
    }),
    0,
  );
  assert.equal(query.q, 'session_id:("s\\"1") details.seconds:(569) -details."zip.code":("A 1")');
});

test('exact times end where they say nothing more', () => {
  assert.equal(formatUtc('2026-11-21T17:24:50.000Z'), '2026-11-21 17:24:50 UTC');
  assert.equal(formatUtc('2026-11-21T17:24:50.971000Z'), '2026-11-21 17:24:50.971 UTC');
  assert.equal(formatUtc('2026-11-21T17:24:50.000001Z'), '2026-11-21 17:24:50.000001 UTC');
  assert.equal(formatUtc('2026-11-21T17:24:50Z'), '2026-11-21 17:24:50 UTC');
});
