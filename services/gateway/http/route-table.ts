import type { FastifyInstance } from 'fastify';

/** Which methods a path knows: the router tells only whether one of them matches. */
export interface RouteTable {
  methodsOf(path: string): string[];
}

/** Notes every route that is added from here on. */
export function createRouteTable(app: FastifyInstance): RouteTable {
  const routes: { segments: string[]; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ segments: url.split('/'), methods: [method].flat() });
  });
  return {
    methodsOf(path) {
      const segments = path.split('/');
      const matching = routes.filter((route) => matches(route.segments, segments));
      return [...new Set(matching.flatMap(({ methods }) => methods))].sort();
    },
  };
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.at(-1) !== '*' && pattern.length !== segments.length) return false;
  return pattern.every((part, at) => part === '*' || part === segments[at] || (part[0] === ':' && segments[at] !== ''));
}
