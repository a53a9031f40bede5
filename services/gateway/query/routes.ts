import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { Metrics } from '../../core/metrics.js';
import { checkPermission, may, type Permission, requirePermission } from '../auth/caller.js';
import { describedOnly, problems } from '../http/described.js';
import type { AccessAction } from '../watch/access-log.js';
import { notSystem, ownScope, queryOf, scopesOf, signalOf, systemScope } from './asking.js';
import { badParameter } from './errors.js';
import { createEventQueries, type EventQueries, type QueryParts } from './event-queries.js';
import type { CountryOf } from './insight/actors.js';
import { registerInsightRoutes } from './insight/routes.js';
import { createQueryMetrics } from './metrics.js';
import type { AskedRange } from './proof/proofs.js';
import {
  EventId,
  EventList,
  EvidenceBundle,
  ListQuery,
  OneEvent,
  OrganizationHeader,
  ProofRequest,
  Summary,
  SummaryQuery,
} from './schemas.js';
import type { TenantScope } from './scope.js';
import { Verdict } from './verify/schemas.js';

export type QueryDeps = Omit<QueryParts, 'metrics'> & { metrics: Metrics; countryOf?: CountryOf };

interface IdParams {
  id: string;
}

interface Way {
  path: string;
  permission?: Permission;
  access: AccessAction;
  operationId: string;
  summary: string;
  description?: string;
  tag: 'events' | 'system';
  params?: TSchema;
  querystring?: TSchema;
  answer: TSchema;
}

/** GET /api/audit and what is below it. The live stream shares the queries that are given back. */
export function registerQueryRoutes(app: FastifyInstance, deps: QueryDeps): EventQueries {
  const queries = createEventQueries({ ...deps, metrics: createQueryMetrics(deps.metrics) });

  const get = <P = unknown>(
    { path, permission, access, operationId, summary, description, tag, answer, ...asked }: Way,
    handle: (request: FastifyRequest, reply: FastifyReply, params: P) => Promise<unknown>,
  ): void => {
    app.get(
      path,
      {
        ...describedOnly,
        schema: {
          summary,
          ...(description === undefined ? {} : { description }),
          operationId,
          tags: [tag],
          ...(tag === 'events' ? { headers: OrganizationHeader } : {}),
          ...asked,
          response: { 200: answer, ...(asked.params ? problems(404, 409) : {}), ...problems(403, 422) },
        },
        preHandler: permission ? requirePermission(permission) : mayVerify,
        config: { access, tagged: access === 'audit.read' },
      },
      (request, reply) => handle(request, reply, request.params as P),
    );
  };
  const view = { permission: 'view:audit_logs', tag: 'events' } as const;
  const viewSystem = { permission: 'view:system_audit_logs', tag: 'system' } as const;
  const list = { access: 'audit.searched', querystring: ListQuery, answer: EventList } as const;
  const one = { access: 'audit.read', params: EventId, answer: OneEvent } as const;
  const verdict = { access: 'audit.verified', params: EventId, answer: Verdict } as const;

  get({ ...view, ...list, path: '/api/audit', operationId: 'listEvents', summary: 'Events' }, (request, reply) =>
    queries.list(scopesOf(request), notSystem(queryOf(request)), signalOf(reply)),
  );
  get(
    {
      ...view,
      path: '/api/audit/summary',
      access: 'audit.searched',
      operationId: 'getSummary',
      summary: 'Exact counts of the events that the filters let through',
      querystring: SummaryQuery,
      answer: Summary,
    },
    (request, reply) => queries.summary(scopesOf(request), notSystem(queryOf(request)), signalOf(reply)),
  );
  get(
    {
      ...viewSystem,
      ...list,
      path: '/api/audit/system',
      operationId: 'listEventsOfSystem',
      summary: 'Events of the system scope',
    },
    (request, reply) => queries.list(systemScope, queryOf(request), signalOf(reply)),
  );
  get<IdParams>(
    { ...view, ...one, path: '/api/audit/:id', operationId: 'getEvent', summary: 'One event' },
    (request, reply, { id }) => queries.byId(ownScope(request), id, signalOf(reply)),
  );
  get<IdParams>(
    {
      ...viewSystem,
      ...one,
      path: '/api/audit/system/:id',
      operationId: 'getEventOfSystem',
      summary: 'One event of the system scope',
    },
    (_, reply, { id }) => queries.byId({ kind: 'system' }, id, signalOf(reply)),
  );
  const verify = async (reply: FastifyReply, scope: TenantScope, id: string) => {
    const verdict = await queries.verify(scope, id, signalOf(reply));
    if (verdict.status === 'pending') reply.header('retry-after', String(verdict.retry_after_seconds));
    return verdict;
  };
  get<IdParams>(
    {
      ...verdict,
      path: '/api/audit/:id/verify',
      tag: 'events',
      operationId: 'verifyEvent',
      summary: 'Whether an event is what was signed',
      description:
        'With `verify` or `view:audit_logs`. The verdict comes in parts, which are never merged. While the record behind the event is not wholly stored ' +
        'yet, `status` is `pending`: ask again after `retry_after_seconds`, which is the header `Retry-After` as well.',
    },
    (request, reply, { id }) => verify(reply, ownScope(request), id),
  );
  get<IdParams>(
    {
      ...viewSystem,
      ...verdict,
      path: '/api/audit/system/:id/verify',
      operationId: 'verifyEventOfSystem',
      summary: 'Whether an event of the system scope is what was signed',
    },
    (_, reply, { id }) => verify(reply, { kind: 'system' }, id),
  );
  const proof = { access: 'audit.verified', params: EventId, answer: EvidenceBundle } as const;
  get<IdParams>(
    {
      ...view,
      ...proof,
      path: '/api/audit/:id/proof',
      operationId: 'proveEvent',
      summary: 'The evidence bundle of an event',
      description:
        'All that it takes to judge the event offline, without trusting this gateway: see `sealstream verify`.',
    },
    (request, reply, { id }) => queries.proofs.ofEvent(ownScope(request), id, signalOf(reply)),
  );
  get<IdParams>(
    {
      ...viewSystem,
      ...proof,
      path: '/api/audit/system/:id/proof',
      operationId: 'proveEventOfSystem',
      summary: 'The evidence bundle of an event of the system scope',
    },
    (_, reply, { id }) => queries.proofs.ofEvent({ kind: 'system' }, id, signalOf(reply)),
  );
  registerProofRoutes(app, queries);
  registerInsightRoutes(app, { ...queries, countryOf: deps.countryOf });
  return queries;
}

