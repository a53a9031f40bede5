import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type AlertAction,
  alertState,
  dueOf,
  type Finding,
  findingIdOf,
  fingerprintOf,
  type InhibitedBy,
  type Silence,
} from '../../services/alerts/findings/index.js';

const fingerprint = fingerprintOf('', 'spike', ['acme', '198.51.100.1']);
const finding = (change: Partial<Finding> = {}): Finding => ({
  id: findingIdOf(fingerprint, '00000000-0000-7000-8000-000000000001'),
  fingerprint,
  version: 1,
  organizationId: 'acme',
  owner: '',
  rule: { id: 'spike', version: 'v', title: 'Spike', author: '', level: 'high' },
  group: { names: ['ip'], values: ['198.51.100.1'] },
  firstHitId: '00000000-0000-7000-8000-000000000001',
  firstHitUs: 100,
  firstSeenUs: 50,
  lastSeenUs: 200,
  endsUs: 500,
  resolvesUs: 1_000,
  hits: 3,
  events: 8,
  eventIds: [],
  successor: undefined,
  ...change,
});
const action = (kind: AlertAction['kind'], atUs: number, note = ''): AlertAction => ({ kind, atUs, note });
const at = (nowUs: number, actions: AlertAction[] = [], change: Partial<Finding> = {}, silences: Silence[] = []) =>
  alertState({ finding: finding(change), actions, silences, nowUs });
const silence = (change: Partial<Silence> = {}): Silence => ({
  id: 'quiet',
  organizationId: '',
  matchers: [{ name: 'ip', comparison: 'glob', value: '198.51.*' }],
  startsUs: 300,
  endsUs: 2_000,
  ...change,
});

