import { Type } from 'typebox';
import { shardPattern, tilePattern } from '../../core/log-folder/index.js';

export const ShardName = Type.String({
  pattern: shardPattern,
  description: '`<incarnation, 32 hex digits>-<partition>`, or `registry`',
});

export const ShardParams = Type.Object({ shard: ShardName });

export const TileParams = Type.Object({
  shard: ShardName,
  '*': Type.String({
    pattern: tilePattern,
    description:
      'A level (0 to 63) or `entries`, the index in groups of three digits, and `.p/<width>` for a partial tile: `0/x001/234`, `entries/000.p/5`. It holds slashes.',
  }),
});

export const LogList = Type.Object({
  shards: Type.Array(
    Type.Object({
      name: ShardName,
      origin: Type.String({ description: 'the first line of its checkpoints, and the name of the log’s key' }),
      vkey: Type.String({
        description: 'the log’s verification key (C2SP signed-note). Compare it with the one you were given elsewhere',
      }),
      size: Type.Integer({ minimum: 0, description: 'entries that the newest checkpoint covers' }),
      verified: Type.Union(
        [
          Type.Object({
            through_offset: Type.Integer({
              minimum: 0,
              description: 'every stored record below this Kafka offset is as it was signed and sealed',
            }),
            checked_offset: Type.Integer({
              minimum: 0,
              description:
                'everything below was checked: where it is more than through_offset, something is wrong between them',
            }),
            checked_at: Type.String({ format: 'date-time' }),
          }),
          Type.Null(),
        ],
        { description: 'what the continuous verifier says, which the operator runs; null where it has said nothing' },
      ),
    }),
  ),
  witnesses: Type.Array(
    Type.Object({
      vkey: Type.String({ description: 'of its cosignatures' }),
      same_operator: Type.Boolean({ description: 'run by the operator of the log, and so no third party' }),
    }),
  ),
});

export const Bytes = Type.String({ contentEncoding: 'binary' });
