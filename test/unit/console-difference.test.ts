import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Difference, difference, tally } from '../../services/console/src/event/difference.js';

const signs = ({ inner }: Difference): Record<string, string> =>
  Object.fromEntries((inner ?? []).map(({ name, sign }) => [name, sign]));

describe('the difference of two states', () => {
  test('tells members that were added, removed, changed and left alone', () => {
    const found = difference({ role: 'viewer', active: true, old: 1 }, { role: 'admin', active: true, more: null });
    assert.deepEqual(signs(found), { role: '~', active: '=', old: '-', more: '+' });
    assert.deepEqual(tally(found), { '+': 1, '-': 1, '~': 1 });
    assert.equal(found.changes, 3);
  });

  test('goes into objects, whatever the order of their members', () => {
    const found = difference({ a: { x: 1, y: { z: [1] } } }, { a: { y: { z: [1] }, x: 2 } });
    assert.equal(found.inner![0]!.sign, '~');
    assert.deepEqual(signs(found.inner![0]!), { x: '~', y: '=' });
  });

  test('an item put in the middle of a list is that item alone', () => {
    const found = difference(['read', 'write'], ['read', 'delete', 'write']);
    assert.deepEqual(
      found.inner!.map(({ sign, after }) => [sign, after]),
      [
        ['=', 'read'],
        ['+', 'delete'],
        ['=', 'write'],
      ],
    );
  });

  test('items that changed in their place are compared with each other', () => {
    const found = difference([{ id: 1, on: true }, 'end'], [{ id: 1, on: false }, 'end']);
    assert.deepEqual(signs(found.inner![0]!), { id: '=', on: '~' });
    assert.deepEqual(tally(found), { '+': 0, '-': 0, '~': 1 });
  });

  test('what was made is all added, what was deleted all removed, an empty object too', () => {
    assert.deepEqual(tally(difference(undefined, { a: 1, b: { c: 2 } })), { '+': 2, '-': 0, '~': 0 });
    assert.deepEqual(tally(difference({ a: 1, b: [] }, undefined)), { '+': 0, '-': 2, '~': 0 });
    assert.deepEqual(tally(difference({ a: {} }, { a: {} })), { '+': 0, '-': 0, '~': 0 });
  });

  test('an object that became a text is one change, and names of the prototype are names', () => {
    const found = difference({ a: { b: 1 } }, { a: 'gone', constructor: 1 });
    assert.deepEqual(signs(found), { a: '~', constructor: '+' });
    assert.equal(found.inner![0]!.inner, undefined);
  });

  test('long lists are compared too', () => {
    const long = Array.from({ length: 5_000 }, (_, at) => at);
    assert.deepEqual(tally(difference(long, [...long.slice(0, 4_999), -1])), { '+': 0, '-': 0, '~': 1 });
    assert.deepEqual(tally(difference(long, long.slice(0, 10))), { '+': 0, '-': 4_990, '~': 0 });
  });
});