describe('the state of an alert', () => {
  test('is open, then resolved when nothing can belong to it any more', () => {
    assert.equal(at(999).status, 'open');
    assert.deepEqual([at(1_000).status, at(1_000).sinceUs], ['resolved', 1_000]);
  });

  test('follows what people do, in the order of time, whatever the order of the rows', () => {
    const actions = [action('unacknowledged', 400), action('acknowledged', 300), action('assigned', 350, 'ada')];
    assert.deepEqual([at(299, actions).status, at(299, actions).assignedTo], ['open', '']);
    assert.deepEqual([at(350, actions).status, at(350, actions).assignedTo], ['acknowledged', 'ada']);
    assert.deepEqual([at(400, actions).status, at(400, actions).sinceUs], ['open', 400]);
  });

  test('resolved by a person, it opens again when it is hit again, and may be opened by hand', () => {
    const resolved = [action('resolved', 300)];
    assert.equal(at(400, resolved).status, 'resolved');
    assert.equal(at(400, resolved, { lastSeenUs: 350 }).status, 'open');
    assert.equal(at(400, [...resolved, action('reopened', 390)]).status, 'open');
    assert.equal(at(1_200, [action('resolved', 300), action('reopened', 1_100)]).status, 'open');
  });

  test('of one that became part of another says so', () => {
    assert.equal(at(300, [], { successor: 'other' }).status, 'replaced');
  });

  test('a silence keeps it from being told while it lasts, and hinders neither hits nor resolving', () => {
    const now = (nowUs: number, change: Partial<Silence> = {}) => at(nowUs, [], {}, [silence(change)]);
    assert.deepEqual(now(299).silencedBy, []);
    assert.deepEqual(now(300).silencedBy, ['quiet']);
    assert.equal(now(1_000).status, 'resolved');
    assert.equal(dueOf(now(300), { repeatUs: 0, nowUs: 300 }), undefined);
    assert.equal(dueOf(now(299), { repeatUs: 0, nowUs: 299 })?.occasion, 'firing');
    assert.deepEqual(now(2_000).silencedBy, []);
    assert.deepEqual(now(300, { organizationId: 'other' }).silencedBy, []);
    assert.deepEqual(now(300, { matchers: [] }).silencedBy, [], 'a silence of nothing in particular is of nothing');
    const matchers = [
      { name: 'rule_id', comparison: 'equal' as const, value: 'spike' },
      { name: 'level', comparison: 'not_equal' as const, value: 'critical' },
    ];
    assert.deepEqual(now(300, { matchers }).silencedBy, ['quiet']);
  });

  test('is told once, and again when the repeat interval has passed', () => {
    const told = [action('notified', 200)];
    const due = (nowUs: number, repeatUs: number, actions = told) =>
      dueOf(at(nowUs, actions), { repeatUs, nowUs })?.occasion;
    assert.equal(due(200, 0, []), 'firing');
    assert.equal(due(900, 0), undefined);
    assert.equal(due(299, 100), undefined);
    assert.equal(due(300, 100), 'repeat 200');
    assert.equal(due(400, 100, [...told, action('acknowledged', 250)]), undefined, 'somebody is at it');
  });

  test('hit again after somebody resolved it, it is told once more, and can be resolved and acknowledged again', () => {
    const told = [action('notified', 200), action('resolved', 300)];
    const state = (actions: AlertAction[], lastSeenUs: number) => at(600, [...told, ...actions], { lastSeenUs });
    const due = (actions: AlertAction[], lastSeenUs: number) =>
      dueOf(state(actions, lastSeenUs), { repeatUs: 0, nowUs: 600 });
    assert.deepEqual(due([], 200), { news: 'resolved', occasion: 'resolved 300' });
    assert.equal(due([action('notified', 310, 'resolved')], 200), undefined);
    assert.deepEqual(due([action('notified', 310, 'resolved')], 400), { news: 'firing', occasion: 'again 300' });
    assert.deepEqual(due([], 400), { news: 'firing', occasion: 'again 300' });
    assert.equal(due([action('notified', 310, 'resolved'), action('notified', 410, 'again')], 400), undefined);
    assert.equal(state([action('resolved', 500)], 400).status, 'resolved');
    assert.equal(state([action('acknowledged', 500)], 400).status, 'acknowledged');
    assert.equal(state([action('acknowledged', 301)], 200).status, 'resolved', 'nobody saw it open by then');
    assert.equal(state([action('commented', 500)], 400).sinceUs, 400);
  });

  test('acknowledged, ended by itself and opened again, it is open', () => {
    const actions = [action('acknowledged', 300), action('reopened', 1_100)];
    assert.deepEqual([at(1_200, actions).status, at(1_200, actions).sinceUs], ['open', 1_100]);
  });

  test('is kept quiet by another rule’s about the same, of its own organization and owner', () => {
    const graver = finding({ id: 'g', rule: { ...finding().rule, id: 'breach', level: 'critical' } });
    const kept = (other: Finding, by: Partial<InhibitedBy> = {}) =>
      alertState({
        finding: finding(),
        others: [other],
        inhibitedBy: { rules: ['breach'], ...by },
        actions: [],
        silences: [],
        nowUs: 300,
      }).inhibitedBy;
    const elsewhere = { ...graver, group: { names: ['ip', 'actor.id'], values: ['203.0.113.1', 'a'] } };
    assert.deepEqual(kept(graver), ['g']);
    assert.deepEqual(kept(graver, { rules: ['other'] }), []);
    assert.deepEqual(kept({ ...graver, organizationId: 'other' }), []);
    assert.deepEqual(kept({ ...graver, owner: 'acme' }), []);
    assert.deepEqual(kept(elsewhere), []);
    assert.deepEqual(kept(elsewhere, { equal: [] }), ['g'], 'anything in the organization');
    assert.deepEqual(kept({ ...graver, group: { names: ['actor.id'], values: ['a'] } }), ['g'], 'nothing in common');
    assert.deepEqual(kept({ ...graver, group: { names: [], values: [] } }, { equal: ['ip'] }), []);
  });
});

describe('ids of findings', () => {
  test('tell rule, owner, group and first event apart, and are the same again', () => {
    const prints = [
      fingerprintOf('', 'spike', ['acme', 'a', 'b']),
      fingerprintOf('', 'spike', ['acme', 'a,b']),
      fingerprintOf('acme', 'spike', ['a', 'b']),
      fingerprintOf('', 'other', ['acme', 'a', 'b']),
    ];
    assert.equal(new Set(prints).size, 4);
    assert.match(finding().id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(findingIdOf(fingerprint, 'x'), findingIdOf(fingerprint, 'x'));
    assert.notEqual(findingIdOf(fingerprint, 'x'), findingIdOf(fingerprint, 'y'));
  });
});
