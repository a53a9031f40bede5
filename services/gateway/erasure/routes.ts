import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { goneByMs, type Retention } from '../../core/reading/index.js';
import { formatUuid, uuidFromKey, uuidV7 } from '../../core/wire/index.js';
import { requirePermission } from '../auth/caller.js';
import { Problem, unavailable } from '../errors.js';
import { describedOnly, problems } from '../http/described.js';
import { organizationHeader } from '../http/headers.js';
import type { Presence } from '../http/presence.js';
import { idempotencyKeyOf, tenantOfRequest } from '../ingest/idempotency-key.js';
import { queryOf, signalOf } from '../query/asking.js';
import { OrganizationHeader } from '../query/schemas.js';
import { originOf } from '../registry/system-log.js';
import type { Announcer } from './announcer.js';
import type { Erasure, ErasureTable } from './erasure-table.js';
import { type Finder, scopesOfErasure } from './find.js';
import { readErasureList } from './list-request.js';
import { answerOfErasure, maySee, rawTopicOf, readErasure } from './request.js';
import { ErasureAnswer, ErasureId, ErasureList, ErasureQuery, NewErasure, Preview } from './schemas.js';
import { readSubject } from './subject.js';

const tags = ['erasures'];

/** What the routes ask of Kafka. */
export interface RawTopic {
  topic: string;
  retention(): Promise<Retention>;
  /** The end of every partition. */
  ends(): Promise<number[]>;
}

/** /api/erasures: what is asked for here is done in the background (worker.ts). */
export function registerErasureRoutes(
  app: FastifyInstance,
  {
    erasures,
    finder,
    announcer,
    rawTopic,
    incarnation,
    secret,
    presence,
    changing,
    wake,
    now = Date.now,
  }: {
    erasures: ErasureTable;
    finder: Finder;
    announcer: Announcer;
    rawTopic: RawTopic;
    /** Of the events topic, hex. */
    incarnation: () => string;
    secret: Buffer;
    presence: Presence;
    changing: preHandlerAsyncHookHandler;
    wake: () => void;
    now?: () => number;
  },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const { topic } = rawTopic;
  const stored = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw error instanceof Problem
        ? error
        : unavailable('clickhouse', 'the table of erasures cannot be reached', { cause: error });
    });
  const ofKafka = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw unavailable('kafka', 'Kafka does not say how long it keeps the raw topic, and where it ends', {
        cause: error,
      });
    });

  routes.post(
    '/api/erasures',
    {
      schema: {
        summary: 'Erase data about a person',
        description:
          'Replaces the identity, the content or both of a subject’s events by their digests; what was signed can still be checked. It is done in the ' +
          'background; `GET /api/erasures/{id}` says how far. It concerns what Kafka had when it was asked for. With an Idempotency-Key the same request ' +
          'gives the same erasure. docs/guides/erasure.md',
        operationId: 'createErasure',
        tags,
        headers: OrganizationHeader,
        body: NewErasure,
        response: { 200: Preview, 202: ErasureAnswer, ...problems(400, 403, 422, 503) },
      },
      preHandler: [requirePermission('admin'), changing],
    },
    async (request, reply) => {
      const { caller, body } = request;
      const nowMs = now();
      const asked = readErasure(body, { caller, organization: organizationHeader(request), secret, nowMs });
      presence.require('kafka');
      const retention = await ofKafka(rawTopic.retention());
      if (body.dry_run) {
        const subject = readSubject(asked.subject, { nowMs });
        const signal = signalOf(reply);
        let events = 0;
        for (const scope of scopesOfErasure(asked)) {
          events += await finder.count({ scope, subject, parts: asked.parts, incarnation: '', below: [] }, signal);
        }
        reply.code(200);
        return { dry_run: true as const, events, raw_topic: rawTopicOf(topic, retention, nowMs) };
      }
      const key = idempotencyKeyOf(request);
      const tenant = `erasure:${tenantOfRequest(caller, body.organization ?? organizationHeader(request))}`;
      const id = formatUuid(key === undefined ? uuidV7(nowMs) : uuidFromKey(secret, tenant, key, 0));
      const before = key === undefined ? undefined : await stored(erasures.get(id));
      if (before && before.requestHash !== asked.requestHash) {
        throw new Problem(
          'idempotency-key-reused',
          'the Idempotency-Key was used for another erasure; a new one needs a new key',
        );
      }
      const erasure = before ?? (await begin({ ...asked, id }, retention));
      if (!before) {
        await presence.publishing(announcer.requested(erasure, originOf(request)));
        await stored(erasures.put(erasure));
        wake();
      }
      reply.code(202).header('location', `/api/erasures/${erasure.id}`);
      return answerOfErasure(erasure, { topic, retention });
    },
  );

  const begin = async (
    asked: ReturnType<typeof readErasure> & { id: string },
    retention: Retention,
  ): Promise<Erasure> => ({
    ...asked,
    version: asked.requestedAtMs * 1_000,
    state: 'requested',
    incarnation: incarnation(),
    bounds: await ofKafka(rawTopic.ends()),
    events: 0,
    partsListed: 0,
    records: 0,
    quarantined: 0,
    findings: 0,
    unreadable: 0,
    listDigest: '',
    error: '',
    completedAtMs: undefined,
    goneByMs: goneByMs(retention, asked.requestedAtMs),
  });

  routes.get(
    '/api/erasures',
    {
      validatorCompiler: describedOnly.validatorCompiler,
      schema: {
        summary: 'Erasures',
        description: 'Newest first; those of which every organization is the caller’s.',
        operationId: 'listErasures',
        tags,
        querystring: ErasureQuery,
        response: { 200: ErasureList, ...problems(400, 403, 503) },
      },
      preHandler: [requirePermission('admin')],
    },
    async (request) => {
      const { caller } = request;
      const { limit, beforeMs } = readErasureList(queryOf(request));
      const retention = await ofKafka(rawTopic.retention());
      // Others' are left out after reading: there are few, and a page may be shorter for it.
      const found = await stored(erasures.list({ beforeMs, limit: caller.organizations === '*' ? limit : mostRead }));
      const own = found.filter((erasure) => maySee(caller, erasure)).slice(0, limit);
      return { erasures: own.map((erasure) => answerOfErasure(erasure, { topic, retention })) };
    },
  );

  routes.get(
    '/api/erasures/:id',
    {
      schema: {
        summary: 'One erasure, and how far it is',
        operationId: 'getErasure',
        tags,
        params: ErasureId,
        response: { 200: ErasureAnswer, ...problems(400, 403, 404, 503) },
      },
      preHandler: [requirePermission('admin')],
    },
    async ({ caller, params: { id } }) => {
      const erasure = await stored(erasures.get(id));
      if (!erasure || !maySee(caller, erasure)) throw new Problem('not-found', `no erasure has the id ${id}`);
      return answerOfErasure(erasure, { topic, retention: await ofKafka(rawTopic.retention()) });
    },
  );
}

/** Read at most to find those of some organizations. */
const mostRead = 10_000;
