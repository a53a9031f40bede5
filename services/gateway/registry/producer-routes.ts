import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import type { KeyGrant, Registry } from '../../core/registry/index.js';
import { scopes } from '../../core/wire/index.js';
import { requirePermission } from '../auth/caller.js';
import { problems } from '../http/described.js';
import type { Presence } from '../http/presence.js';
import { Label, Organizations, organizationsOf } from '../http/schemas.js';
import { readPublicKey } from './public-key.js';
import { covers, type Registrar } from './registrar.js';
import { originOf, type SystemLog } from './system-log.js';

const tags = ['producers'];

const Scopes = Type.Array(Type.Union(scopes.map((scope) => Type.Literal(scope))), { minItems: 1, uniqueItems: true });

const NewProducer = Type.Object(
  {
    public_key: Type.String({
      maxLength: 1_024,
      description: 'Ed25519: base64 of the raw 32 bytes or of the SPKI, or PEM',
    }),
    producer_id: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$', description: 'made when absent' }),
    ),
    organizations: Organizations,
    scopes: Type.Optional(Scopes),
    name: Type.Optional(Label),
  },
  { additionalProperties: false },
);

const Producer = Type.Object(
  {
    key_id: Type.String({ description: 'hex' }),
    producer_id: Type.String(),
    name: Type.String(),
    organizations: Organizations,
    scopes: Type.Array(Type.String()),
    public_key: Type.String({ description: 'base64 of the raw 32 bytes' }),
    revoked: Type.Boolean(),
  },
  { title: 'Producer' },
);

const KeyIdParam = Type.Object({ keyId: Type.String({ pattern: '^[0-9a-f]{64}$' }) });

const answerOf = ({ keyId, producerId, name, organizations, scopes, rawPublicKey, revoked }: KeyGrant) => ({
  key_id: keyId,
  producer_id: producerId,
  name,
  organizations: organizations.has('*') ? ('*' as const) : [...organizations],
  scopes: [...scopes],
  public_key: Buffer.from(rawPublicKey).toString('base64'),
  revoked,
});

/** The keys that sign batches: /api/producers. */
export function registerProducerRoutes(
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
  const preHandler = requirePermission('manage:keys');
  const change = [preHandler, changing];

  routes.post(
    '/api/producers',
    {
      schema: {
        summary: 'Register a key that signs batches',
        description: 'It is valid from its entry’s marker on. Registering it once more for the same changes nothing.',
        operationId: 'registerProducer',
        tags,
        body: NewProducer,
        response: { 200: Producer, 201: Producer, ...problems(403, 409, 422) },
      },
      preHandler: change,
    },
    async (request, reply) => {
      const { public_key, producer_id, organizations, scopes: wanted, name = '' } = request.body;
      presence.require('kafka');
      const { grant, registered, offset } = await presence.publishing(
        registrar.registerProducer(
          {
            publicKey: readPublicKey(public_key),
            producerId: producer_id,
            organizations: organizationsOf(organizations),
            scopes: wanted ?? ['organization', 'application'],
            name,
          },
          request.caller,
        ),
      );
      const answer = answerOf(grant);
      if (registered) {
        const { public_key: _, revoked: __, ...details } = answer;
        const target = { type: 'producer_key', id: grant.keyId, name: grant.name };
        systemLog.writeLater(
          { action: 'producer.registered', target, details: { ...details, registry_offset: offset } },
          originOf(request),
        );
      }
      reply.code(registered ? 201 : 200);
      return answer;
    },
  );

  routes.get(
    '/api/producers',
    {
      schema: {
        summary: 'Keys that sign batches',
        description: 'Those of which every organization is the caller’s. Revoked ones stay listed.',
        operationId: 'listProducers',
        tags,
        response: { 200: Type.Object({ producers: Type.Array(Producer) }), ...problems(403) },
      },
      preHandler,
    },
    async ({ caller }) => ({
      producers: registry
        .keys()
        .filter((grant) => covers(caller, grant.organizations))
        .map(answerOf),
    }),
  );

  routes.delete(
    '/api/producers/:keyId',
    {
      schema: {
        summary: 'Revoke a key that signs batches',
        description: 'What it signed before stays valid. Once more changes nothing.',
        operationId: 'revokeProducer',
        tags,
        params: KeyIdParam,
        response: { 200: Producer, ...problems(403, 404, 409) },
      },
      preHandler: change,
    },
    async (request) => {
      presence.require('kafka');
      const { grant, revoked, offset } = await presence.publishing(
        registrar.revokeProducer(request.params.keyId, request.caller),
      );
      if (revoked) {
        const target = { type: 'producer_key', id: grant.keyId, name: grant.name };
        const details = { producer_id: grant.producerId, registry_offset: offset };
        systemLog.writeLater({ action: 'producer.revoked', target, details }, originOf(request));
      }
      return answerOf(grant);
    },
  );
}
