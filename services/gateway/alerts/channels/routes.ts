import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { ChannelInput, type ChannelView, type Notifications } from '../../../alerts/notify/index.js';
import { requirePermission } from '../../auth/caller.js';
import { describedOnly, problems } from '../../http/described.js';
import { originOf } from '../../registry/system-log.js';
import type { AlertParts } from '../parts.js';
import { ownerOf } from '../whose.js';
import { registerDeadLetterRoutes } from './dead-letter-routes.js';
import { asProblems } from './problem.js';
import { readVersion } from './requests.js';
import * as schemas from './schemas.js';

const tags = ['alert-channels'];
const { serializerCompiler } = describedOnly;
/** Notify reads bodies itself, so that a fault never carries a value, which may be a secret. */
const bodyUnread = { serializerCompiler, validatorCompiler: () => () => true };

/** /api/alert-channels: where alerts are told. Its guide is docs/guides/alert-channels.md. */
export function registerChannelRoutes(
  app: FastifyInstance,
  {
    notifications,
    changeLog,
    entitled,
    changing,
  }: AlertParts & {
    notifications: Pick<Notifications, 'channels' | 'test' | 'deadLetters' | 'redeliver' | 'drop'>;
    changing: preHandlerAsyncHookHandler;
  },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const { channels } = notifications;
  const managing = [requirePermission('manage:alerts'), entitled];
  const changes = [...managing, changing];

  const note = (
    action: string,
    channel: ChannelView,
    request: FastifyRequest,
    states: { before?: ChannelView; after?: ChannelView } = {},
  ): void =>
    changeLog.writeLater(
      {
        action,
        organization: channel.organization_id,
        target: { type: 'notification_channel', id: channel.id, name: channel.name },
        details: { type: channel.kind },
        before: states.before && shown(states.before),
        after: states.after && shown(states.after),
      },
      originOf(request),
    );

  routes.get(
    '/api/alert-channels',
    {
      serializerCompiler,
      preHandler: managing,
      schema: {
        summary: 'Where alerts are told',
        description: 'The channels of one organization (X-Organization-Id), or of the deployment.',
        operationId: 'listAlertChannels',
        tags,
        response: { 200: schemas.ChannelList, ...problems(400, 401, 402, 403, 429, 500, 503) },
      },
    },
    async (request) => ({ channels: await asProblems(channels.list(ownerOf(request))) }),
  );

  routes.post(
    '/api/alert-channels',
    {
      ...bodyUnread,
      preHandler: changes,
      schema: {
        summary: 'Set up a channel',
        description: 'Secrets are sealed and never shown again.',
        operationId: 'createAlertChannel',
        tags,
        body: ChannelInput,
        response: { 201: schemas.Channel, ...problems(400, 401, 402, 403, 409, 413, 415, 422, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const made = await asProblems(channels.create(ownerOf(request), request.body, request.caller.keyId));
      note('notification_channel.created', made, request, { after: made });
      reply.code(201);
      return made;
    },
  );

  registerDeadLetterRoutes(app, { notifications, changeLog, managing, changes });

  routes.get(
    '/api/alert-channels/:id',
    {
      serializerCompiler,
      preHandler: managing,
      schema: {
        summary: 'A channel',
        operationId: 'readAlertChannel',
        tags,
        params: schemas.ChannelId,
        response: { 200: schemas.Channel, ...problems(400, 401, 402, 403, 404, 429, 500, 503) },
      },
    },
    async (request) => asProblems(channels.get(ownerOf(request), request.params.id)),
  );

  routes.put(
    '/api/alert-channels/:id',
    {
      ...bodyUnread,
      preHandler: changes,
      schema: {
        summary: 'Say a channel anew',
        description: 'Secrets that are left out stay; null takes one away.',
        operationId: 'putAlertChannel',
        tags,
        params: schemas.ChannelId,
        querystring: schemas.ChannelVersion,
        body: ChannelInput,
        response: { 200: schemas.Channel, ...problems(400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 500, 503) },
      },
    },
    async (request) => {
      const owner = ownerOf(request);
      const { id } = request.params;
      const before = await asProblems(channels.get(owner, id));
      const expected = readVersion(request.query);
      const after = await asProblems(channels.update(owner, id, request.body, request.caller.keyId, expected));
      note('notification_channel.updated', after, request, { before, after });
      return after;
    },
  );

  routes.delete(
    '/api/alert-channels/:id',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Remove a channel',
        description: 'What waits for it becomes dead letters.',
        operationId: 'removeAlertChannel',
        tags,
        params: schemas.ChannelId,
        response: { 200: schemas.Channel, ...problems(400, 401, 402, 403, 404, 429, 500, 503) },
      },
    },
    async (request) => {
      const removed = await asProblems(channels.remove(ownerOf(request), request.params.id, request.caller.keyId));
      note('notification_channel.deleted', removed, request, { before: removed });
      return removed;
    },
  );

  routes.post(
    '/api/alert-channels/:id/test',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Send a message that says it is a test',
        description: 'Once and now, also where the channel is switched off.',
        operationId: 'testAlertChannel',
        tags,
        params: schemas.ChannelId,
        response: { 200: schemas.TestAnswer, ...problems(400, 401, 402, 403, 404, 409, 429, 500, 503) },
      },
    },
    async (request) => {
      const owner = ownerOf(request);
      const channel = await asProblems(channels.get(owner, request.params.id));
      const result = await asProblems(notifications.test(owner, channel.id));
      note('notification_channel.tested', channel, request);
      return result;
    },
  );
}

/** What audit events say of a channel: nothing of its secrets but their names. */
const shown = ({
  name,
  kind,
  enabled,
  messages_per_minute,
  group_seconds,
  group_by,
  templates,
  settings,
  secrets,
}: ChannelView) => ({
  name,
  kind,
  enabled,
  messages_per_minute,
  group_seconds,
  group_by,
  templates,
  settings,
  secrets: Object.keys(secrets),
});
