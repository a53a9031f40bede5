import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import type { Notifications } from '../../../alerts/notify/index.js';
import { describedOnly, problems } from '../../http/described.js';
import { originOf } from '../../registry/system-log.js';
import type { AlertParts } from '../parts.js';
import { ownerOf } from '../whose.js';
import { asProblems } from './problem.js';
import { readDeadLetters } from './requests.js';
import * as schemas from './schemas.js';

const tags = ['alert-channels'];
const { serializerCompiler } = describedOnly;

/** /api/alert-channels/dead-letters: messages that reached nobody. */
export function registerDeadLetterRoutes(
  app: FastifyInstance,
  {
    notifications,
    changeLog,
    managing,
    changes,
  }: Pick<AlertParts, 'changeLog'> & {
    notifications: Pick<Notifications, 'deadLetters' | 'redeliver' | 'drop'>;
    /** Who may read, and who may change. */
    managing: preHandlerAsyncHookHandler[];
    changes: preHandlerAsyncHookHandler[];
  },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const note = (action: string, id: string, request: FastifyRequest): void =>
    changeLog.writeLater(
      { action, organization: ownerOf(request), target: { type: 'notification', id }, details: { delivery_id: id } },
      originOf(request),
    );

  routes.get(
    '/api/alert-channels/dead-letters',
    {
      ...describedOnly,
      preHandler: managing,
      schema: {
        summary: 'Messages that reached nobody',
        description: 'The newest first; they are kept for 90 days.',
        operationId: 'listDeadLetters',
        tags,
        querystring: schemas.DeadLetterQuery,
        response: { 200: schemas.DeadLetters, ...problems(400, 401, 402, 403, 429, 500, 503) },
      },
    },
    async (request) => asProblems(notifications.deadLetters(ownerOf(request), readDeadLetters(request.query))),
  );

  routes.post(
    '/api/alert-channels/dead-letters/:id/redeliver',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Send a message again',
        description: 'With the delivery id that it had.',
        operationId: 'redeliverDeadLetter',
        tags,
        params: schemas.ChannelId,
        response: {
          202: { type: 'null', description: 'It waits in its channel’s queue' },
          ...problems(400, 401, 402, 403, 404, 409, 429, 500, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await asProblems(notifications.redeliver(ownerOf(request), id, request.caller.keyId));
      note('notification.redelivered', id, request);
      reply.code(202);
      return null as never;
    },
  );

  routes.delete(
    '/api/alert-channels/dead-letters/:id',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Drop a message that reached nobody',
        description: 'It leaves the list and can no longer be sent again.',
        operationId: 'dropDeadLetter',
        tags,
        params: schemas.ChannelId,
        response: { 204: Type.Null(), ...problems(400, 401, 402, 403, 404, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await asProblems(notifications.drop(ownerOf(request), id, request.caller.keyId));
      note('notification.dropped', id, request);
      return reply.code(204).send(null);
    },
  );
}
