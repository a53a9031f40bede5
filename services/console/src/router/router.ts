import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { changeQuery, type Query, type QueryChange, readQuery, writeQuery } from './query.js';

/** What the router needs of a window. */
export interface Place {
  readonly location: { readonly pathname: string; readonly search: string; readonly origin: string };
  readonly history: Record<'pushState' | 'replaceState', (state: unknown, unused: string, url: string) => void> & {
    readonly state: unknown;
    go(delta: number): void;
  };
  addEventListener(type: 'popstate', listener: () => void): void;
}

export interface Router {
  readonly path: ReadonlySignal<string>;
  readonly query: ReadonlySignal<Query>;
  /** Grows with every navigation to another path, so that focus can follow. */
  readonly visits: ReadonlySignal<number>;
  /** To a path of the console, with its query. */
  go(to: string, how?: { replace?: boolean }): void;
  /** Changes names of the query and leaves the others. Replaces unless `push` says that it is a step worth going back over. */
  change(change: QueryChange, how?: { push?: boolean }): void;
  /** The first value of a name; '' where it is not there. */
  text(name: string): string;
  texts(name: string): readonly string[];
  /** The address that a change would lead to, for links. */
  href(change: QueryChange, path?: string): string;
  /** Until what it gives back is called: the browser's Back and Forth lead away only where `refuses` does not say otherwise. */
  hold(refuses: () => boolean): () => void;
}

/** Where an entry stands among those of this page, as it is remembered with it. */
const placeOf = (state: unknown): number =>
  typeof state === 'object' && state !== null && 'at' in state && typeof state.at === 'number' ? state.at : 0;

export function createRouter({ place }: { place: Place }): Router {
  const path = signal(place.location.pathname);
  const query = signal<Query>(readQuery(place.location.search));
  const visits = signal(0);

  const read = (): void => {
    if (place.location.pathname !== path.peek()) visits.value++;
    path.value = place.location.pathname;
    query.value = readQuery(place.location.search);
  };
  let at = placeOf(place.history.state);
  const holds = new Set<() => boolean>();
  place.addEventListener('popstate', () => {
    const by = placeOf(place.history.state) - at;
    if (by !== 0 && [...holds].some((refuses) => refuses())) {
      place.history.go(-by);
      return;
    }
    at += by;
    read();
  });

  const go: Router['go'] = (to, { replace = false } = {}) => {
    const { pathname, search } = new URL(to, place.location.origin);
    if (pathname + search === place.location.pathname + place.location.search) return;
    if (!replace) at++;
    place.history[replace ? 'replaceState' : 'pushState']({ at }, '', pathname + search);
    read();
  };
  const href: Router['href'] = (change, to = path.value) => to + writeQuery(changeQuery(query.value, change));

  return {
    path: computed(() => path.value),
    query: computed(() => query.value),
    visits: computed(() => visits.value),
    go,
    href,
    change: (change, { push = false } = {}) =>
      go(path.peek() + writeQuery(changeQuery(query.peek(), change)), { replace: !push }),
    text: (name) => query.value[name]?.[0] ?? '',
    texts: (name) => query.value[name] ?? [],
    hold(refuses) {
      holds.add(refuses);
      return () => holds.delete(refuses);
    },
  };
}
