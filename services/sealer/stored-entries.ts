import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import { fetchRowBinary } from '../core/rows/index.js';
import { RowBinaryReader } from '../core/rows/row-binary.js';
import type { LogEntry } from '../core/tlog/index.js';

/** Entries of records that Kafka has let go of, out of `batches`, which holds every field of an entry. */
export interface StoredEntries {
  /** Offset of the oldest, undefined where there is none. */
  first(): Promise<number | undefined>;
  /** At most `limit` of [from, below), in the order of offsets. */
  read(range: { from: number; below: number; limit: number }): Promise<LogEntry[]>;
}

export function createStoredEntries({
  clickhouse,
  database,
  incarnation,
  partition,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  incarnation: Buffer;
  partition: number;
}): StoredEntries {
  const here = 'incarnation = unhex({incarnation:String}) AND partition = {partition:UInt32}';
  const params = { database, incarnation: incarnation.toString('hex'), partition };
  return {
    async first() {
      const answer = await clickhouse.query({
        query: `SELECT min(offset) AS first FROM {database:Identifier}.batches WHERE ${here} HAVING count() > 0`,
        query_params: params,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      const [row] = await answer.json<{ first: number }>();
      return row?.first;
    },
    async read({ from, below, limit }) {
      const bytes = await fetchRowBinary({
        clickhouse,
        query: `SELECT offset, append_time, value_hash, header, signature FROM {database:Identifier}.batches
          WHERE ${here} AND offset >= {from:UInt64} AND offset < {below:UInt64} ORDER BY offset LIMIT {limit:UInt32}`,
        params: { ...params, from, below, limit },
      });
      const reader = new RowBinaryReader(bytes);
      const entries: LogEntry[] = [];
      while (!reader.done) {
        const [offset, appendTimeMs] = [reader.long(false), reader.long(true)];
        const [valueHash, header, signature] = [reader.fixed(32), reader.blob(), reader.blob()];
        const signed = header.length > 0 ? { header, signature } : undefined;
        entries.push({ incarnation, partition, offset, appendTimeMs, valueHash, signed });
      }
      return entries;
    },
  };
}
