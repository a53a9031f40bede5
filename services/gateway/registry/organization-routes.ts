import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import type { Registry } from '../../core/registry/index.js';
import { mayActFor, requirePermission } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { problems } from '../http/described.js';
import type { Presence } from '../http/presence.js';
import { Label, OrganizationId } from '../http/schemas.js';
import type { Registrar } from './registrar.js';
import { originOf, type SystemLog } from './system-log.js';

const tags = ['organizations'];

const Organization = Type.Object(
  { id: OrganizationId, name: Label },
  { additionalProperties: false, title: 'Organization' },
);

/** The names of organizations: /api/organizations. An organization needs none to have events. */
export function registerOrganizationRoutes(
  app: FastifyInstance,
  {
    registry,
    registrar,
    presence,
    systemLog,
    changing,
  }: {
    registry: Registry;
    registrar: Registrar;
    presence: Presence;
    systemLog: SystemLog;
    changing: preHandlerAsyncHookHandler;
  },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();

  routes.post(
    '/api/organizations',
    {
      schema: {
        summary: 'Name an organization',
        description: 'An organization needs no name to have events. Naming it again renames it.',
        operationId: 'nameOrganization',
        tags,
        body: Organization,
        response: { 200: Organization, 201: Organization, ...problems(403, 409) },
      },
      preHandler: [requirePermission('admin'), changing],
    },
    async (request, reply) => {
      const { caller } = request;
      const { id, name } = request.body;
      if (id === '*') {
        const detail = 'means every organization and can be the id of none';
        throw new Problem('invalid-request', `/id ${detail}`, { errors: [{ pointer: '/id', detail }] });
      }
      if (!mayActFor(caller, id)) {
        const detail = `the API key does not speak for organization ${JSON.stringify(id)}`;
        throw new Problem('forbidden', detail, { errors: [{ pointer: '/id', detail }] });
      }
      presence.require('kafka');
      const { created, changed, offset } = await presence.publishing(registrar.nameOrganization(id, name));
      if (changed) {
        const action = created ? 'organization.created' : 'organization.renamed';
        const target = { type: 'organization', id, name };
        systemLog.writeLater({ action, target, details: { registry_offset: offset } }, originOf(request));
      }
      reply.code(created ? 201 : 200);
      return { id, name };
    },
  );

  routes.get(
    '/api/organizations',
    {
      schema: {
        summary: 'The names of organizations',
        description: 'Those of which the credential may speak.',
        operationId: 'listOrganizations',
        tags,
        response: { 200: Type.Object({ organizations: Type.Array(Organization) }) },
      },
    },
    async ({ caller }) => ({ organizations: registry.organizations().filter(({ id }) => mayActFor(caller, id)) }),
  );
}
