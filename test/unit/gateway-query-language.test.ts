import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventInput } from '../../services/core/event/index.js';
import { decodeEvent, type WireEvent } from '../../services/core/wire/index.js';
import { Problem } from '../../services/gateway/errors.js';
import { matches, readFilter, readParameters } from '../../services/gateway/query/filter.js';
import { compileQuery } from '../../services/gateway/query/language/index.js';
import { eventParts } from '../support/judging.js';

const nowMs = Date.UTC(2026, 0, 31, 12);
const event = (input: Partial<EventInput>): WireEvent => decodeEvent(eventParts(input));
const fits = (q: string, input: Partial<EventInput>): boolean => compileQuery(q, { nowMs }).test(event(input));

const login: Partial<EventInput> = {
  occurred_at: '2026-01-31T08:00:00.000001Z',
  organization_id: 'acme',
  action: 'auth.login_failed',
  outcome: 'failure',
  reason: 'bad_password',
  actor: { id: 'usr_42', name: 'Ada Lovelace', email: 'Ada@Example.com' },
  target: { type: 'document', id: 'doc_7', name: 'Quarterly Report' },
  related: [{ type: 'project', id: 'prj_1' }],
  ip: '10.1.2.3',
  path: '/api/documents/7?full=1',
  message: 'Ada could not log in',
  user_agent: 'curl/8.5.0',
  details: {
    region: 'EU',
    attempts: 5,
    mfa: false,
    note: null,
    tags: ['red', 7, true],
    geo: { city: 'Köln', 'zip.code': '50667' },
    expires: '2026-03-01',
  },
};

