import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditEvent } from '../../services/console/src/api/types.js';
import { nothingNew, onTop, released, rowsOf } from '../../services/console/src/explore/newest.js';
import { liveBlock, readQuestion } from '../../services/console/src/explore/question.js';
import { readQuery } from '../../services/console/src/router/query.js';

const event = (second: number): AuditEvent => ({
  id: `e${second}`,
  occurred_at: new Date(second * 1_000).toISOString(),
  recorded_at: new Date(second * 1_000).toISOString(),
  scope: 'organization',
  actor: { type: 'user' },
  action: 'auth.login',
  category: 'auth',
  kind: 'event',
  outcome: 'success',
});
const events = (...seconds: number[]): AuditEvent[] => seconds.map(event);
const ids = (list: readonly AuditEvent[]): string[] => list.map(({ id }) => id);

describe('new events', () => {
  test('come on top, the newest first, whichever partition was faster', () => {
    const newest = onTop(onTop(nothingNew, events(3, 1), 10), events(5, 4), 10);
    assert.deepEqual(ids(newest.events), ['e5', 'e4', 'e3', 'e1']);
    assert.equal(newest.count, 4);
  });

  test('stand once, though the list that was asked for has them as well', () => {
    const newest = onTop(onTop(nothingNew, events(3, 4), 10), events(4), 10);
    assert.equal(newest.count, 2);
    assert.deepEqual(ids(rowsOf(newest, events(3, 2, 1))), ['e4', 'e3', 'e2', 'e1']);
  });

  test('push out the oldest, and what was found before with them: a list has no hole', () => {
    const newest = onTop(onTop(nothingNew, events(3, 4), 3), events(5, 6), 3);
    assert.deepEqual(ids(newest.events), ['e6', 'e5', 'e4']);
    assert.equal(newest.count, 4);
    assert.deepEqual(ids(rowsOf(newest, events(2, 1))), ['e6', 'e5', 'e4']);
  });

  test('that were held back come on top when they are let go', () => {
    const shown = onTop(nothingNew, events(3), 10);
    const after = released(shown, onTop(nothingNew, events(4, 5), 10), 10);
    assert.deepEqual(ids(after.events), ['e5', 'e4', 'e3']);
    assert.equal(after.count, 3);
    assert.equal(after.cut, false);
  });

  test('that were held back for too long leave nothing below them that does not follow on', () => {
    const shown = onTop(nothingNew, events(3), 2);
    const after = released(shown, onTop(nothingNew, events(4, 5, 6), 2), 2);
    assert.deepEqual(ids(rowsOf(after, events(2))), ['e6', 'e5']);
    assert.equal(after.count, 4);
  });
});

describe('live', () => {
  const nowMs = Date.parse('2026-11-21T12:00:00Z');
  const why = (search: string) => liveBlock(readQuestion(readQuery(search)), nowMs)?.why;

  test('is off where the time has ended, and where the oldest are first', () => {
    assert.equal(why('?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z'), 'past');
    assert.equal(why('?order=oldest'), 'oldest');
  });

  test('is on where the time goes on', () => {
    for (const search of ['', '?range=all', '?from=2026-11-20T00:00:00Z', '?from=2026-11-20&to=2026-11-22T00:00:00Z'])
      assert.equal(why(search), undefined, search);
  });
});
