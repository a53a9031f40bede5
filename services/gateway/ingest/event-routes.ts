import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { EventInput } from '../../core/event/index.js';
import { sha256 } from '../../core/seal/index.js';
import { limits, uuidFromKey, uuidV7, type WireEvent } from '../../core/wire/index.js';
import type { Producer } from '../../producer/index.js';
import { type Caller, mayActFor, requirePermission } from '../auth/caller.js';
import { type DetailsWatch, mostWarnings } from '../catalogue/details.js';
import { Problem } from '../errors.js';
import { checkRate } from '../http/admission.js';
import { problems } from '../http/described.js';
import { organizationHeader } from '../http/headers.js';
import type { Presence } from '../http/presence.js';
import type { RateLimiter } from '../http/rate-limiter.js';
import { OrganizationHeader } from '../query/schemas.js';
import { admitEvents } from './admit-events.js';
import { idempotencyKeyOf, tenantOfRequest } from './idempotency-key.js';
import { slotOf } from './idempotency-store.js';
import type { KeyedPublisher } from './keyed-publisher.js';
import type { IngestMetrics } from './metrics.js';

const Warning = Type.Object({
  index: Type.Integer({ description: 'of the event in the request' }),
  id: Type.String({ format: 'uuid' }),
  pointer: Type.String({ description: 'JSON Pointer into the event' }),
  detail: Type.String(),
});

const Accepted = Type.Object(
  {
    ids: Type.Array(Type.String({ format: 'uuid' }), { description: 'in the order of the events' }),
    warnings: Type.Optional(
      Type.Array(Warning, {
        description: `details that are not as the action catalogue has them; the events are taken all the same. The first ${mostWarnings}`,
      }),
    ),
  },
  { description: 'Kafka has the events on all in-sync replicas' },
);

const IngestHeaders = Type.Object({
  ...OrganizationHeader.properties,
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: '^[ -~]+$',
      description: 'a retry with it logs nothing twice',
    }),
  ),
});

export interface EventRouteDeps {
  audience: string;
  /** The deployment's secret. */
  secret: Buffer;
  producer: Pick<Producer, 'send'>;
  publishKeyed: KeyedPublisher;
  details: Pick<DetailsWatch, 'warnings'>;
  presence: Presence;
  eventLimiter: RateLimiter;
  metrics: IngestMetrics;
  now?: () => number;
}

/**
 * POST /api/audit/events. With an Idempotency-Key exactly once for 24 hours; without one at least once, as a request that failed or
 * whose answer was lost may be in Kafka all the same.
 */
export function registerEventRoutes(app: FastifyInstance, deps: EventRouteDeps): void {
  const { audience, secret, presence, eventLimiter, publishKeyed, details, metrics, now = Date.now } = deps;
  app.post(
    '/api/audit/events',
    {
      schema: {
        summary: 'Log one event, or an array of at most 1,000',
        description:
          'Signed by the gateway. With an Idempotency-Key exactly once for 24 hours; without one at least once: docs/guides/http-ingest.md',
        operationId: 'logEvents',
        tags: ['ingest'],
        headers: IngestHeaders,
        body: Type.Union([EventInput, Type.Array(EventInput, { minItems: 1, maxItems: limits.recordEvents })]),
        response: { 202: Accepted, ...problems(403, 409, 422) },
      },
      // The door validates: event by event, so that a problem names one event's field and not every branch of the union.
      validatorCompiler: () => () => true,
      preHandler: requirePermission('write:events'),
    },
    async (request, reply) => {
      const { caller, body, rawBody = Buffer.alloc(0) } = request;
      const key = idempotencyKeyOf(request);
      const organization = chosenOrganization(caller, organizationHeader(request));
      const tenant = tenantOfRequest(caller, organization);
      const nowMs = now();
      const events = admitEvents(body, rawBody.toString('utf8'), {
        caller,
        organization,
        nowMs,
        idOf: (index) => (key === undefined ? uuidV7(nowMs) : uuidFromKey(secret, tenant, key, index)),
      });
      await checkRate(eventLimiter, caller.keyId, events.length);
      presence.require('kafka');
      const warnings = details.warnings(events, detailsOf(body));
      const flagged = warnings.length > 0 ? { warnings } : {};
      reply.code(202);
      if (key === undefined) return { ids: await presence.publishing(publish(events, deps)), ...flagged };
      const { ids, replayed } = await presence.publishing(
        publishKeyed({
          slot: slotOf(audience, tenant, key),
          bodyHash: sha256(rawBody),
          events,
          laneKey: laneKeyOf(events) ?? tenant,
        }),
      );
      metrics.events.inc({ way: replayed ? 'replayed' : 'keyed' }, ids.length);
      if (replayed) reply.header('idempotent-replayed', 'true');
      return { ids, ...flagged };
    },
  );
}

/** The details of each event of a body that was admitted. */
const detailsOf = (body: unknown): unknown[] => ([body].flat() as EventInput[]).map(({ details }) => details);

/** X-Organization-Id only chooses among what the credential permits. */
function chosenOrganization(caller: Caller, header: string | undefined): string | undefined {
  if (header === undefined || mayActFor(caller, header)) return header;
  throw new Problem('forbidden', `the API key does not speak for organization ${JSON.stringify(header)}`, {
    errors: [{ parameter: 'x-organization-id', detail: 'is not among the organizations of the API key' }],
  });
}

/** Each organization's events in one lane, in their order; the answer's ids in the order of the request. */
async function publish(events: WireEvent[], { producer, metrics }: EventRouteDeps): Promise<string[]> {
  const groups = new Map<string, { events: WireEvent[]; at: number[] }>();
  events.forEach((event, at) => {
    const laneKey = laneKeyOf([event])!;
    const group = groups.get(laneKey) ?? { events: [], at: [] };
    groups.set(laneKey, group);
    group.events.push(event);
    group.at.push(at);
  });
  const ids: string[] = Array(events.length);
  await Promise.all(
    [...groups].map(async ([laneKey, group]) => {
      const receipts = await producer.send(group.events, { laneKey });
      receipts
        .flatMap((receipt) => receipt.ids)
        .forEach((id, nth) => {
          ids[group.at[nth]!] = id;
        });
    }),
  );
  metrics.events.inc({ way: 'plain' }, ids.length);
  return ids;
}

/** The organization of all of the events, or 'system'; undefined where they have several. */
function laneKeyOf(events: readonly WireEvent[]): string | undefined {
  const keys = new Set(
    events.map(({ body }) => (body.scope === 'system' ? 'system' : `organization:${body.organization_id}`)),
  );
  const [only, ...others] = keys;
  return others.length === 0 ? only : undefined;
}
