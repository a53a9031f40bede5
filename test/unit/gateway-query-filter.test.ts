import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createBind } from '../../services/core/sql/bind.js';
import { inRange, parseIpRange } from '../../services/core/sql/ip-range.js';
import { decodeEvent } from '../../services/core/wire/index.js';
import { Problem } from '../../services/gateway/errors.js';
import { filterSql, matches, readFilter, readParameters } from '../../services/gateway/query/filter.js';
import { filterFields } from '../../services/gateway/query/filter-fields.js';
import { inTenant } from '../../services/gateway/query/scope.js';
import { tenantOf } from '../../services/gateway/query/tenant.js';
import { eventParts, nowMs } from '../support/judging.js';

const read = (given: Record<string, unknown>) => readFilter(readParameters(given), { nowMs });
const passes = (given: Record<string, unknown>, input: Parameters<typeof eventParts>[0] = {}): boolean =>
  matches(read(given), decodeEvent(eventParts(input)));

describe('a filter', () => {
  test('never writes a value into SQL: every value is a parameter', () => {
    const evil = "x') OR 1=1 --";
    const given: Record<string, unknown> = {};
    for (const { names } of filterFields) given[names[0]!] = evil;
    Object.assign(given, {
      actor_type: 'user',
      outcome: 'denied',
      success: true,
      kind: 'event',
      scope: 'organization',
    });
    Object.assign(given, { ip: '10.0.0.0/8', from: 1, to: 2 });
    const quoted = JSON.stringify(evil);
    const named = ['action', 'actor', 'target', 'related', 'message', 'details.a', `details.${quoted}`, 'after.b'];
    given.q = `${quoted} ${named.map((name) => `${name}:${quoted} ${name}:*1=1*`).join(' ')}`;
    const bind = createBind();
    const sql = filterSql(read(given), bind).join(' AND ');
    assert.ok(!sql.includes('1=1'));
    for (const value of [evil, evil.toLowerCase(), '%1=1%']) assert.ok(Object.values(bind.params).includes(value));
    for (const name of Object.keys(bind.params)) assert.ok(sql.includes(`{${name}:`));
  });

  test('finds an action by any part of it, in any case, and by its alias', () => {
    assert.ok(passes({ action: 'LOGIN' }) && passes({ event: 'auth.' }) && passes({ action: ['x', 'log'] }));
    assert.ok(!passes({ action: 'logout' }));
  });

  test('takes a category by its whole name', () => {
    assert.ok(passes({ category: 'auth' }) && passes({ category: 'member,AUTH' }));
    assert.ok(!passes({ category: 'aut' }));
  });

  test('finds an actor by exact id or email', () => {
    const input = { actor: { id: 'usr_9', email: 'ada@example.org' } };
    for (const actor of ['usr_9', 'ada@example.org'])
      assert.ok(passes({ actor }, input) && passes({ user: actor }, input));
    assert.ok(!passes({ actor: 'usr_' }, input));
  });

  test('takes success as the outcome success, and its opposite as any other', () => {
    for (const outcome of ['failure', 'denied', 'validation_failed', 'partial'] as const) {
      assert.ok(passes({ success: 'false' }, { outcome }) && !passes({ success: 'true' }, { outcome }));
    }
    assert.ok(passes({ success: true }) && !passes({ success: false }));
  });

  test('includes the beginning of a time range and excludes its end', () => {
    const occurred_at = '2026-01-01T00:00:00.000001Z';
    assert.ok(passes({ from: occurred_at }, { occurred_at }));
    assert.ok(!passes({ to: occurred_at }, { occurred_at }));
    assert.ok(passes({ from: Date.UTC(2026, 0, 1), to: '2026-01-01T00:00:00.000002Z' }, { occurred_at }));
  });

  test('reads an offset whose plus sign was not written as %2B', () => {
    const occurred_at = '2026-01-01T00:00:00Z';
    assert.ok(passes({ from: '2026-01-01T02:00:00 02:00', to: '2026-01-01T02:00:01 02:00' }, { occurred_at }));
  });

  test('counts a preset back from now', () => {
    const ago = (ms: number) => ({ occurred_at: new Date(nowMs - ms).toISOString() });
    assert.ok(passes({ preset: '24h' }, ago(86_399_000)) && !passes({ preset: '24h' }, ago(86_401_000)));
    assert.ok(passes({ preset: '30d' }, ago(29 * 86_400_000)));
  });

  test('refuses by name what it does not know, what is given twice, and what is no value', () => {
    const refused = (given: Record<string, unknown>, parameter: string): void =>
      assert.throws(
        () => read(given),
        (error) => error instanceof Problem && error.errors[0]!.parameter === parameter,
      );
    refused({ colour: 'red' }, 'colour');
    refused({ __proto__x: 'y' }, '__proto__x');
    refused({ resource_id: 'a', target_id: 'b' }, 'resource_id');
    refused({ actor: '' }, 'actor');
    refused({ actor: [] }, 'actor');
    refused({ actor: null }, 'actor');
    refused({ actor: 'a\ud800' }, 'actor');
    refused({ actor: 'a\0' }, 'actor');
    refused({ outcome: 'denied,,failure' }, 'outcome');
    refused({ target_id: Array.from({ length: 101 }, (_, n) => `t${n}`) }, 'target_id');
  });
});

