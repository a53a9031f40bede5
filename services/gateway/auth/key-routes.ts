import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { messageOf } from '../../core/errors.js';
import { parseTimestampUs } from '../../core/event/index.js';
import type { Logger } from '../../core/log.js';
import { Problem } from '../errors.js';
import { problems } from '../http/described.js';
import type { Presence } from '../http/presence.js';
import { organizationsOf } from '../http/schemas.js';
import { originOf, type SystemLog } from '../registry/system-log.js';
import type { ApiKey } from './api-key.js';
import { type Permission, requirePermission } from './caller.js';
import type { KeyDirectory } from './key-directory.js';
import type { KeyIssuer } from './key-issuer.js';
import { Key, KeyId, KeyList, keyAnswer, MadeKey, NewKey, Rotation, timeOf } from './key-schemas.js';
import type { KeyUses } from './key-uses.js';

const tags = ['keys'];

/** API keys: /api/keys. */
export function registerKeyRoutes(
  app: FastifyInstance,
  {
    issuer,
    directory,
    uses,
    presence,
    systemLog,
    changing,
    log,
  }: {
    issuer: KeyIssuer;
    directory: KeyDirectory;
    uses: Pick<KeyUses, 'read'>;
    presence: Presence;
    systemLog: SystemLog;
    changing: preHandlerAsyncHookHandler;
    log: Logger;
  },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const preHandler = requirePermission('manage:keys');
  const change = [preHandler, changing];

  /** Writes a new key, its record first: no key is in force of which the log knows nothing. */
  const enter = async (key: ApiKey, action: string, request: FastifyRequest): Promise<void> => {
    presence.require('kafka');
    presence.require('clickhouse');
    const { id, name, prefix, created_at: _, revoked_at: __, ...details } = keyAnswer(key);
    const act = { action, target: { type: 'api_key', id, name }, details: { prefix, ...details } };
    await presence.publishing(systemLog.write(act, originOf(request)));
    try {
      await directory.put(key);
    } catch (error) {
      systemLog.writeLater({ ...act, outcome: 'failure', reason: 'not_stored' }, originOf(request));
      throw error;
    }
  };

  routes.post(
    '/api/keys',
    {
      preHandler: change,
      schema: {
        summary: 'Make an API key',
        description: 'It grants no more than its maker has: permissions, organizations, time. Its text is shown once.',
        operationId: 'makeKey',
        tags,
        body: NewKey,
        response: { 201: MadeKey, ...problems(400, 401, 403, 409, 413, 415, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const { name, organizations, permissions = [], role, expires_at } = request.body;
      if (permissions.length === 0 && role === undefined) {
        const detail = 'is required where there is no role';
        throw new Problem('invalid-request', `/permissions ${detail}`, {
          errors: [{ pointer: '/permissions', detail }],
        });
      }
      const { key, text } = await issuer.draft(
        {
          name,
          organizations: organizationsOf(organizations),
          permissions: permissions as Permission[],
          role,
          expiresAtMs: expires_at === undefined ? undefined : expiryMs(expires_at),
        },
        request.caller,
      );
      await enter(key, 'api_key.created', request);
      reply.code(201);
      return { ...keyAnswer(key), key: text };
    },
  );

  routes.post(
    '/api/keys/:id/rotate',
    {
      preHandler: change,
      schema: {
        summary: 'Replace an API key',
        description:
          'A new key with the same rights. The old one goes on for the overlap, so that it can be replaced everywhere.',
        operationId: 'rotateKey',
        tags,
        params: KeyId,
        body: Rotation,
        response: { 201: MadeKey, ...problems(400, 401, 403, 404, 409, 413, 415, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const overlapMs = request.body.overlap_seconds * 1_000;
      const { key, text, old } = await issuer.rotation(request.params.id, overlapMs, request.caller);
      await enter(key, 'api_key.rotated', request);
      await directory.put(old);
      reply.code(201);
      return { ...keyAnswer(key), key: text };
    },
  );

  routes.get(
    '/api/keys',
    {
      preHandler,
      schema: {
        summary: 'API keys',
        description: 'Those of which every organization is the caller’s. Revoked and expired ones stay listed.',
        operationId: 'listKeys',
        tags,
        response: { 200: KeyList, ...problems(401, 403, 429, 500, 503) },
      },
    },
    async ({ caller }) => {
      const keys = await issuer.list(caller);
      const used = await uses.read().catch((error) => {
        log.warn({ error: messageOf(error) }, 'when API keys were used cannot be read now');
        return new Map<string, number>();
      });
      return { keys: keys.map((key) => ({ ...keyAnswer(key), last_used_at: timeOf(used.get(key.id)) })) };
    },
  );

  routes.delete(
    '/api/keys/:id',
    {
      preHandler: change,
      schema: {
        summary: 'Revoke an API key',
        description: 'At once, and its sessions and streams with it. Once more changes nothing.',
        operationId: 'revokeKey',
        tags,
        params: KeyId,
        response: { 200: Key, ...problems(400, 401, 403, 404, 409, 429, 500, 503) },
      },
    },
    async (request) => {
      // Ending a key must work even while its record has to wait for Kafka.
      const { key, revoked } = await issuer.revoke(request.params.id, request.caller);
      if (revoked) {
        const target = { type: 'api_key', id: key.id, name: key.name };
        systemLog.writeLater({ action: 'api_key.revoked', target, details: { prefix: key.prefix } }, originOf(request));
      }
      return keyAnswer(key);
    },
  );
}

function expiryMs(text: string): number {
  const us = parseTimestampUs(text);
  if (us !== undefined) return Math.floor(us / 1_000);
  const detail = 'is no RFC 3339 time';
  throw new Problem('invalid-request', `/expires_at ${detail}`, { errors: [{ pointer: '/expires_at', detail }] });
}
