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

  test('stays while what was typed would be lost, and goes on once it may', () => {
    const { place, back } = createPlace('/keys');
    const router = createRouter({ place });
    router.go('/silences');
    router.change({ new: 'yes' }, { push: true });
    let typed = true;
    let asked = 0;
    const free = router.hold(() => {
      asked++;
      return typed;
    });
    back();
    assert.deepEqual([router.text('new'), place.location.search, asked], ['yes', '?new=yes', 1]);
    typed = false;
    back();
    assert.deepEqual([router.path.value, router.text('new')], ['/silences', '']);
    typed = true;
    free();
    back();
    assert.equal(router.path.value, '/keys');
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
  const entry = (url: string, state: unknown) => ({ url: new URL(url, origin), state });
  let [entries, at] = [[entry(first, null)], 0];
  let onMoved = (): void => {};
  const go = (delta: number): void => {
    at += delta;
    onMoved();
  };
  const place: Place = {
    get location() {
      return entries[at]!.url;
    },
    history: {
      get state() {
        return entries[at]!.state;
      },
      go,
      pushState: (state, _, url) => {
        entries = [...entries.slice(0, ++at), entry(url, state)];
      },
      replaceState: (state, _, url) => {
        entries[at] = entry(url, state);
      },
    },
    addEventListener: (_, listener) => {
      onMoved = listener;
    },
  };
  return { place, back: () => go(-1) };
}
