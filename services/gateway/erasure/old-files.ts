import type { ClickHouseClient } from '../../core/clients/clickhouse.js';

/** The tables whose files an erasure rewrites. */
const tables = ['events', 'batches', 'quarantine', 'alert_findings'];

/**
 * Files that ClickHouse has replaced and not deleted yet (`old_parts_lifetime`, eight minutes unless set otherwise): what was erased is in them until
 * then. `untilMs` is ClickHouse's own clock; what is replaced later was written after the erasure.
 */
export interface OldFiles {
  now(): Promise<number>;
  left(untilMs: number): Promise<number>;
}

export function createOldFiles({ clickhouse, database }: { clickhouse: ClickHouseClient; database: string }): OldFiles {
  const ask = async <T>(query: string, params: Record<string, unknown>): Promise<T> => {
    const result = await clickhouse.query({
      query,
      query_params: params,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return (await result.json<T>())[0]!;
  };
  return {
    async now() {
      return (await ask<{ ms: number }>('SELECT toUnixTimestamp64Milli(now64(3)) AS ms', {})).ms;
    },
    async left(untilMs) {
      const { parts } = await ask<{ parts: number }>(
        `SELECT count() AS parts FROM system.parts WHERE database = {database:String} AND table IN (${tables.map((name) => `'${name}'`).join(', ')})
           AND NOT active AND toUnixTimestamp(remove_time) * 1000 <= {until:Int64}`,
        { database, until: untilMs },
      );
      return parts;
    },
  };
}
