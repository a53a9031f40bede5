import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fillPath, findPath, matchPath } from '../../services/console/src/router/paths.js';
import { changeQuery, readQuery, writeQuery } from '../../services/console/src/router/query.js';
import { createRouter, type Place } from '../../services/console/src/router/router.js';

describe('paths of the console', () => {
  test('carry any value there and back', () => {
    for (const id of ['usr_1', 'a/b', 'ä ?&#%', '..']) {
      assert.deepEqual(matchPath('/actors/:id', fillPath('/actors/:id', { id })), { id });
    }
  });

  test('prefer a word to a parameter, and fit as a whole', () => {
    const pages = [{ path: '/alerts/:id' }, { path: '/alerts/rules' }, { path: '/' }];
    assert.equal(findPath(pages, '/alerts/rules')?.page.path, '/alerts/rules');
    assert.equal(findPath(pages, '/alerts/17')?.page.path, '/alerts/:id');
    assert.equal(findPath(pages, '/')?.page.path, '/');
    assert.equal(findPath(pages, '/alerts/17/more'), undefined);
    assert.equal(findPath(pages, '/%ff'), undefined);
  });
});

describe('state in the address', () => {
  test('comes back as it was written, and stays legible', () => {
    const query = { q: ['action:auth.* -ip:10.0.0.0/8 & "x=1"'], 'not.actor': ['a', 'b,c'] };
    assert.deepEqual(readQuery(writeQuery(query)), query);
    assert.equal(writeQuery({ q: ['action:a b'] }), '?q=action:a+b');
  });

  test('names nothing that says nothing', () => {
    assert.deepEqual(changeQuery({ a: ['1'], b: ['2'] }, { a: undefined, b: ['', '3'], c: '' }), { b: ['3'] });
  });

  test('follows changes, steps back, and other paths', () => {
    const { place, back } = createPlace('/explore?q=a');
    const router = createRouter({ place });
    router.change({ outcome: ['failure', 'denied'] }, { push: true });
    assert.deepEqual(router.texts('outcome'), ['failure', 'denied']);
    router.go('/alerts?state=open');
    assert.deepEqual([router.path.value, router.text('q'), router.visits.value], ['/alerts', '', 1]);
    back();
    assert.deepEqual([router.path.value, router.text('q'), router.text('outcome')], ['/explore', 'a', 'failure']);
  });
});

/** A window's address and history, as far as the router knows them. */
function createPlace(first: string): { place: Place; back: () => void } {
  const origin = 'http://console.test';
  const visited = [new URL(first, origin)];
  let onBack = (): void => {};
  const place: Place = {
    get location() {
      return visited.at(-1)!;
    },
    history: {
      pushState: (_: unknown, __: string, url) => void visited.push(new URL(String(url), origin)),
      replaceState: (_: unknown, __: string, url) => void visited.splice(-1, 1, new URL(String(url), origin)),
    },
    addEventListener: (_, listener) => {
      onBack = listener;
    },
  };
  return {
    place,
    back: () => {
      visited.pop();
      onBack();
    },
  };
}
