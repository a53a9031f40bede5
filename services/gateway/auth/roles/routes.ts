import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../../errors.js';
import { problems } from '../../http/described.js';
import { Label, OrganizationId } from '../../http/schemas.js';
import { originOf, type SystemLog } from '../../registry/system-log.js';
import { type Caller, mayActFor, type Permission, requirePermission } from '../caller.js';
import { Permissions } from '../key-schemas.js';
import { builtInRoles, everywhere, type Role, type Roles } from './roles.js';

const tags = ['keys'];
const RoleAnswer = Type.Object(
  {
    name: Type.String(),
    built_in: Type.Boolean({ description: 'cannot be changed' }),
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
const RoleName = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' });
const sides = [
  {
    path: '/api/roles/:name',
    params: Type.Object({ name: RoleName }),
    whose: 'the deployment',
    suffix: 'OfDeployment',
  },
  {
    path: '/api/organizations/:id/roles/:name',
    params: Type.Object({ id: OrganizationId, name: RoleName }),
    whose: 'an organization',
    suffix: '',
  },
];

const answerOf = (name: string, organization: string | null, { description, permissions }: Role, builtIn = false) => ({
  name,
  built_in: builtIn,
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
        ...[...builtInRoles].map(([name, role]) => answerOf(name, null, role, true)),
        ...(await roles.list(caller)).map(({ organization, name, role }) =>
          answerOf(name, organization === everywhere ? null : organization, role),
        ),
      ],
    }),
  );

  for (const { path, params, whose, suffix } of sides) {
    routes.put(
      path,
      {
        preHandler: [preHandler, changing],
        schema: {
          summary: `Define a role of ${whose}`,
          description: 'Anew or in place of what it was; keys with the role have its permissions from then on.',
          operationId: `putRole${suffix}`,
          tags,
          params,
          body: RoleBody,
          response: { 200: RoleAnswer, 201: RoleAnswer, ...problems(400, 401, 403, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { name } = request.params;
        const organization = organizationOf(request);
        if (builtInRoles.has(name)) throw new Problem('conflict', `${name} is a role that is built in`);
        const { description = '', permissions } = request.body;
        const role = { description, permissions: permissions as Permission[] };
        const { created } = await roles.put(organization ?? everywhere, name, role, request.caller);
        const act = { target: { type: 'role', id: name }, details: { organization, permissions } };
        systemLog.writeLater({ action: created ? 'role.created' : 'role.updated', ...act }, originOf(request));
        reply.code(created ? 201 : 200);
        return answerOf(name, organization, role);
      },
    );

    routes.delete(
      path,
      {
        preHandler: [preHandler, changing],
        schema: {
          summary: `Remove a role of ${whose}`,
          description: 'Keys that have it keep only their own permissions.',
          operationId: `removeRole${suffix}`,
          tags,
          params,
          response: { 200: RoleAnswer, ...problems(400, 401, 403, 404, 429, 500, 503) },
        },
      },
      async (request) => {
        const { name } = request.params;
        const organization = organizationOf(request);
        const role = await roles.remove(organization ?? everywhere, name, request.caller);
        const act = { target: { type: 'role', id: name }, details: { organization } };
        systemLog.writeLater({ action: 'role.deleted', ...act }, originOf(request));
        return answerOf(name, organization, role);
      },
    );
  }
}

/** The organization that the path names, null where it is the deployment's; throws forbidden where it is not the caller's to change. */
function organizationOf({ params, caller }: { params: unknown; caller: Caller }): string | null {
  const { id = null } = params as { id?: string };
  if (id === everywhere) throw new Problem('not-found', 'roles of every organization are at /api/roles');
  if (id === null && caller.organizations !== '*') {
    throw new Problem('forbidden', 'roles of the deployment are changed by whoever speaks for every organization');
  }
  if (id === null || mayActFor(caller, id)) return id;
  throw new Problem('forbidden', `organization ${JSON.stringify(id)} is not among those of the credential`);
}
