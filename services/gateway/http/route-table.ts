import type { FastifyInstance } from 'fastify';

/** Which methods a path knows: the router tells only whether one of them matches. */
export interface RouteTable {
  /** Of the routes that fit the path most narrowly, sorted. */
  methodsOf(path: string): string[];
  /** False where the router fell back to a wider route, because the narrowest one does not know the method. */
  isRouteOf(path: string, pattern: string | undefined): boolean;
}

interface Route {
  pattern: string;
  segments: string[];
  methods: string[];
}

/** Notes every route that is added from here on. */
export function createRouteTable(app: FastifyInstance): RouteTable {
  const routes: Route[] = [];
  const fixed = new Set<string>();
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ pattern: url, segments: url.split('/'), methods: [method].flat() });
    if (!/[:*]/.test(url)) fixed.add(url);
  });
  return {
    methodsOf(path) {
      const segments = path.split('/');
      const matching = routes.filter((route) => matches(route.segments, segments));
      const narrowest = matching
        .map(({ segments }) => narrowness(segments))
        .sort()
        .at(-1);
      const there = matching.filter((route) => narrowness(route.segments) === narrowest);
      return [...new Set(there.flatMap(({ methods }) => methods))].sort();
    },
    isRouteOf: (path, pattern) => pattern === path || !fixed.has(path),
  };
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.at(-1) !== '*' && pattern.length !== segments.length) return false;
  return pattern.every((part, at) => part === '*' || part === segments[at] || (part[0] === ':' && segments[at] !== ''));
}

/** A text that sorts as the router prefers: a word before a parameter before whatever comes, from the left. */
const narrowness = (segments: readonly string[]): string =>
  segments.map((part) => (part === '*' ? '0' : part[0] === ':' ? '1' : '2')).join('');
