import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type ValidationFault, validationParts } from '../../core/validation.js';
import { limits } from '../../core/wire/index.js';
import { type Caller, requirePermission } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { checkRate } from '../http/admission.js';
import { problems } from '../http/described.js';
import type { Presence } from '../http/presence.js';
import { described } from '../http/problem-of.js';
import type { RateLimiter } from '../http/rate-limiter.js';
import type { BatchDoor, JudgedBatch } from './batch-door.js';
import type { IngestMetrics } from './metrics.js';
import type { Republish } from './republisher.js';

const BatchInJson = Type.Object(
  { batch: Type.String({ description: 'the bytes of the SignedBatch in base64' }) },
  { additionalProperties: false },
);
const batchInJson = Compile(BatchInJson);

const AcceptedBatch = Type.Object(
  {
    ids: Type.Array(Type.String({ format: 'uuid' })),
    header_hash: Type.String({ description: 'hex; the record is known by it' }),
    partition: Type.Integer(),
  },
  { description: 'Kafka has the record on all in-sync replicas' },
);

/** A record in base64, with its quotes and name around it. */
const bodyLimit = Math.ceil(limits.recordBytes / 3) * 4 + 1_024;

/**
 * POST /api/audit/batches: a SignedBatch of a client's own key, published unchanged to the partition that it is signed for. Sending it
 * again is harmless: readers know it by its header. 202 says that Kafka has it; what hangs on its lane's past is judged by the readers.
 */
export function registerBatchRoutes(
  app: FastifyInstance,
  {
    door,
    republish,
    presence,
    eventLimiter,
    metrics,
  }: {
    door: BatchDoor;
    republish: Republish;
    presence: Presence;
    eventLimiter: RateLimiter;
    metrics: IngestMetrics;
  },
): void {
  const judged = (value: Buffer, caller: Caller): JudgedBatch => {
    try {
      return door.admit(value, caller);
    } catch (error) {
      if (error instanceof Problem) metrics.refusedBatches.inc({ reason: String(error.extensions.reason) });
      throw error;
    }
  };

  // The one route that takes bytes: elsewhere they are an unsupported media type.
  app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer' },
      async (_: unknown, bytes: Buffer) => bytes,
    );
    scope.post(
      '/api/audit/batches',
      {
        schema: {
          summary: 'Publish a batch that the client signed',
          description: 'Unchanged, to the partition that it is signed for. Sending it again is harmless.',
          operationId: 'publishBatch',
          tags: ['ingest'],
          consumes: ['application/octet-stream', 'application/json'],
          body: {
            content: {
              'application/octet-stream': {
                schema: Type.Unsafe<Buffer>({ description: 'the value of a Kafka record' }),
              },
              'application/json': { schema: BatchInJson },
            },
          },
          response: { 202: AcceptedBatch, ...problems(403, 409, 422) },
        },
        validatorCompiler: () => () => true,
        bodyLimit,
        preHandler: requirePermission('write:events'),
      },
      async (request, reply) => {
        const { caller } = request;
        const value = recordOf(request.body);
        const { headerHash, partition, count } = judged(value, caller);
        await checkRate(eventLimiter, caller.keyId, Math.max(1, count));
        presence.require('kafka');
        const ids = await presence.publishing(republish([value]));
        metrics.events.inc({ way: 'batch' }, ids.length);
        reply.code(202);
        return { ids, header_hash: headerHash, partition };
      },
    );
  });
}

function recordOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (!batchInJson.Check(body)) {
    const errors = validationParts(batchInJson.Errors(body) as ValidationFault[]);
    throw new Problem('invalid-request', described(errors), { errors });
  }
  const value = Buffer.from(body.batch, 'base64');
  // Node decodes whatever it finds; only what comes out again as it went in is base64.
  if (value.toString('base64') !== body.batch) {
    const detail = 'is not base64 (RFC 4648 §4, with padding)';
    throw new Problem('invalid-request', `/batch ${detail}`, { errors: [{ pointer: '/batch', detail }] });
  }
  return value;
}
