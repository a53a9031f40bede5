import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../../core/metrics.js';
import { checkPermission, may, requirePermission } from '../auth/caller.js';
import type { AccessAction } from '../watch/access-log.js';
import { notSystem, ownScope, queryOf, scopesOf, signalOf, systemScope } from './asking.js';
import { createEventQueries, type EventQueries, type QueryParts } from './event-queries.js';
import { registerInsightRoutes } from './insight/routes.js';
import { createQueryMetrics } from './metrics.js';

export type QueryDeps = Omit<QueryParts, 'metrics'> & { metrics: Metrics };

/** GET /api/audit and what is below it. The live stream shares the queries that are given back. */
export function registerQueryRoutes(app: FastifyInstance, deps: QueryDeps): EventQueries {
  const queries = createEventQueries({ ...deps, metrics: createQueryMetrics(deps.metrics) });
  const view = (access: AccessAction) => ({ preHandler: requirePermission('view:audit_logs'), config: { access } });
  const viewSystem = (access: AccessAction) => ({
    preHandler: requirePermission('view:system_audit_logs'),
    config: { access },
  });

  app.get('/api/audit', view('audit.searched'), (request, reply) =>
    queries.list(scopesOf(request), notSystem(queryOf(request)), signalOf(reply)),
  );
  app.get('/api/audit/summary', view('audit.searched'), (request, reply) =>
    queries.summary(scopesOf(request), notSystem(queryOf(request)), signalOf(reply)),
  );
  app.get('/api/audit/system', viewSystem('audit.searched'), (request, reply) =>
    queries.list(systemScope, queryOf(request), signalOf(reply)),
  );
  app.get<{ Params: { id: string } }>('/api/audit/:id', view('audit.read'), (request, reply) =>
    queries.byId(ownScope(request), request.params.id, signalOf(reply)),
  );
  app.get<{ Params: { id: string } }>('/api/audit/system/:id', viewSystem('audit.read'), (request, reply) =>
    queries.byId({ kind: 'system' }, request.params.id, signalOf(reply)),
  );
  app.get<{ Params: { id: string } }>(
    '/api/audit/:id/verify',
    { preHandler: mayVerify, config: { access: 'audit.verified' } },
    (request, reply) => queries.verify(ownScope(request), request.params.id, signalOf(reply)),
  );
  app.get<{ Params: { id: string } }>('/api/audit/system/:id/verify', viewSystem('audit.verified'), (request, reply) =>
    queries.verify({ kind: 'system' }, request.params.id, signalOf(reply)),
  );
  registerInsightRoutes(app, queries);
  return queries;
}

/** Whoever may see an event may ask whether it is genuine; `verify` alone permits just that. */
async function mayVerify({ caller }: FastifyRequest): Promise<void> {
  if (!may(caller, 'verify')) checkPermission(caller, 'view:audit_logs');
}
