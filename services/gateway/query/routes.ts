import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../../core/metrics.js';
import { type Caller, checkPermission, may, requirePermission } from '../auth/caller.js';
import { badParameter } from './errors.js';
import {
  createEventQueries,
  type EventQueries,
  type QueryParts,
  type RawQuery,
  type ScopeFor,
} from './event-queries.js';
import { createQueryMetrics } from './metrics.js';
import type { TenantScope } from './scope.js';
import { tenantOf } from './tenant.js';

export type QueryDeps = Omit<QueryParts, 'metrics'> & { metrics: Metrics };

const organizationHeader = 'x-organization-id';

/** GET /api/audit and what is below it. The live stream shares the queries that are given back. */
export function registerQueryRoutes(app: FastifyInstance, deps: QueryDeps): EventQueries {
  const queries = createEventQueries({ ...deps, metrics: createQueryMetrics(deps.metrics) });
  const view = { preHandler: requirePermission('view:audit_logs') };
  const viewSystem = { preHandler: requirePermission('view:system_audit_logs') };

  app.get('/api/audit', view, (request, reply) =>
    queries.list(scopesOf(request), notSystem(queryOf(request)), signalOf(reply)),
  );
  app.get('/api/audit/summary', view, (request, reply) =>
    queries.summary(scopesOf(request), notSystem(queryOf(request)), signalOf(reply)),
  );
  app.get('/api/audit/system', viewSystem, (request, reply) =>
    queries.list(systemScope, queryOf(request), signalOf(reply)),
  );
  app.get<{ Params: { id: string } }>('/api/audit/:id', view, (request, reply) =>
    queries.byId(ownScope(request), request.params.id, signalOf(reply)),
  );
  app.get<{ Params: { id: string } }>('/api/audit/system/:id', viewSystem, (request, reply) =>
    queries.byId({ kind: 'system' }, request.params.id, signalOf(reply)),
  );
  app.get<{ Params: { id: string } }>('/api/audit/:id/verify', { preHandler: mayVerify }, (request, reply) =>
    queries.verify(ownScope(request), request.params.id, signalOf(reply)),
  );
  app.get<{ Params: { id: string } }>('/api/audit/system/:id/verify', viewSystem, (request, reply) =>
    queries.verify({ kind: 'system' }, request.params.id, signalOf(reply)),
  );
  return queries;
}

/** Whoever may see an event may ask whether it is genuine; `verify` alone permits just that. */
async function mayVerify({ caller }: FastifyRequest): Promise<void> {
  if (!may(caller, 'verify')) checkPermission(caller, 'view:audit_logs');
}

const queryOf = (request: FastifyRequest): RawQuery => request.query as RawQuery;

function notSystem(query: RawQuery): RawQuery {
  if ([query.scope].flat().some((scope) => String(scope).split(',').includes('system'))) {
    throw badParameter('scope', 'events of the system scope are at /api/audit/system');
  }
  return query;
}

const headerOf = (request: FastifyRequest): string | undefined => {
  const value = request.headers[organizationHeader];
  return Array.isArray(value) ? value[0] : value;
};

const scopesOf = (request: FastifyRequest): ScopeFor => callerScopes(request.caller, headerOf(request));

/** The scopes that a caller may ask for. */
export const callerScopes =
  ({ organizations }: Caller, header?: string | undefined): ScopeFor =>
  (asked) =>
    tenantOf({ permitted: organizations, header, asked });

const ownScope = (request: FastifyRequest): TenantScope => scopesOf(request)(undefined);

const systemScope: ScopeFor = (organizations) => {
  if (organizations) throw badParameter('organization_id', 'events of the system scope belong to no organization');
  return { kind: 'system' };
};

/** Aborts when the one who asked has gone: ClickHouse need not finish. */
function signalOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
