import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { type Permission, requirePermission } from '../../auth/caller.js';
import { describedOnly, queryProblems } from '../../http/described.js';
import { notSystem, queryOf, scopesOf, signalOf, systemScope } from '../asking.js';
import type { EventQueries } from '../event-queries.js';
import type { CountryOf } from './actors.js';
import { type Ask, createInsights } from './insights.js';
import * as schemas from './schemas.js';

/** Whose events a way is about: those of organizations, or those of the system scope. */
interface Side {
  base: string;
  permission: Permission;
  /** In operation ids. */
  suffix: string;
  tag: string;
  ask: (request: FastifyRequest, reply: FastifyReply) => Ask;
}

const sides: readonly Side[] = [
  {
    base: '/api/audit',
    permission: 'view:audit_logs',
    suffix: '',
    tag: 'insight',
    ask: (request, reply) => ({
      scopeFor: scopesOf(request),
      query: notSystem(queryOf(request)),
      signal: signalOf(reply),
    }),
  },
  {
    base: '/api/audit/system',
    permission: 'view:system_audit_logs',
    suffix: 'OfSystem',
    tag: 'system',
    ask: (request, reply) => ({ scopeFor: systemScope, query: queryOf(request), signal: signalOf(reply) }),
  },
];

interface Way<P> {
  path: string;
  name: string;
  schema: Pick<FastifySchema, 'summary' | 'description' | 'params' | 'querystring'> & { answer: unknown };
  handle: (ask: Ask, params: P) => Promise<unknown>;
}

/** Facets, time series, values for autocomplete, and the pages of an entity, a workflow and an actor. */
export function registerInsightRoutes(
  app: FastifyInstance,
  {
    table,
    persistentLogging,
    countryOf,
  }: Pick<EventQueries, 'table' | 'persistentLogging'> & { countryOf?: CountryOf | undefined },
): void {
  const insights = createInsights({ table, persistentLogging, countryOf });

  const register = <P>({ path, name, schema: { answer, ...schema }, handle }: Way<P>): void => {
    for (const { base, permission, suffix, tag, ask } of sides) {
      app.get<{ Params: P & object }>(
        `${base}${path}`,
        {
          ...describedOnly,
          schema: {
            ...schema,
            operationId: `${name}${suffix}`,
            tags: [tag],
            response: { 200: answer, ...queryProblems },
          },
          preHandler: requirePermission(permission),
          config: { access: 'audit.searched' },
        },
        (request, reply) => handle(ask(request, reply), request.params as P),
      );
    }
  };

  register({
    path: '/facets',
    name: 'getFacets',
    schema: {
      summary: 'Exact counts of the most frequent values of fields',
      querystring: schemas.FacetsQuery,
      answer: schemas.Facets,
    },
    handle: (ask) => insights.facets(ask),
  });
  register({
    path: '/timeseries',
    name: 'getTimeseries',
    schema: {
      summary: 'How many events there were over time',
      querystring: schemas.TimeseriesQuery,
      answer: schemas.Timeseries,
    },
    handle: (ask) => insights.timeseries(ask),
  });
  register<{ field: string }>({
    path: '/values/:field',
    name: 'getValues',
    schema: {
      summary: 'Values of a field, for autocomplete',
      params: schemas.FieldPath,
      querystring: schemas.ValuesQuery,
      answer: schemas.FieldValues,
    },
    handle: (ask, { field }) => insights.values(field, ask),
  });
  register<{ type: string; entity: string }>({
    path: '/entities/:type/:entity',
    name: 'getEntity',
    schema: {
      summary: 'The history of an entity, and its state at a time',
      params: schemas.EntityPath,
      querystring: schemas.EntityQuery,
      answer: schemas.EntityHistory,
    },
    handle: (ask, { type, entity }) => insights.entity({ type, id: entity }, ask),
  });
  register<{ correlation: string }>({
    path: '/correlations/:correlation',
    name: 'getCorrelation',
    schema: {
      summary: 'A workflow across services',
      params: schemas.CorrelationPath,
      querystring: schemas.CorrelationQuery,
      answer: schemas.Correlation,
    },
    handle: (ask, { correlation }) => insights.correlation(correlation, ask),
  });
  register<{ actor: string }>({
    path: '/actors/:actor',
    name: 'getActor',
    schema: {
      summary: 'What is to be seen of one actor',
      params: schemas.ActorPath,
      querystring: schemas.ActorQuery,
      answer: schemas.Actor,
    },
    handle: (ask, { actor }) => insights.actor(actor, ask),
  });
}
