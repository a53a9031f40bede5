import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { type Permission, requirePermission } from './auth/caller.js';
import { Problem } from './errors.js';
import { exportRoute } from './export/routes.js';
import { ExportQuery } from './export/schemas.js';
import type { SendExport } from './export/send.js';
import { describedOnly, problems } from './http/described.js';
import { organizationHeader } from './http/headers.js';
import { callerScopes, notSystem, ownScope, queryOf, scopesOf, signalOf, systemScope } from './query/asking.js';
import { badParameter } from './query/errors.js';
import type { EventQueries, ListAnswer, RawQuery, ScopeFor } from './query/event-queries.js';
import { EventId, EventList, ListQuery, OneEvent, OrganizationHeader } from './query/schemas.js';
import { parseTimeUs } from './query/values.js';

/** What other products call our parameters. Everything else passes as it is, to be taken or refused as at /api/audit. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  action: ['actions', 'action_type', 'actionType'],
  kind: ['action_kind', 'actionKind'],
  actor: ['userId', 'user_id', 'actorId', 'actor_id'],
  actor_type: ['actorType'],
  target_type: ['resourceType', 'targetType', 'entityType'],
  target_id: ['resourceId', 'targetId', 'entityId'],
  outcome: ['status'],
  ip: ['ipAddress', 'ip_address'],
  correlation_id: ['correlationId'],
  request_id: ['requestId'],
  application_id: ['applicationId'],
  organization_id: ['organizationId'],
  from: ['startDate', 'start_date', 'dateFrom', 'date_from'],
  to: ['endDate', 'end_date', 'dateTo', 'date_to'],
  q: ['search'],
  per_page: ['perPage', 'pageSize', 'page_size'],
  order: ['sortOrder', 'sort_order'],
};
const ourName = new Map(Object.entries(otherNames).flatMap(([ours, theirs]) => theirs.map((name) => [name, ours])));

const outcomes: Readonly<Record<string, string>> = { failed: 'failure', error: 'failure', succeeded: 'success' };
const dayMs = 86_400_000;

/** What other products mean by a value, where we say it differently. */
const meant: Readonly<Record<string, (value: string) => string>> = {
  outcome: (value) =>
    value
      .toLowerCase()
      .split(',')
      .map((item) => outcomes[item.trim()] ?? item)
      .join(','),
  order: (value) => value.toLowerCase(),
};
const meantByName: Readonly<Record<string, (value: string) => string>> = {
  endDate: throughTheDay,
  end_date: throughTheDay,
  dateTo: throughTheDay,
  date_to: throughTheDay,
  // Not the query language: the words themselves.
  search: (value) => `"${value.replace(/[\\"]/g, '\\$&')}"`,
};

/** A day that ends a range belongs to it; our `to` is where the range has ended. */
function throughTheDay(value: string): string {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(value) ? parseTimeUs(value) : undefined;
  return day === undefined ? value : new Date(day / 1_000 + dayMs).toISOString().slice(0, 10);
}

interface Translated {
  query: RawQuery;
  /** Under which name each of our parameters was sent. */
  sentAs: ReadonlyMap<string, string>;
}

/** Their parameters as ours. An empty one, as their documentation writes it for "any", is left out. */
export function translated(theirs: RawQuery): Translated {
  const query: Record<string, unknown> = {};
  const sentAs = new Map<string, string>();
  for (const [name, given] of Object.entries(theirs)) {
    const values = [given].flat().filter((value) => value !== '');
    if (values.length === 0) continue;
    const ours = ourName.get(name) ?? name;
    const before = sentAs.get(ours);
    if (before !== undefined) throw badParameter(name, `is another name of ${before}; give one of them`);
    sentAs.set(ours, name);
    const say = (value: unknown): unknown =>
      typeof value === 'string' ? (meantByName[name] ?? meant[ours] ?? String)(value) : value;
    query[ours] = values.length === 1 ? say(values[0]) : values.map(say);
  }
  return { query, sentAs };
}

/** A problem that names parameters as they were sent. */
function inTheirWords(error: unknown, sentAs: Translated['sentAs']): unknown {
  if (!(error instanceof Problem)) return error;
  const [first] = error.errors;
  const sent = first?.parameter === undefined ? undefined : sentAs.get(first.parameter);
  if (!first || sent === undefined || sent === first.parameter) return error;
  // Where in the value says nothing of a value that was put into other words.
  return new Problem(error.kind, `${sent}: ${first.detail}`, { errors: [{ parameter: sent, detail: first.detail }] });
}

/** Asks with the request's parameters as ours. */
export async function asking<T>(request: FastifyRequest, ask: (query: RawQuery) => Promise<T>): Promise<T> {
  const { query, sentAs } = translated(queryOf(request));
  try {
    return await ask(query);
  } catch (error) {
    throw inTheirWords(error, sentAs);
  }
}