describe('the query language', () => {
  const found = [
    'action:auth.*',
    'event:LOGIN',
    'action:"auth.login_failed"',
    'action:(member.added OR auth.login*)',
    'category:auth',
    'actor:usr_42',
    'actor:ada@example.com',
    'actor:usr_*',
    'email:*@EXAMPLE.com',
    'actor.name:lovelace',
    'actor.name:"Ada Lovelace"',
    'target:doc_7 target.type:document',
    'target:quarterly',
    'resource_id:doc_?',
    'related:prj_1',
    'related:project',
    'outcome:FAILURE',
    '-outcome:success',
    'success:false',
    'reason:bad_*',
    'ip:10.0.0.0/8',
    'ip:(192.168.0.1 10.1.2.3)',
    'ip:*',
    'path:/api/documents/7?full=1',
    'user_agent:CURL',
    'details.region:eu',
    'details.region:*',
    'details.attempts:5',
    'details.attempts:5.0',
    'details.attempts:>4',
    'details.attempts:[1 TO 5]',
    'details.mfa:false',
    'details.note:null',
    'details.tags:RED details.tags:7 details.tags:true',
    'details.geo.city:köln',
    'details.geo."zip.code":506*',
    'details.expires:<2026-04-01',
    'time:2026-01-31',
    'time:>=2026-01-31T08:00:00Z time:<2026-02-01',
    'time:>now-1d',
    'time:[2026-01-01 TO 2026-01-31]',
    'password',
    '"could not log in"',
    'lovelace failure',
    'auth.login_failed',
    'doc_7 -doc_8',
    '(success OR failure) AND NOT (member OR role)',
    'a OR b OR lovelace',
    'foo OR -bar',
    'correlation:* OR organization:acme',
    'user_42 OR usr\\_42',
    'NOT NOT usr_42',
  ];
  for (const q of found) test(`finds with ${q}`, () => assert.equal(fits(q, login), true));

  const missed = [
    'action:"auth.login"',
    'actor:USR_42',
    'actor:usr',
    'email:example.com',
    'target.type:doc',
    'outcome:success',
    'success:true',
    'ip:10.2.0.0/16',
    'details.region:e',
    'details.region:"E"',
    'details.attempts:"5"',
    'details.attempts:>5',
    'details.attempts:five',
    'details.mfa:true',
    'details.note:*x',
    'details.tags:blue',
    'details.geo:köln',
    'details.geo.city.x:*',
    'details.expires:>2026-04-01',
    'after.region:eu',
    'time:2026-01-30',
    'time:>2026-01-31',
    'time:<now-1d',
    'correlation:*',
    '-lovelace',
    'lovelace -failure',
    '"Lovelace Ada"',
    'NOT (usr_42 OR nobody)',
  ];
  for (const q of missed) test(`does not find with ${q}`, () => assert.equal(fits(q, login), false));

  test('takes a word as part of an action, as the parameter does, and quotes as the whole', () => {
    assert.equal(fits('action:auth.login', login), true);
    assert.equal(fits('action:auth.login', { action: 'auth.login' }), true);
    assert.equal(fits('action:"auth.login"', { action: 'auth.login' }), true);
  });

  test('takes an action by any name that it goes by', () => {
    assert.equal(fits('action:auth.failed', login), true);
    assert.equal(fits('event:failed_login', login), true);
    assert.equal(fits('action:login', { action: 'user.logged_in' }), true);
    assert.equal(fits('action:"auth.failed"', login), false);
    assert.equal(fits('action:auth.fail', login), false);
    const filter = readFilter(readParameters({ event: 'auth.failed' }), { nowMs });
    assert.deepEqual([matches(filter, event(login)), matches(filter, event({ action: 'auth.login' }))], [true, false]);
  });

  test('binds OR looser than words beside each other', () => {
    const both = { message: 'one two' };
    assert.equal(fits('one two OR three', both), true);
    assert.equal(fits('three OR one two', both), true);
    assert.equal(fits('(three OR one) four', both), false);
  });

  test('reads a document that JavaScript can and ClickHouse cannot as one without values', () => {
    for (const details of [
      '{"a":1,"b":1e400}',
      '{"a":1,"b":123456789012345678901234567890}',
      '{"a":1,"b":"\\ud800"}',
      'no JSON',
    ]) {
      const read = event({});
      read.content.details = details;
      assert.equal(compileQuery('details.a:1', { nowMs }).test(read), false, details);
    }
  });

  const bad: [q: string, at: number, says: RegExp][] = [
    ['foo:bar', 0, /"foo" is no field/],
    ['actor:', 0, /value is missing/],
    ['actor: x', 6, /value is missing/],
    ['(a OR b', 0, /never closed/],
    ['a)', 1, /nothing opened/],
    ['a OR', 4, /term is missing/],
    ['OR a', 0, /OR needs/],
    ['a AND AND b', 6, /AND needs/],
    ['"open', 0, /never closed/],
    ['""', 0, /empty/],
    ['a"b', 1, /middle of a word/],
    ['ip:10.0.0.0/33', 3, /CIDR/],
    ['ip:10.*', 3, /CIDR/],
    ['outcome:fine', 8, /none of success, failure/],
    ['success:maybe', 8, /true nor false/],
    ['id:12', 3, /UUID/],
    ['time:yesterday', 5, /RFC 3339/],
    ['time:>=*', 7, /wildcard/],
    ['actor:>5', 7, /cannot be compared/],
    ['details:x', 0, /details\.NAME/],
    ['details.a:[1 TO 2', 0, /never closed/],
    ['details.a:[1 2]', 0, /\[from TO to\]/],
    ['action:()', 0, /list of values is empty/],
    ['x\\', 1, /escapes nothing/],
    ['*a*b*c*d*e*f*g*h*i*j*k*l*m*n*o*p*q', 0, /wildcards/],
    ['x '.repeat(101), 200, /100 terms/],
    ['('.repeat(60), 33, /nested/],
    ['-'.repeat(60), 33, /nested/],
    ['y'.repeat(5_000), 4_096, /longer than 4096/],
    ['   ', 3, /term is missing/],
  ];
  for (const [q, at, says] of bad) {
    test(`says where ${JSON.stringify(q.slice(0, 40))} is wrong`, () => {
      assert.throws(
        () => readFilter(readParameters({ q }), { nowMs }),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.equal(error.kind, 'invalid-request');
          assert.match(error.message, says);
          assert.equal(error.errors[0]!.parameter, 'q');
          assert.equal(error.errors[0]!.position!.start, at, error.message);
          return true;
        },
      );
    });
  }

  test('is slow for no pattern: a hostile one is answered like any other', () => {
    const began = process.cpuUsage().user;
    const text = 'a'.repeat(4_096);
    assert.equal(fits(`message:${'a*'.repeat(15)}b`, { message: text }), false);
    assert.ok(process.cpuUsage().user - began < 2_000_000);
  });

  test('is one filter among the others', () => {
    const filter = readFilter(readParameters({ q: 'lovelace', outcome: 'failure' }), { nowMs });
    assert.equal(matches(filter, event(login)), true);
    assert.equal(matches(filter, event({ ...login, outcome: 'success' })), false);
  });
});