describe('an address range', () => {
  const contains = (range: string, address: string): boolean => {
    const { low } = parseIpRange(address)!;
    return inRange(low, parseIpRange(range)!);
  };

  test('holds the addresses of its prefix and no other', () => {
    assert.ok(contains('10.1.2.3', '10.1.2.3') && !contains('10.1.2.3', '10.1.2.4'));
    assert.ok(contains('10.1.2.3/25', '10.1.2.127') && !contains('10.1.2.3/25', '10.1.2.128'));
    assert.ok(contains('0.0.0.0/0', '255.255.255.255') && !contains('0.0.0.0/0', '::1'));
    assert.ok(contains('2001:db8::/33', '2001:db8:7fff::1') && !contains('2001:db8::/33', '2001:db8:8000::1'));
    assert.ok(contains('::ffff:10.0.0.0/104', '10.200.0.1'), 'a mapped block is its v4 block');
  });

  test('is refused where it is none', () => {
    for (const text of [
      '',
      '10.0.0',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '::/129',
      '::ffff:10.0.0.0/95',
      'fe80::1%eth0',
      '/8',
    ]) {
      assert.equal(parseIpRange(text), undefined, text);
    }
  });
});

describe('the tenant', () => {
  test('is what the credential permits, narrowed by what is asked for and never widened', () => {
    const organizations = (...args: Parameters<typeof tenantOf>): unknown => {
      const scope = tenantOf(...args);
      return scope.kind === 'organizations' && scope.organizations;
    };
    assert.deepEqual(organizations({ permitted: ['a', 'b'] }), ['a', 'b']);
    assert.deepEqual(organizations({ permitted: ['a', 'b'], header: 'b' }), ['b']);
    assert.deepEqual(organizations({ permitted: ['a', 'b'], asked: ['a'] }), ['a']);
    assert.deepEqual(organizations({ permitted: '*', header: 'x', asked: ['x'] }), ['x']);
    assert.equal(organizations({ permitted: '*' }), '*');
    for (const asked of [
      { permitted: ['a'], header: 'b' },
      { permitted: ['a'], asked: ['a', 'b'] },
      { permitted: ['a', 'b'], header: 'a', asked: ['b'] },
      { permitted: '*' as const, header: 'a', asked: ['b'] },
      { permitted: [], header: 'a' },
      { permitted: ['a'], header: '*' },
    ]) {
      assert.throws(() => tenantOf(asked), { kind: 'forbidden' });
    }
  });

  test('of an event in memory is told as the table tells it', () => {
    const { body } = decodeEvent(eventParts({ organization_id: 'a' }));
    assert.ok(inTenant({ kind: 'organizations', organizations: '*' }, body));
    assert.ok(!inTenant({ kind: 'organizations', organizations: [] }, body));
    assert.ok(!inTenant({ kind: 'system' }, body));
    const system = decodeEvent(eventParts({ organization_id: 'a', scope: 'system' })).body;
    assert.ok(!inTenant({ kind: 'organizations', organizations: '*' }, system));
    assert.ok(inTenant({ kind: 'system' }, system));
  });
});