interface RealmParams {
  realm: string;
  app?: string;
}

/** A realm is an organization, which the credential must permit. */
function realmScopes(request: FastifyRequest, { realm }: RealmParams): ScopeFor {
  if (realm === '') throw badParameter('realm', 'is empty');
  const header = organizationHeader(request);
  if (header !== undefined && header !== realm) {
    throw badParameter('realm', `the path names ${JSON.stringify(realm)}, the header ${JSON.stringify(header)}`);
  }
  return callerScopes(request.caller, realm);
}

/** An app is an application of it. */
function withApp(query: RawQuery, { app }: RealmParams): RawQuery {
  if (app === undefined) return query;
  if (query.application_id !== undefined) throw badParameter('application_id', 'is named by the path already');
  return { ...query, application_id: app };
}

/** Every value a text: what it means, and whether it can be, is what /api/audit says of the parameter that it becomes. */
function described(parameters: Readonly<Record<string, unknown>>): TSchema {
  const said = Object.keys(parameters).flatMap((ours) => [
    [ours, Type.String({ description: 'as at /api/audit' })] as const,
    ...(otherNames[ours] ?? []).map((name) => [name, Type.String({ description: `${ours} at /api/audit` })] as const),
  ]);
  return Type.Object(Object.fromEntries(said.map(([name, schema]) => [name, Type.Optional(schema)])));
}

const AliasQuery = described(ListQuery.properties);
const AliasExportQuery = described(ExportQuery.properties);
const Realm = Type.Object({ realm: Type.String({ description: 'an organization’s id' }) });
const App = Type.Object({ ...Realm.properties, app: Type.String({ description: 'an application’s id' }) });

/**
 * The paths under which other products keep their audit logs, so that what asks them need change the host only. They translate
 * parameters and ask the same queries.
 */
export function registerAliases(
  app: FastifyInstance,
  { queries, sendExport }: { queries: EventQueries; sendExport: SendExport },
): void {
  const lists = (
    operationId: string,
    permission: Permission,
    scopesOf: (request: FastifyRequest) => ScopeFor,
    params?: TSchema,
  ) => ({
    ...describedOnly,
    schema: {
      summary: 'Events, under the path of another product',
      description: 'Parameters by their names or by ours; empty ones are left out.',
      operationId,
      tags: ['aliases'],
      ...(permission === 'view:audit_logs' ? { headers: OrganizationHeader } : {}),
      querystring: AliasQuery,
      ...(params ? { params } : {}),
      response: { 200: EventList, ...problems(403, 422) },
    },
    preHandler: requirePermission(permission),
    config: { access: 'audit.searched' } as const,
    handler: (request: FastifyRequest, reply: FastifyReply): Promise<ListAnswer> =>
      asking(request, (query) => {
        const asked = permission === 'view:audit_logs' ? notSystem(query) : query;
        return queries.list(scopesOf(request), withApp(asked, request.params as RealmParams), signalOf(reply));
      }),
  });
  const ofRealm = (request: FastifyRequest): ScopeFor => realmScopes(request, request.params as RealmParams);
  const ofSystem = (): ScopeFor => systemScope;

  app.get('/api/audit-logs', lists('listAuditLogs', 'view:audit_logs', scopesOf));
  app.get('/api/v1/audit-logs', lists('listAuditLogsV1', 'view:audit_logs', scopesOf));
  app.get('/api/system/audit', lists('listSystemAudit', 'view:system_audit_logs', ofSystem));
  app.get('/api/v1/system-audit-logs', lists('listSystemAuditLogsV1', 'view:system_audit_logs', ofSystem));
  app.get('/api/realms/:realm/audit', lists('listRealmAudit', 'view:audit_logs', ofRealm, Realm));
  app.get('/api/realms/:realm/apps/:app/audit', lists('listAppAudit', 'view:audit_logs', ofRealm, App));

  app.get<{ Params: { id: string } }>(
    '/api/audit-logs/:id',
    {
      ...describedOnly,
      schema: {
        summary: 'One event, under the path of another product',
        operationId: 'getAuditLog',
        tags: ['aliases'],
        headers: OrganizationHeader,
        params: EventId,
        response: { 200: OneEvent, ...problems(403, 404, 422) },
      },
      preHandler: requirePermission('view:audit_logs'),
      config: { access: 'audit.read', tagged: true },
    },
    (request, reply) => queries.byId(ownScope(request), request.params.id, signalOf(reply)),
  );
  app.get(
    '/api/audit-logs/export',
    {
      ...exportRoute('exportAuditLogs', 'aliases', 'An export, under the path of another product', AliasExportQuery),
      preHandler: requirePermission('export:audit_logs'),
    },
    (request, reply) =>
      asking(request, (query) => sendExport({ request, reply, scopeFor: scopesOf(request), query: notSystem(query) })),
  );
}
