import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as sleep } from 'node:timers/promises';
import { undoOf } from '../../services/console/src/alerts/acting.js';
import { createAlertsData } from '../../services/console/src/alerts/data.js';
import { hold, holdAll, inTab } from '../../services/console/src/alerts/held.js';
import { isInTime, isNarrowed, readAlertQuestion } from '../../services/console/src/alerts/question.js';
import type { Alert, AlertList } from '../../services/console/src/alerts/types.js';
import { groupHref, happened, prospect } from '../../services/console/src/alerts/words.js';
import type { Api } from '../../services/console/src/api/call.js';
import type { Live, LiveAlertHandlers } from '../../services/console/src/live/live.js';

const alert = (changes: Partial<Alert> = {}): Alert => ({
  id: 'a',
  rule: 'spike',
  rule_title: 'Spike',
  rule_author: '',
  rule_owner: 'deployment',
  level: 'high',
  fingerprint: 'f',
  organization_id: 'acme',
  group: { ip: '198.51.100.7' },
  state: 'open',
  state_since: '2026-03-02T12:00:00.000000Z',
  count: 6,
  hits: 1,
  first_seen: '2026-03-02T12:00:00.500000Z',
  last_seen: '2026-03-02T12:04:10.500000Z',
  resolves_at: '2026-03-02T13:00:00.000000Z',
  event_ids: ['e1', 'e2'],
  silenced_by: [],
  notified_at: null,
  successor: null,
  ...changes,
});

describe('alerts at hand', () => {
  test('an alert stands in the tab of its newest state, and one that became part of another in none', () => {
    let held = hold(new Map(), [alert(), alert({ id: 'b', first_seen: '2026-03-02T12:01:00Z' })]);
    assert.deepEqual(
      inTab(held, 'open').map(({ id }) => id),
      ['b', 'a'],
    );
    held = hold(held, [alert({ state: 'acknowledged' }), alert({ id: 'b', state: 'replaced' })]);
    assert.deepEqual([inTab(held, 'open').length, inTab(held, 'acknowledged').map(({ id }) => id)], [0, ['a']]);
  });

  test('what a whole list no longer has is gone, unless it came while the list was under way', () => {
    const before = hold(new Map(), [alert(), alert({ id: 'b' }), alert({ id: 'r', state: 'resolved' })]);
    const now = hold(before, [alert({ id: 'b', count: 7 }), alert({ id: 'c' })]);
    assert.deepEqual([...holdAll(now, 'open', [alert({ id: 'd' })], before).keys()].sort(), ['b', 'c', 'd', 'r']);
  });

  test('what an answer or the stream has said stands, though a list that was asked for before comes after it', async () => {
    const answers: ((list: AlertList) => void)[] = [];
    let said: LiveAlertHandlers | undefined;
    const api = { get: () => new Promise<AlertList>((resolve) => answers.push(resolve)) } as unknown as Api;
    const live = {
      alerts: (_: unknown, given: LiveAlertHandlers) => {
        said = given;
        return { stop() {} };
      },
    } as unknown as Live;
    const data = createAlertsData({ api, live });
    data.ask(readAlertQuestion({}));
    const [open, acknowledged, resolved] = answers;
    open!({ alerts: [alert(), alert({ id: 'b' })], next_cursor: null });
    acknowledged!({ alerts: [], next_cursor: null });
    resolved!({ alerts: [], next_cursor: null });
    await sleep();
    said!.onSubscribed();
    data.take(alert({ state: 'acknowledged' }));
    said!.onChanges([{ alert: alert({ id: 'b', state: 'resolved' }) }]);
    answers.at(-1)!({ alerts: [alert(), alert({ id: 'b' }), alert({ id: 'c' })], next_cursor: null });
    await sleep();
    const stateOf = (id: string) => data.held.value.get(id)?.state;
    assert.deepEqual(['a', 'b', 'c'].map(stateOf), ['acknowledged', 'resolved', 'open']);
  });

  test('beyond what is kept, the longest resolved go and what lasts stays', () => {
    const old = Array.from({ length: 3_000 }, (_, at) =>
      alert({ id: `r${at}`, state: 'resolved', first_seen: new Date(at * 1_000).toISOString() }),
    );
    const held = hold(hold(new Map(), old), [alert()]);
    assert.deepEqual([held.size, held.has('a'), held.has('r0'), held.has('r1')], [3_000, true, false, true]);
  });

  test('what was done can be taken back to the state before', () => {
    assert.deepEqual(undoOf('resolve', alert()), ['reopen']);
    assert.deepEqual(undoOf('resolve', alert({ state: 'acknowledged' })), ['reopen', 'acknowledge']);
  });
});

describe('the address of alerts', () => {
  test('says level, rule, group, organization and time; what is no level or group is passed over', () => {
    const question = readAlertQuestion({
      state: ['resolved'],
      level: ['high', 'shrill'],
      group: ['ip:2001:db8::1', 'nothing'],
      range: ['7d'],
    });
    assert.deepEqual(
      [question.tab, question.levels, question.group, question.range, isNarrowed(question)],
      ['resolved', ['high'], ['ip:2001:db8::1'], { kind: 'last', name: '7d' }, true],
    );
    assert.equal(isNarrowed(readAlertQuestion({})), false);
  });

  test('the stream’s alerts are held against the time that was asked for', () => {
    const between = (from: string, to?: string) => ({ range: { kind: 'between' as const, from, to } });
    assert.ok(isInTime(between('2026-03-02T12:04:00Z'), alert(), 0));
    assert.ok(!isInTime(between('2026-03-02T12:05:00Z'), alert(), 0));
    assert.ok(!isInTime(between('2026-03-01T00:00:00Z', '2026-03-02T12:00:00Z'), alert(), 0));
  });
});

describe('an alert in words', () => {
  test('tells how many, how long, of what and where', () => {
    assert.match(happened(alert(), 'Acme'), /^6 events within 4.*10.*, about address 198\.51\.100\.7, in Acme\.$/);
    assert.equal(happened(alert({ count: 1, last_seen: alert().first_seen, group: {} }), ''), '1 event.');
    assert.equal(happened(alert({ count: 1, group: {} }), 'Acme', 'A key was made.'), 'A key was made, in Acme.');
    assert.match(happened(alert(), '', 'A key was made.'), /^6 events/);
  });

  test('leads to Explore by a filter where there is one, else by the query language, around its time', () => {
    const known = new URL(groupHref(alert(), 'actor.id', 'usr 1'), 'http://x').searchParams;
    assert.deepEqual(
      [known.get('actor'), known.get('from'), known.get('to')],
      ['usr 1', '2026-03-02T12:00:00.000Z', '2026-03-02T12:04:11.500Z'],
    );
    const other = new URL(groupHref(alert(), 'details.bucket', 'a"b'), 'http://x').searchParams;
    assert.equal(other.get('q'), 'details.bucket:"a\\"b"');
  });

  test('says when it resolves by itself only while that lies ahead', () => {
    assert.match(prospect(alert(), Date.parse('2026-03-02T12:30:00Z')) ?? '', /30/);
    assert.equal(prospect(alert(), Date.parse('2026-03-02T13:30:00Z')), undefined);
    assert.equal(prospect(alert({ state: 'resolved' }), 0), undefined);
  });
});
