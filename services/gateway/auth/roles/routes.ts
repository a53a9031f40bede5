import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../../errors.js';
import { problems } from '../../http/described.js';
import { Label, OrganizationId } from '../../http/schemas.js';
import { originOf, type SystemLog } from '../../registry/system-log.js';
import { type Caller, mayActFor, type Permission, requirePermission } from '../caller.js';
import { Permissions } from '../key-schemas.js';
import { builtInRoles, type Role, type Roles } from './roles.js';

const tags = ['keys'];
const RoleAnswer = Type.Object(
  {
    name: Type.String(),
    organization_id: Type.Union([Type.String(), Type.Null()], { description: 'null for a role of every organization' }),
    description: Type.String(),
    permissions: Type.Array(Type.String()),
  },
  { title: 'Role' },
);
const RoleBody = Type.Object(
  { description: Type.Optional(Label), permissions: Permissions },
  { additionalProperties: false },
);
const RoleParams = Type.Object({ id: OrganizationId, name: Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' }) });

const answerOf = (name: string, organization: string | null, { description, permissions }: Role) => ({
  name,
  organization_id: organization,
  description,
  permissions,
});

/** Roles: /api/roles, and those of an organization. */
export function registerRoleRoutes(
  app: FastifyInstance,
  { roles, systemLog, changing }: { roles: Roles; systemLog: SystemLog; changing: preHandlerAsyncHookHandler },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const preHandler = requirePermission('manage:keys');
  const path = '/api/organizations/:id/roles/:name';

  routes.get(
    '/api/roles',
    {
      preHandler,
      schema: {
        summary: 'Roles that keys can have',
        operationId: 'listRoles',
        tags,
        response: { 200: Type.Object({ roles: Type.Array(RoleAnswer) }), ...problems(401, 403, 429, 500, 503) },
      },
    },
    async ({ caller }) => ({
      roles: [
        ...[...builtInRoles].map(([name, role]) => answerOf(name, null, role)),
        ...(await roles.list(caller)).map(({ organization, name, role }) => answerOf(name, organization, role)),
      ],
    }),
  );

  routes.put(
    path,
    {
      preHandler: [preHandler, changing],
      schema: {
        summary: 'Define a role of an organization',
        description: 'Anew or in place of what it was; keys with the role have its permissions from then on.',
        operationId: 'putRole',
        tags,
        params: RoleParams,
        body: RoleBody,
        response: { 200: RoleAnswer, 201: RoleAnswer, ...problems(400, 401, 403, 409, 413, 415, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      checkOwn(request.caller, id);
      if (builtInRoles.has(name)) throw new Problem('conflict', `${name} is a role of every organization`);
      const { description = '', permissions } = request.body;
      const role = { description, permissions: permissions as Permission[] };
      const { created } = await roles.put(id, name, role, request.caller);
      const act = { target: { type: 'role', id: name }, details: { organization: id, permissions } };
      systemLog.writeLater({ action: created ? 'role.created' : 'role.updated', ...act }, originOf(request));
      reply.code(created ? 201 : 200);
      return answerOf(name, id, role);
    },
  );

  routes.delete(
    path,
    {
      preHandler: [preHandler, changing],
      schema: {
        summary: 'Remove a role of an organization',
        description: 'Keys that have it keep only their own permissions.',
        operationId: 'removeRole',
        tags,
        params: RoleParams,
        response: { 200: RoleAnswer, ...problems(400, 401, 403, 404, 429, 500, 503) },
      },
    },
    async (request) => {
      const { id, name } = request.params;
      checkOwn(request.caller, id);
      const role = await roles.remove(id, name, request.caller);
      const act = { target: { type: 'role', id: name }, details: { organization: id } };
      systemLog.writeLater({ action: 'role.deleted', ...act }, originOf(request));
      return answerOf(name, id, role);
    },
  );
}

function checkOwn(caller: Caller, organization: string): void {
  if (mayActFor(caller, organization)) return;
  throw new Problem('forbidden', `organization ${JSON.stringify(organization)} is not among those of the credential`);
}