/** Bundles of more than one event: POST, because filters may be long. */
function registerProofRoutes(app: FastifyInstance, { proofs }: EventQueries): void {
  app.post<{ Body: { query?: Record<string, unknown>; range?: AskedRange } }>(
    '/api/audit/proofs',
    {
      serializerCompiler: describedOnly.serializerCompiler,
      schema: {
        summary: 'The evidence bundle of a query, or of a range of a log',
        description:
          'With `query`, of the events that GET /api/audit would list; records between them are shown too, without their events, where they are not more than 2,000. ' +
          'With `range`, of all records of a stretch of a log, so that none can be left out, and of those of their events that the caller may see.',
        operationId: 'proveEvents',
        tags: ['events'],
        headers: OrganizationHeader,
        body: ProofRequest,
        response: { 200: EvidenceBundle, ...problems(400, 403, 404, 409, 422) },
      },
      preHandler: requirePermission('view:audit_logs'),
      config: { access: 'audit.verified' },
    },
    async (request, reply) => {
      const { query, range } = request.body;
      if ((query === undefined) === (range === undefined)) {
        throw badParameter('query', 'or range is asked for: one of the two');
      }
      return range
        ? proofs.ofRange(ownScope(request), range, signalOf(reply))
        : proofs.ofQuery(scopesOf(request), notSystem(query!), signalOf(reply));
    },
  );
}

/** Whoever may see an event may ask whether it is genuine; `verify` alone permits just that. */
async function mayVerify({ caller }: FastifyRequest): Promise<void> {
  if (!may(caller, 'verify')) checkPermission(caller, 'view:audit_logs');
}
