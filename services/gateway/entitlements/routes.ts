import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import { type Caller, mayActFor, requirePermission } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { problems } from '../http/described.js';
import { Label, OrganizationId } from '../http/schemas.js';
import { originOf, type SystemLog } from '../registry/system-log.js';
import type { Entitlements } from './entitlements.js';

const path = '/api/organizations/:id/entitlements';
const tags = ['organizations'];
const Params = Type.Object({ id: OrganizationId });
const centuryDays = 36_525;

const Entitlement = Type.Object(
  {
    plan: Label,
    retention_days: Type.Union([Type.Integer({ minimum: 1, maximum: centuryDays }), Type.Null()], {
      description: 'null for as long as the deployment keeps events',
    }),
    persistentLogging: Type.Boolean({ description: 'what list answers say' }),
    export: Type.Boolean(),
    alerts: Type.Boolean(),
  },
  { additionalProperties: false, title: 'Entitlements' },
);

/** What an organization has a right to: /api/organizations/:id/entitlements. */
export function registerEntitlementRoutes(
  app: FastifyInstance,
  {
    entitlements,
    systemLog,
    changing,
  }: { entitlements: Entitlements; systemLog: SystemLog; changing: preHandlerAsyncHookHandler },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();

  routes.get(
    path,
    {
      preHandler: requirePermission('view:audit_logs'),
      schema: {
        summary: 'What an organization is entitled to',
        operationId: 'readEntitlements',
        tags,
        params: Params,
        response: { 200: Entitlement, ...problems(400, 401, 403, 429, 500, 503) },
      },
    },
    async ({ caller, params }) => {
      checkOwn(caller, params.id);
      return (await entitlements.view()).of(params.id);
    },
  );

  routes.put(
    path,
    {
      preHandler: [requirePermission('admin'), changing],
      schema: {
        summary: 'Set what an organization is entitled to',
        description: 'As a whole. Events are captured whatever it is.',
        operationId: 'putEntitlements',
        tags,
        params: Params,
        body: Entitlement,
        response: { 200: Entitlement, ...problems(400, 401, 403, 413, 415, 429, 500, 503) },
      },
    },
    async (request) => {
      const { params, body, caller } = request;
      checkOperator(caller);
      await entitlements.put(params.id, body, caller.keyId);
      const target = { type: 'organization', id: params.id };
      systemLog.writeLater({ action: 'organization.entitlements_set', target, details: body }, originOf(request));
      return body;
    },
  );
}

/** Whoever runs an organization does not choose what it pays for. */
function checkOperator({ organizations }: Caller): void {
  if (organizations === '*') return;
  throw new Problem('forbidden', 'entitlements are set by whoever speaks for every organization');
}

function checkOwn(caller: Caller, organization: string): void {
  if (mayActFor(caller, organization)) return;
  throw new Problem('forbidden', `organization ${JSON.stringify(organization)} is not among those of the credential`);
}
