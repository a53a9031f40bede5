import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CorrelationRule } from '../../services/alerts/rules/index.js';
import type { EventInput } from '../../services/core/event/index.js';
import { faultsOf, matches, rulesOf } from '../support/rules.js';

const correlationOf = (text: string): CorrelationRule => rulesOf(text).at(-1) as CorrelationRule;
const filter = (of: string): string => `{"name": "r", "filter": ${of}}`;

describe('the simple form of a rule', () => {
  test('with a filter alone finds every event that it lets through', () => {
    const [rule] = rulesOf(
      '{"name": "Failed logins", "filter": {"action": "auth.failed"}, "actions": ["email", "slack"]}',
    );
    assert.equal(rule!.kind, 'detection');
    assert.equal(rule!.text.title, 'Failed logins');
    assert.deepEqual(rule!.actions, ['email', 'slack']);
    assert.equal(rule!.alerts, true);
  });

  test('with a condition counts them in a window and by group, in every usual spelling', () => {
    const spellings = [
      '"condition": {"count": "> 5", "window": "5m", "groupBy": "user"}',
      '"condition": {"count": {">": 5}, "window": "5m", "groupBy": ["user"]}',
      '"condition": {"count": {"gt": 5}, "window": "5m", "groupBy": "user"}',
      '"condition": {"count >": 5, "window": "5m", "groupBy": "user"}',
      'condition: {count > 5, window: "5m", groupBy: user}',
      '"condition": "count > 5", "window": "5m", "groupBy": "user"',
      '"condition": "count>5", "window": "5m", "group_by": "user"',
    ];
    const read = spellings.map((condition) =>
      correlationOf(`{"name": "r", "filter": {"action": "auth.failed"}, ${condition}, "actions": ["webhook"]}`),
    );
    for (const rule of read) assert.equal(rule.version, read[0]!.version);
    const { correlation, actions, alerts } = read[0]!;
    assert.deepEqual(correlation.condition, [{ comparison: 'gt', value: 5 }]);
    assert.equal(correlation.timespanUs, 300_000_000);
    assert.deepEqual(
      correlation.groupBy.map(({ name }) => name),
      ['user'],
    );
    assert.deepEqual([actions, alerts], [['webhook'], true]);
  });

  test('a bare count is the least, and distinct values can be counted', () => {
    const count = correlationOf('{"name": "r", "filter": {"action": "a"}, "condition": {"count": 5, "window": "1h"}}');
    assert.deepEqual(count.correlation.condition, [{ comparison: 'gte', value: 5 }]);
    const distinct = correlationOf(
      '{"name": "r", "filter": {"action": "a"}, "condition": {"distinct": "user", "count": ">= 9", "window": "1h", "groupBy": "ip"}}',
    );
    assert.equal(distinct.correlation.type, 'value_count');
    assert.deepEqual(
      distinct.correlation.values.map(({ name }) => name),
      ['user'],
    );
  });

  test('the part that filters is no rule of its own', () => {
    const [below, rule] = rulesOf(
      '{"name": "r", "id": "r", "filter": {"action": "a"}, "condition": {"count": 5, "window": "1h"}}',
    );
    assert.deepEqual([below!.alerts, rule!.alerts, rule!.id], [false, true, 'r']);
  });

  test('filters mean what they mean in a list of events', () => {
    const holds = (of: string, event: Partial<EventInput>): boolean => matches(filter(of), event);
    assert.ok(holds('{"action": "auth.failed"}', { action: 'auth.login_failed' }), 'by an alias of the catalogue');
    assert.ok(holds('{"action": "login"}', { action: 'auth.login' }), 'by a part of the name');
    assert.ok(holds('{"user": "ada@example.com"}', { actor: { email: 'ada@example.com' } }));
    assert.ok(holds('{"user": "usr_1"}', { actor: { id: 'usr_1' } }));
    assert.ok(!holds('{"user": "USR_1"}', { actor: { id: 'usr_1' } }), 'ids are compared letter by letter');
    assert.ok(holds('{"success": false, "category": "AUTH"}', { action: 'auth.login', outcome: 'denied' }));
    assert.ok(holds('{"ip": ["10.0.0.0/8", "::1"]}', { ip: '10.2.3.4' }));
    assert.ok(holds('{"resource_type": "*"}', { target: { type: '*' } }), 'a star is a star');
    assert.ok(!holds('{"resource_type": "*"}', { target: { type: 'project' } }));
  });

  test('other fields may be named too, with modifiers', () => {
    const text = filter('{"action": "transfer", "details.amount|gte": 1000, "user_agent|contains": "curl"}');
    assert.ok(matches(text, { action: 'money.transfer', details: { amount: 1000 }, user_agent: 'curl/8' }));
    assert.ok(!matches(text, { action: 'money.transfer', details: { amount: 999 }, user_agent: 'curl/8' }));
  });

  test('what cannot be is refused, with its place', () => {
    const fault = (text: string): string => faultsOf(text)[0]!;
    assert.match(fault(filter('{"acton": "x"}')), /^1:26 unknown_field "acton" is no field of an event/);
    assert.match(fault(filter('{"from": "2026-01-01"}')), /^1:34 unsupported filter: from makes no sense in a rule/);
    assert.match(fault(filter('{"outcome": "bad"}')), /invalid outcome "bad" is none of success, failure/);
    assert.match(fault(filter('{"q": "a AND b"}')), /unsupported filter: q is not supported/);
    assert.match(fault(filter('{}')), /invalid filter is empty/);
    const condition = (of: string): string => fault(`{"name": "r", "filter": {"action": "a"}, "condition": ${of}}`);
    assert.match(condition('{"count": "> 5"}'), /^1:56 missing condition: window is missing, for example "5m"$/);
    assert.match(condition('{"count": "many", "window": "5m"}'), /invalid condition "count many": write count > 5/);
    assert.match(
      condition('{"count": 5, "sum": 6, "window": "5m"}'),
      /unknown_key condition has no "sum" beside the count/,
    );
    assert.match(condition('{"count": 5, "window": "99d"}'), /limit condition: window 99d is over the limit of 30d/);
    assert.match(fault('{"name": "r", "filter": {"action": "a"}, "when": 1}'), /unknown_key a rule has no "when"/);
  });
});
