import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import { listAction, listedIn, listProducerId } from '../core/erasure/index.js';
import type { ErasureList } from '../core/judge/index.js';

/** Which parts the erasure events in the log name (docs/decisions/0041): what may be missing from a row that is as it was signed. */
export interface NamedErasures {
  /** Reads what has come since the last call. */
  refresh(): Promise<void>;
  has: ErasureList;
}

interface ListRow {
  types: string[];
  ids: string[];
  appended: number;
}

/** Rows that became visible late are read once more; to be named twice changes nothing. */
const overlapMs = 10 * 60_000;
const rowsAtOnce = 2_000;

/**
 * From rows of `events` that a record of the gateway's key stands behind. That those rows and records are themselves as they were signed, whoever
 * checks everything finds out on the way: a forged list is a difference of its own.
 */
export function createNamedErasures({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): NamedErasures {
  const named = new Set<string>();
  const keyOf = (hash: string, index: number, part: string): string => `${hash} ${index} ${part}`;
  let newestMs = 0;

  const page = async (fromMs: number, skip: number): Promise<ListRow[]> => {
    const result = await clickhouse.query({
      query: `SELECT related_type AS types, related_id AS ids, toUnixTimestamp64Milli(append_time) AS appended
        FROM {database:Identifier}.events
        WHERE action = {action:String} AND scope = 'system' AND append_time >= fromUnixTimestamp64Milli({from:Int64})
          AND (incarnation, partition, offset) IN (
            SELECT incarnation, partition, offset FROM {database:Identifier}.batches
            WHERE producer_id = {producer:String} AND append_time >= fromUnixTimestamp64Milli({from:Int64}))
        ORDER BY append_time, partition, offset, idx LIMIT {limit:UInt32} OFFSET {skip:UInt32}`,
      query_params: {
        database,
        action: listAction,
        producer: listProducerId,
        from: fromMs,
        limit: rowsAtOnce,
        skip,
      },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<ListRow>();
  };

  return {
    async refresh() {
      const fromMs = Math.max(0, newestMs - overlapMs);
      for (let skip = 0; ; skip += rowsAtOnce) {
        const rows = await page(fromMs, skip);
        for (const { types, ids, appended } of rows) {
          const related = types.map((type, at) => ({ type, id: ids[at] ?? '' }));
          for (const { headerHash, index, part } of listedIn(related)) named.add(keyOf(headerHash, index, part));
          newestMs = Math.max(newestMs, appended);
        }
        if (rows.length < rowsAtOnce) return;
      }
    },
    has: (hash, index, part) => named.has(keyOf(hash, index, part)),
  };
}
