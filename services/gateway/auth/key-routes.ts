import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { parseTimestampUs } from '../../core/event/index.js';
import { Problem } from '../errors.js';
import type { Presence } from '../http/presence.js';
import { Label, Organizations, organizationsOf } from '../http/schemas.js';
import { originOf, type SystemLog } from '../registry/system-log.js';
import type { ApiKey } from './api-key.js';
import { type Permission, permissions, requirePermission } from './caller.js';
import type { KeyDirectory } from './key-directory.js';
import type { KeyIssuer } from './key-issuer.js';

const Permissions = Type.Array(Type.Union(permissions.map((permission) => Type.Literal(permission))), {
  minItems: 1,
  uniqueItems: true,
});

const NewKey = Type.Object(
  {
    name: Label,
    organizations: Organizations,
    permissions: Permissions,
    expires_at: Type.Optional(Type.String({ format: 'date-time' })),
  },
  { additionalProperties: false },
);

const keyFields = {
  id: Type.String(),
  name: Type.String(),
  prefix: Type.String({ description: 'the first characters of the key' }),
  organizations: Organizations,
  permissions: Type.Array(Type.String()),
  created_at: Type.String(),
  expires_at: Type.Union([Type.String(), Type.Null()]),
  revoked_at: Type.Union([Type.String(), Type.Null()]),
};
const Key = Type.Object(keyFields);
const MadeKey = Type.Object({ ...keyFields, key: Type.String({ description: 'shown this once' }) });

const IdParam = Type.Object({ id: Type.String({ pattern: '^key_[0-9a-z]{1,64}$' }) });

const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

const answerOf = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  organizations: key.organizations,
  permissions: key.permissions,
  created_at: time(key.createdAtMs)!,
  expires_at: time(key.expiresAtMs),
  revoked_at: time(key.revokedAtMs),
});

/** API keys: /api/keys. */
export function registerKeyRoutes(
  app: FastifyInstance,
  {
    issuer,
    directory,
    presence,
    systemLog,
    changing,
  }: {
    issuer: KeyIssuer;
    directory: KeyDirectory;
    presence: Presence;
    systemLog: SystemLog;
    changing: preHandlerAsyncHookHandler;
  },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const preHandler = requirePermission('manage:keys');
  const change = [preHandler, changing];

  routes.post(
    '/api/keys',
    { schema: { body: NewKey, response: { 201: MadeKey } }, preHandler: change },
    async (request, reply) => {
      const { name, organizations, permissions: wanted, expires_at } = request.body;
      const { key, text } = issuer.draft(
        {
          name,
          organizations: organizationsOf(organizations),
          permissions: wanted as Permission[],
          expiresAtMs: expires_at === undefined ? undefined : expiryMs(expires_at),
        },
        request.caller,
      );
      presence.require('kafka');
      presence.require('clickhouse');
      const { id, prefix, created_at: _, revoked_at: __, ...details } = answerOf(key);
      const act = { target: { type: 'api_key', id, name }, details: { prefix, ...details } };
      // The record comes first: no key is in force of which the log knows nothing.
      await presence.publishing(systemLog.write({ action: 'api_key.created', ...act }, originOf(request)));
      try {
        await directory.put(key);
      } catch (error) {
        const failure = { action: 'api_key.created', outcome: 'failure', reason: 'not_stored', ...act } as const;
        systemLog.writeLater(failure, originOf(request));
        throw error;
      }
      reply.code(201);
      return { ...answerOf(key), key: text };
    },
  );

  routes.get(
    '/api/keys',
    { schema: { response: { 200: Type.Object({ keys: Type.Array(Key) }) } }, preHandler },
    async ({ caller }) => ({ keys: (await issuer.list(caller)).map(answerOf) }),
  );

  routes.delete(
    '/api/keys/:id',
    { schema: { params: IdParam, response: { 200: Key } }, preHandler: change },
    async (request) => {
      // Ending a key must work even while its record has to wait for Kafka.
      const { key, revoked } = await issuer.revoke(request.params.id, request.caller);
      if (revoked) {
        const target = { type: 'api_key', id: key.id, name: key.name };
        systemLog.writeLater({ action: 'api_key.revoked', target, details: { prefix: key.prefix } }, originOf(request));
      }
      return answerOf(key);
    },
  );
}

function expiryMs(text: string): number {
  const us = parseTimestampUs(text);
  if (us !== undefined) return Math.floor(us / 1_000);
  const detail = 'is no RFC 3339 time';
  throw new Problem('invalid-request', `/expires_at ${detail}`, { errors: [{ pointer: '/expires_at', detail }] });
}
