import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Change, type EntityState, stateAfter } from '../../services/gateway/query/insight/entity-state.js';

let made = 0;
const change = (given: Partial<Change> = {}): Change => {
  made += 1;
  return {
    id: `e${made}`,
    action: 'thing.updated',
    occurredUs: made,
    partly: false,
    erased: false,
    before: undefined,
    after: undefined,
    ...given,
  };
};
const status = (state: EntityState) => [state.status, state.value];

describe('the state of an entity', () => {
  const created = change({ action: 'thing.created', after: { name: 'a', role: 'viewer' } });

  test('is exact where the newest change states it', () => {
    assert.deepEqual(status(stateAfter([created], undefined)), ['exact', { name: 'a', role: 'viewer' }]);
    const whole = change({ before: { name: 'a', role: 'viewer' }, after: { name: 'b', role: 'viewer' } });
    const state = stateAfter([created, whole], undefined);
    assert.deepEqual(status(state), ['exact', { name: 'b', role: 'viewer' }]);
    assert.deepEqual(
      state.basis.map(({ id, used }) => [id, used]),
      [[whole.id, 'after']],
    );
  });

  test('stays exact where the next change found it so', () => {
    const next = change({ before: { role: 'viewer' }, after: { role: 'admin' } });
    assert.equal(stateAfter([created], next).status, 'exact');
    assert.equal(stateAfter([created], change({ after: { role: 'admin' } })).status, 'exact');
    assert.equal(stateAfter([created], change({ erased: true })).status, 'exact');
  });

  test('is approximate where the next change found another: something between is not recorded', () => {
    const state = stateAfter([created], change({ before: { role: 'owner' }, after: { role: 'viewer' } }));
    assert.deepEqual(status(state), ['approximate', { name: 'a', role: 'viewer' }]);
    assert.match(state.reason, /another role/);
  });

  test('is approximate where it is put together from changes that each tell a part', () => {
    const role = change({ before: { role: 'viewer' }, after: { role: 'admin' } });
    const state = stateAfter([created, role], undefined);
    assert.deepEqual(status(state), ['approximate', { name: 'a', role: 'admin' }]);
    assert.deepEqual(
      state.basis.map(({ id }) => id),
      [created.id, role.id],
    );
  });

  test('knows a member that was taken away from one that was not touched', () => {
    const removed = change({ before: { name: 'a', role: 'viewer' }, after: { name: 'a' } });
    assert.deepEqual(status(stateAfter([created, removed], undefined)), ['exact', { name: 'a' }]);
    const silent = change({ after: { name: 'b' } });
    assert.deepEqual(status(stateAfter([created, silent], undefined)), ['approximate', { name: 'b', role: 'viewer' }]);
  });

  test('takes a change that stands alone at its word, and adds what the next one knows', () => {
    const role = change({ before: { role: 'viewer' }, after: { role: 'admin' } });
    assert.deepEqual(status(stateAfter([role], undefined)), ['exact', { role: 'admin' }]);
    const state = stateAfter([role], change({ before: { role: 'admin', name: 'a' }, after: { name: 'b' } }));
    assert.deepEqual(status(state), ['approximate', { role: 'admin', name: 'a' }]);
    assert.deepEqual(
      state.basis.map(({ used }) => used),
      ['after', 'before'],
    );
  });

  test('is what the next change found, where nothing before is recorded', () => {
    const next = change({ before: { role: 'viewer' }, after: { role: 'admin' } });
    const state = stateAfter([], next);
    assert.deepEqual(status(state), ['approximate', { role: 'viewer' }]);
    assert.deepEqual(
      state.basis.map(({ id, used }) => [id, used]),
      [[next.id, 'before']],
    );
  });

  test('is unavailable where nothing tells it', () => {
    assert.deepEqual(status(stateAfter([], undefined)), ['unavailable', undefined]);
    assert.deepEqual(status(stateAfter([], created)), ['unavailable', undefined]);
    assert.match(stateAfter([], undefined).reason, /no change/);
    const mute = change({ before: { role: 'viewer' } });
    assert.match(stateAfter([created, mute], undefined).reason, /what came of it/);
    assert.ok(!('value' in stateAfter([created, mute], undefined)));
  });

  test('is unavailable where the newest change was erased, unless the next one tells', () => {
    const erased = change({ erased: true });
    assert.match(stateAfter([created, erased], undefined).reason, /erased/);
    assert.equal(stateAfter([created, erased], change({ erased: true, before: { role: 'x' } })).status, 'unavailable');
    const state = stateAfter([created, erased], change({ before: { name: 'c', role: 'viewer' } }));
    assert.deepEqual(status(state), ['approximate', { name: 'c', role: 'viewer' }]);
  });

  test('is not put together across an erased change', () => {
    const role = change({ before: { role: 'x' }, after: { role: 'admin' } });
    assert.deepEqual(status(stateAfter([created, change({ erased: true }), role], undefined)), [
      'exact',
      { role: 'admin' },
    ]);
  });

  test('is null where the entity was deleted', () => {
    for (const action of ['thing.deleted', 'member.removed', 'server.bulk_deleted', 'policy.unset']) {
      const gone = change({ action, before: { role: 'viewer' } });
      assert.deepEqual(status(stateAfter([created, gone], undefined)), ['exact', null], action);
    }
    const again = change({ action: 'thing.created', after: { name: 'z' } });
    const gone = change({ action: 'thing.deleted', before: {} });
    assert.deepEqual(status(stateAfter([created, gone, again], undefined)), ['exact', { name: 'z' }]);
    const found = stateAfter([created, gone], change({ before: { name: 'a' }, after: { name: 'b' } }));
    assert.deepEqual(status(found), ['approximate', null]);
    const marked = change({ action: 'member.removed', after: { status: 'removed', name: 'a', role: 'viewer' } });
    assert.deepEqual(stateAfter([created, marked], undefined).value, { status: 'removed', name: 'a', role: 'viewer' });
    assert.deepEqual(status(stateAfter([change({ after: null })], undefined)), ['exact', null]);
  });

  test('is approximate behind a change that was carried out in part', () => {
    const half = change({ partly: true, before: { name: 'a', role: 'viewer' }, after: { name: 'b', role: 'admin' } });
    const state = stateAfter([created, half], undefined);
    assert.deepEqual(status(state), ['approximate', { name: 'b', role: 'admin' }]);
    assert.match(state.reason, /in part/);
  });

  test('may be of any JSON type', () => {
    assert.deepEqual(status(stateAfter([change({ after: 'on' })], undefined)), ['exact', 'on']);
    assert.deepEqual(status(stateAfter([change({ after: [1] }), change({ after: [2] })], undefined)), ['exact', [2]]);
    assert.deepEqual(status(stateAfter([change({ after: 'on' })], change({ before: 'off' }))), ['approximate', 'on']);
    assert.deepEqual(status(stateAfter([created, change({ after: false })], undefined)), ['exact', false]);
    assert.equal(
      stateAfter([change({ after: { a: [1, { b: 2 }] } })], change({ before: { a: [1, { b: 2 }] } })).status,
      'exact',
    );
  });

  test('is not confused by members that look inherited', () => {
    const hostile = JSON.parse('{"__proto__": {"role": "owner"}, "constructor": 1}');
    const state = stateAfter([change({ after: hostile }), change({ before: { x: 1 }, after: { x: 2 } })], undefined);
    assert.deepEqual(Object.keys(state.value as object).sort(), ['__proto__', 'constructor', 'x']);
    assert.equal((state.value as { role?: string }).role, undefined);
  });

  test('says at most twenty events that it comes from', () => {
    const parts = Array.from({ length: 40 }, (_, n) => change({ before: { [`k${n}`]: 0 }, after: { [`k${n}`]: 1 } }));
    const state = stateAfter(parts, undefined);
    assert.equal(state.basis.length, 20);
    assert.equal(Object.keys(state.value as object).length, 40);
  });

  test('is exact at every moment of a history that is recorded whole, and never wrong', () => {
    const document = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(document, { minLength: 1, maxLength: 8 }), (versions) => {
        const changes = versions.map((after, at) => change({ after, before: at === 0 ? undefined : versions[at - 1] }));
        for (let at = 0; at < changes.length; at += 1) {
          const state = stateAfter(changes.slice(0, at + 1), changes[at + 1]);
          assert.equal(state.status, 'exact');
          assert.deepEqual(state.value, versions[at]);
        }
      }),
    );
  });

  test('of a history whose changes tell only what they changed is right, and called exact only where one event states it', () => {
    const documents = fc.array(fc.record({ a: fc.nat(3), b: fc.nat(3), c: fc.nat(3) }, { noNullPrototype: true }), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(documents, (versions) => {
        const changes = versions.map((after, at) => {
          const before = versions[at - 1];
          if (!before) return change({ after });
          const names = (['a', 'b', 'c'] as const).filter((name) => before[name] !== after[name]);
          const only = (of: typeof after) => Object.fromEntries(names.map((name) => [name, of[name]]));
          return change({ before: only(before), after: only(after) });
        });
        for (let at = 0; at < changes.length; at += 1) {
          const state = stateAfter(changes.slice(0, at + 1), changes[at + 1]);
          assert.deepEqual(state.value, versions[at]);
          const told = Object.keys(changes[at]!.after as object).length;
          assert.equal(state.status, told === 3 ? 'exact' : 'approximate');
        }
      }),
    );
  });
});
