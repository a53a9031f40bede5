import type { FastifyInstance, FastifyRequest } from 'fastify';
import { organizationHeader } from '../http/headers.js';
import { originOf } from '../registry/system-log.js';
import type { AccessAction, AccessLog } from './access-log.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What an answer of the route is, as an access to the log. */
    access?: AccessAction;
  }
  interface FastifyRequest {
    /** How many events the answer held; set by routes whose answer does not say so itself. */
    eventsGiven: number | undefined;
  }
}

/** Where in the pages somebody was, and what was typed so far, are not what was looked for. */
/** Ways to events, ours and the other products'. */
const showsEvents = /\/audit(-logs)?(\/|$)/;
const pagingNames = new Set(['cursor', 'since', 'page', 'offset', 'limit', 'per_page', 'prefix']);
const limits = { filters: 20, characters: 1_024 };

/** Notes every answer of a route with `config: { access }`, and every refusal for want of a permission. */
export function registerWatching(app: FastifyInstance, { accessLog }: { accessLog: AccessLog }): void {
  app.decorateRequest('eventsGiven', undefined);

  app.addHook('onRoute', ({ method, url, config }) => {
    if (![method].flat().includes('GET') || !showsEvents.test(url) || config?.public) return;
    if (!config?.access)
      throw new Error(`the route ${url} shows events and does not say as what kind of access (config.access)`);
  });

  app.addHook('preSerialization', async (request, _, payload) => {
    if (request.routeOptions.config.access && isList(payload)) request.eventsGiven = payload.events.length;
    return payload;
  });

  app.addHook('onResponse', async (request, reply) => {
    const { access, endless } = request.routeOptions.config;
    const outcome = reply.statusCode < 400 ? 'success' : reply.statusCode === 403 ? 'denied' : undefined;
    if (!access || !outcome || !request.caller) return;
    // A stream writes down itself when it begins and when it has ended (live/watched.ts).
    if (endless && outcome === 'success') return;
    const { id, ...place } = request.params as { id?: string };
    accessLog.note(
      {
        action: access,
        organization: organizationOf(request),
        outcome,
        details: { route: request.routeOptions.url, filter: filterOf(request, place) },
        results: request.eventsGiven,
        eventId: id?.slice(0, limits.characters),
      },
      originOf(request),
    );
  });
}

const isList = (payload: unknown): payload is { events: readonly unknown[] } =>
  typeof payload === 'object' && payload !== null && Array.isArray((payload as { events?: unknown }).events);

/** The one organization that it was about; undefined for several, and for the system scope. */
function organizationOf(request: FastifyRequest): string | undefined {
  if (/\/(system|quarantine)(\/|$)/.test(request.routeOptions.url ?? '')) return undefined;
  const { organization_id: asked } = request.query as { organization_id?: unknown };
  const { realm } = request.params as { realm?: string };
  const { organizations } = request.caller;
  const only = organizations !== '*' && organizations.length === 1 ? organizations[0] : undefined;
  const chosen = realm ?? (typeof asked === 'string' ? asked : undefined) ?? organizationHeader(request) ?? only;
  // Whoever was refused has no business in that organization's log.
  return chosen !== undefined && (organizations === '*' || organizations.includes(chosen)) ? chosen : undefined;
}

/** What was looked for, in the path and in the query. */
const filterOf = (request: FastifyRequest, place: Record<string, unknown>): Record<string, unknown> => ({
  ...filterNoted(request.query as Record<string, unknown>),
  ...noted(Object.entries(place)),
});

/** A filter as it is written down: not all of it where it is large. */
export function filterNoted(asked: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return noted(Object.entries(asked).filter(([name]) => !pagingNames.has(name)));
}

function noted(given: readonly [string, unknown][]): Record<string, unknown> {
  const short = (value: unknown): unknown =>
    Array.isArray(value) ? value.slice(0, limits.filters).map(short) : String(value).slice(0, limits.characters);
  return Object.fromEntries(
    given.slice(0, limits.filters).map(([name, value]) => [name.slice(0, limits.characters), short(value)]),
  );
}
