import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../errors.js';
import { describedOnly, problems } from '../http/described.js';
import { createLogFolder } from './folder.js';
import { Bytes, LogList, ShardParams, TileParams } from './schemas.js';
import type { VerifiedShard } from './verified.js';

/** A tile never changes; a checkpoint does, about once a second. */
const caching = {
  immutable: 'public, max-age=31536000, immutable',
  fresh: 'public, max-age=1, must-revalidate',
} as const;

/** Anybody may read the log, from any page: it holds hashes, headers and signatures, and no contents. */
const open = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' } as const;

const shared = { ...describedOnly, config: { public: true, tagged: true } } as const;

/** `/api/log`: the transparency log in the layout of C2SP tlog-tiles, without sign-in. */
export function registerLogRoutes(
  app: FastifyInstance,
  { folder, verified }: { folder: string | undefined; verified: () => Promise<ReadonlyMap<string, VerifiedShard>> },
): void {
  const log = createLogFolder(folder);
  const send = (
    reply: FastifyReply,
    cache: keyof typeof caching,
    type: string,
    body: Buffer | undefined,
  ): FastifyReply => {
    if (!body) throw new Problem('not-found', 'the log has no such file');
    return reply
      .headers({ ...open, 'cache-control': caching[cache] })
      .type(type)
      .send(body);
  };

  app.get(
    '/api/log',
    {
      ...shared,
      schema: {
        summary: 'The shards of the transparency log',
        description:
          'A shard is a log of its own: one for each partition of each incarnation of the events topic, and one for the registry.',
        operationId: 'listLogShards',
        tags: ['log'],
        response: { 200: LogList, ...problems(503) },
      },
    },
    async (_, reply) => {
      // The log is there, whatever has become of ClickHouse.
      const [{ shards, witnesses }, known] = await Promise.all([log.list(), verified().catch(() => undefined)]);
      const listed = shards.map((shard) => ({ ...shard, verified: known?.get(shard.name) ?? null }));
      return reply.headers({ ...open, 'cache-control': caching.fresh }).send({ shards: listed, witnesses });
    },
  );

  app.get<{ Params: { shard: string } }>(
    '/api/log/:shard/checkpoint',
    {
      ...shared,
      schema: {
        summary: 'A shard’s newest checkpoint',
        description:
          'C2SP tlog-checkpoint: a signed note of origin, size and root, with the cosignatures of those witnesses that have answered.',
        operationId: 'getLogCheckpoint',
        tags: ['log'],
        params: ShardParams,
        response: {
          200: { description: 'A signed note', content: { 'text/plain': { schema: Type.String() } } },
          ...problems(404),
        },
      },
    },
    async ({ params }, reply) => send(reply, 'fresh', 'text/plain; charset=utf-8', await log.checkpoint(params.shard)),
  );

  app.get<{ Params: { shard: string; '*': string } }>(
    '/api/log/:shard/tile/*',
    {
      ...shared,
      schema: {
        summary: 'A tile of hashes, or a bundle of entries',
        description:
          'C2SP tlog-tiles. A partial tile may be gone once the full one is there, which begins with the same bytes; nothing else ever changes.',
        operationId: 'getLogTile',
        tags: ['log'],
        params: TileParams,
        response: {
          200: {
            description: 'Up to 256 hashes of 32 bytes, or entries each after its length in two bytes',
            content: { 'application/octet-stream': { schema: Bytes } },
          },
          ...problems(404),
        },
      },
    },
    async ({ params }, reply) =>
      send(reply, 'immutable', 'application/octet-stream', await log.tile(params.shard, params['*'])),
  );
}
