import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { translated } from '../../services/gateway/aliases.js';
import { Problem } from '../../services/gateway/errors.js';

const query = (theirs: Record<string, unknown>) => translated(theirs).query;

describe('the parameters of other products', () => {
  test('become ours, a list staying a list', () => {
    assert.deepEqual(query({ userId: 'usr_1', resourceType: 'host', resourceId: ['a', 'b'] }), {
      actor: 'usr_1',
      target_type: 'host',
      target_id: ['a', 'b'],
    });
    assert.deepEqual(query({ actions: 'auth.login,member.added' }), { action: 'auth.login,member.added' });
    assert.deepEqual(query({ action_type: 'host.update', action_kind: 'stateful', pageSize: '50' }), {
      action: 'host.update',
      kind: 'stateful',
      per_page: '50',
    });
  });

  test('that are ours already, or nobody’s, pass as they are', () => {
    const theirs = { actor: 'a', outcome: 'denied', colour: 'blue', page: '2' };
    assert.deepEqual(query(theirs), theirs);
  });

  test('that are empty are left out, as their documentation writes "any"', () => {
    assert.deepEqual(query({ page: '', per_page: '', action: 'login', actor: ['', ''] }), { action: 'login' });
  });

  test('a day that ends a range belongs to it; an instant ends it', () => {
    assert.deepEqual(query({ startDate: '2026-01-01', endDate: '2026-01-31' }), {
      from: '2026-01-01',
      to: '2026-02-01',
    });
    assert.deepEqual(query({ endDate: '2026-12-31' }), { to: '2027-01-01' });
    assert.deepEqual(query({ endDate: '2026-01-31T12:00:00Z' }), { to: '2026-01-31T12:00:00Z' });
    assert.deepEqual(query({ endDate: '2026-02-31' }), { to: '2026-02-31' }, 'no day, and refused as none');
  });

  test('outcomes are said in our words', () => {
    assert.deepEqual(query({ status: 'SUCCESS' }), { outcome: 'success' });
    assert.deepEqual(query({ outcome: 'failed,denied' }), { outcome: 'failure,denied' });
  });

  test('a search is for the words, whatever the query language would make of them', () => {
    assert.deepEqual(query({ search: 'a "b" OR \\c:d' }), { q: '"a \\"b\\" OR \\\\c:d"' });
  });

  test('two names of one parameter are refused, by the name that came second', () => {
    assert.throws(
      () => query({ userId: 'a', actor: 'b' }),
      (error: unknown) => error instanceof Problem && error.errors[0]?.parameter === 'actor',
    );
  });
});
