import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { shardName } from '../../core/log-folder/index.js';

/** How far the continuous verifier has found a shard's stored records as they were sealed (docs/guides/fsck.md). */
export interface VerifiedShard {
  /** Every record below this offset is verified. */
  through_offset: number;
  /** Below it everything was checked; more than `through_offset` where something is wrong. */
  checked_offset: number;
  /** When the verifier was last at work on it, UTC. */
  checked_at: string;
}

/** By shard's name; empty where no verifier runs. An answer that is a few seconds old is given again: the route needs no sign-in. */
export function createVerifiedShards({
  clickhouse,
  database,
  maxAgeMs = 3_000,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  maxAgeMs?: number;
}): () => Promise<ReadonlyMap<string, VerifiedShard>> {
  const read = async (): Promise<Map<string, VerifiedShard>> => {
    const result = await clickhouse.query({
      query: `SELECT incarnation, partition, through, head, toUnixTimestamp64Milli(checked_at) AS checked_ms
        FROM {database:Identifier}.verified_partitions FINAL`,
      query_params: { database },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    const rows = await result.json<{
      incarnation: string;
      partition: number;
      through: number;
      head: number;
      checked_ms: number;
    }>();
    return new Map(
      rows.map(({ incarnation, partition, through, head, checked_ms }) => [
        shardName({ incarnation: Buffer.from(incarnation, 'hex'), partition }),
        { through_offset: through, checked_offset: head, checked_at: new Date(checked_ms).toISOString() },
      ]),
    );
  };
  let known: { shards: Promise<Map<string, VerifiedShard>>; atMs: number } | undefined;
  return () => {
    if (!known || performance.now() - known.atMs > maxAgeMs) {
      const shards = read();
      known = { shards, atMs: performance.now() };
      shards.catch(() => {
        known = undefined;
      });
    }
    return known.shards;
  };
}
