import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../../core/metrics.js';
import { checkPermission, may, requirePermission } from '../auth/caller.js';
import { notSystem, ownScope, queryOf, scopesOf, signalOf, systemScope } from './asking.js';
import { createEventQueries, type EventQueries, type QueryParts } from './event-queries.js';
import { createQueryMetrics } from './metrics.js';

export type QueryDeps = Omit<QueryParts, 'metrics'> & { metrics: Metrics };

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
