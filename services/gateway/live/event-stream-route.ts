import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describedOnly, problems } from '../http/described.js';
import { organizationHeader, singleHeader } from '../http/headers.js';
import { badParameter } from '../query/errors.js';
import { readParameters, splitParameters } from '../query/filter.js';
import { OrganizationHeader } from '../query/schemas.js';
import { listed, symbol } from '../query/values.js';
import { originOf } from '../registry/system-log.js';
import { checkMayStream } from './credential.js';
import { createEventStream } from './event-stream.js';
import { EventStreamAnswer, EventStreamQuery } from './messages.js';
import { createSubscriptionOpener } from './open-subscription.js';
import { deliveryOf } from './protocol.js';
import type { StreamParts } from './routes.js';
import { deliveries } from './subscription.js';
import type { Wanted } from './subscription-set.js';
import { createWatched } from './watched.js';

export const eventStreamPath = '/api/audit/stream/sse';

/** GET /api/audit/stream/sse: one subscription as server-sent events. The id of each is a cursor, so that a browser resumes by itself. */
export function registerEventStream(app: FastifyInstance, parts: StreamParts): void {
  app.get(
    eventStreamPath,
    {
      ...describedOnly,
      exposeHeadRoute: false,
      schema: {
        summary: 'Events live, as server-sent events',
        description:
          'What a WebSocket of audit.v1 gives, for one subscription: `subscribed`, `events`, `caught_up`, `dropped`, `problem`. Their ids ' +
          'are cursors; a client that connects again sends the last as Last-Event-ID. docs/guides/live.md',
        operationId: 'streamEvents',
        tags: ['stream'],
        headers: OrganizationHeader,
        querystring: EventStreamQuery,
        response: { 200: EventStreamAnswer, ...problems(400, 401, 403, 429, 500, 503) },
      },
      config: { endless: true, access: 'audit.streamed' },
    },
    (request, reply) => stream(request, reply, parts),
  );
}

/** Problems reject as long as nothing was sent. */
async function stream(request: FastifyRequest, reply: FastifyReply, parts: StreamParts): Promise<void> {
  const { streams, credentials, subscriptions, accessLog, authenticator, limits, metrics, log } = parts;
  const { caller } = request;
  const { raw } = reply;
  checkMayStream(caller);
  const credential = credentials.ofCaller(caller, () => authenticator.ofHeaders(request.raw.headersDistinct));
  const wanted = readWanted(request);
  streams.checkRoom();
  streams.checkCount(caller);
  const begin = (): OutgoingHttpHeaders => {
    reply.hijack();
    return reply.getHeaders() as OutgoingHttpHeaders;
  };
  const opened = createEventStream({ response: raw, begin, credential, limits, metrics, log });
  const remove = streams.add(opened);
  metrics.subscriptions.inc();
  const leave = (): void => {
    opened.leave();
    remove();
    metrics.subscriptions.dec();
  };
  raw.once('close', leave);

  // A refusal is written down as that of any other route.
  const watchedOf = accessLog && createWatched({ accessLog, route: eventStreamPath, origin: originOf(request) });
  const openSubscription = createSubscriptionOpener(subscriptions, {
    organization: organizationHeader(request),
    watchedOf: watchedOf && ((who) => ({ ...watchedOf(who), refused: () => {} })),
  });
  try {
    opened.carry(await openSubscription(caller, wanted, opened.outlet));
  } catch (error) {
    raw.off('close', leave);
    leave();
    throw error;
  }
}

/** A browser resumes at the same address: what it saw last counts, not where it first began. */
function readWanted(request: FastifyRequest): Wanted {
  const { since = 'now', ...query } = request.query as Record<string, unknown>;
  if (typeof since !== 'string') throw badParameter('since', 'may be there once');
  const { filters, rest } = splitParameters(readParameters(query), ['fields', 'delivery']);
  const [fields, delivery] = [rest('fields'), rest('delivery')];
  const lastId = singleHeader(request, 'last-event-id');
  return {
    filter: Object.fromEntries([...filters].map(([name, values]) => [name, values.length > 1 ? values : values[0]])),
    fields: fields && listed(fields),
    since: lastId || since,
    ...deliveryOf(delivery && symbol(delivery, deliveries), undefined),
  };
}
