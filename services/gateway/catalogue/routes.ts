import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import type { DetailsChecker } from '../../core/catalogue/index.js';
import { may, requirePermission } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { describedOnly, problems, queryProblems } from '../http/described.js';
import { organizationHeader } from '../http/headers.js';
import type { Presence } from '../http/presence.js';
import { OrganizationId } from '../http/schemas.js';
import { queryOf, scopesOf, signalOf } from '../query/asking.js';
import type { EventsTable, TenantScope } from '../query/scope.js';
import { originOf, type SystemLog } from '../registry/system-log.js';
import { draftOf, onlyOrganization } from './definer.js';
import type { OwnDefinition } from './definition-table.js';
import type { Definitions } from './definitions.js';
import { describeAction, listActions } from './list.js';
import { type ActionListRequest, readActionListRequest } from './list-request.js';
import { Action, ActionList, ActionName, ActionQuery, NewDefinition, OneActionQuery } from './schemas.js';
import { readSeen, type Seen } from './seen.js';

export interface CatalogueDeps {
  definitions: Definitions;
  checker: DetailsChecker;
  table: EventsTable;
  presence: Presence;
  systemLog: SystemLog;
  changing: preHandlerAsyncHookHandler;
  nowMs?: () => number;
}

const mostListed = 2_000;
const tags = ['actions'];
const nothingSeen: ReadonlyMap<string, Seen> = new Map();

/** The action catalogue: /api/actions. */
export function registerCatalogueRoutes(app: FastifyInstance, deps: CatalogueDeps): void {
  registerReading(app, deps);
  registerDefining(app, deps);
}

function registerReading(
  app: FastifyInstance,
  { definitions, table, nowMs = Date.now }: Pick<CatalogueDeps, 'definitions' | 'table' | 'nowMs'>,
): void {
  /** Counts are of events, so they are for those who may see events. */
  const seenBy = async (
    request: FastifyRequest,
    reply: FastifyReply,
    scope: TenantScope,
    { seen, events }: Pick<ActionListRequest, 'seen' | 'events'>,
  ): Promise<ReadonlyMap<string, Seen>> =>
    seen && may(request.caller, 'view:audit_logs')
      ? readSeen({ table, scope, filter: events, signal: signalOf(reply) })
      : nothingSeen;

  app.get(
    '/api/actions',
    {
      ...describedOnly,
      schema: {
        summary: 'The action catalogue',
        description:
          'What is known of actions, and actions that were only seen. With `view:audit_logs` each says how often and when it was seen.',
        operationId: 'listActions',
        tags,
        querystring: ActionQuery,
        response: { 200: ActionList, ...queryProblems },
      },
      config: { tagged: true },
    },
    async (request, reply) => {
      const asked = readActionListRequest(queryOf(request), { nowMs: nowMs() });
      const scope = scopesOf(request)(asked.events.organizations);
      await definitions.fresh();
      const seen = await seenBy(request, reply, scope, asked);
      const actions = listActions({
        own: ownOf(definitions, scope),
        isOneOrganization:
          scope.kind === 'organizations' && scope.organizations.length === 1 && scope.organizations !== '*',
        seen,
        filter: asked.filter,
      });
      return { actions: actions.slice(0, mostListed), total: actions.length };
    },
  );

  app.get<{ Params: { name: string } }>(
    '/api/actions/:name',
    {
      ...describedOnly,
      schema: {
        summary: 'One action, by any name it goes by',
        operationId: 'getAction',
        tags,
        params: ActionName,
        querystring: OneActionQuery,
        response: { 200: Action, ...queryProblems },
      },
      config: { tagged: true },
    },
    async (request, reply) => {
      const name = request.params.name.toLowerCase();
      const asked = readActionListRequest(queryOf(request), { nowMs: nowMs() });
      const scope = scopesOf(request)(asked.events.organizations);
      await definitions.fresh();
      const own = ownOf(definitions, scope).find((definition) => definition.name === name);
      const found = describeAction(name, own, await seenBy(request, reply, scope, asked));
      if (!found) throw new Problem('not-found', `no action ${JSON.stringify(name)} is known or was seen`);
      return found;
    },
  );
}

/** Without one organization chosen there could be ten thousand: the list is cut by `mostListed`. */
function ownOf({ own }: Definitions, scope: TenantScope): OwnDefinition[] {
  if (scope.kind === 'system') return [];
  const { organizations } = scope;
  const chosen = organizations === '*' ? [...own.keys()] : organizations;
  return chosen.flatMap((organization) => [...(own.get(organization)?.values() ?? [])]);
}

function registerDefining(
  app: FastifyInstance,
  { definitions, checker, presence, systemLog, changing }: CatalogueDeps,
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const preHandler = [requirePermission('admin'), changing];
  const querystring = Type.Object({ organization_id: Type.Optional(OrganizationId) }, { additionalProperties: false });
  const failures = problems(400, 401, 403, 404, 409, 413, 415, 429, 500, 503);
  const serializerCompiler = describedOnly.serializerCompiler;

  routes.put(
    '/api/actions/:name',
    {
      serializerCompiler,
      schema: {
        summary: 'Define an action for one organization',
        description:
          'A name of the catalogue is described anew for that organization; what is for owners only stays so.',
        operationId: 'putAction',
        tags,
        params: ActionName,
        querystring,
        body: NewDefinition,
        response: { 200: Action, 201: Action, ...failures },
      },
      preHandler,
    },
    async (request, reply) => {
      const { caller, params, query, body } = request;
      const organization = onlyOrganization(caller, organizationHeader(request), query.organization_id);
      const draft = draftOf(params.name, body, { organization, caller, checker });
      presence.require('clickhouse');
      const { definition, created } = await definitions.put(draft);
      const { name, kind, description, schema, visible_to } = definition;
      const details = { organization_id: organization, kind, description, visible_to, schema };
      systemLog.writeLater(
        { action: 'action.defined', target: { type: 'action', id: name }, details },
        originOf(request),
      );
      reply.code(created ? 201 : 200);
      return describeAction(name, definition, nothingSeen)!;
    },
  );

  routes.delete(
    '/api/actions/:name',
    {
      serializerCompiler,
      schema: {
        summary: 'Take an organization’s definition of an action away',
        description: 'What the catalogue says of the name holds again. Events stay as they are.',
        operationId: 'deleteAction',
        tags,
        params: ActionName,
        querystring,
        response: { 200: Action, ...failures },
      },
      preHandler,
    },
    async (request) => {
      const { caller, params, query } = request;
      const organization = onlyOrganization(caller, organizationHeader(request), query.organization_id);
      presence.require('clickhouse');
      const removed = await definitions.remove(organization, params.name, caller.keyId);
      if (!removed) {
        const detail = `organization ${JSON.stringify(organization)} has defined no action ${JSON.stringify(params.name)}`;
        throw new Problem('not-found', detail);
      }
      const target = { type: 'action', id: removed.name };
      const details = { organization_id: organization, visible_to: removed.visible_to };
      systemLog.writeLater({ action: 'action.removed', target, details }, originOf(request));
      return describeAction(removed.name, removed, nothingSeen)!;
    },
  );
}
