import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { RepairStopped } from './errors.js';
import { type RepairTable, repairTables } from './plan.js';

/** The rows of a partition of an incarnation, from an offset on. */
export interface Above {
  /** Hex. */
  incarnation: string;
  partition: number;
  from: number;
}

export interface RepairRows {
  count(table: RepairTable, above: Above): Promise<number>;
  counts(above: Above): Promise<Record<RepairTable, number>>;
  /** Resolves once no such row is there. */
  remove(table: RepairTable, above: Above): Promise<void>;
  /** Resolves once no insert into the tables is under way: a consumer that was killed may have left one. */
  settled(): Promise<void>;
}

/** As a mutation keeps it: without parameters. */
function written({ incarnation, partition, from }: Above): string {
  if (!/^[0-9a-f]{32}$/.test(incarnation) || !Number.isSafeInteger(partition) || !Number.isSafeInteger(from)) {
    throw new TypeError(`no place: ${incarnation}/${partition}/${from}`);
  }
  return `incarnation = unhex('${incarnation}') AND partition = ${partition} AND offset >= ${from}`;
}

const lookAgainMs = 100;
/** Longer than the consumer's inserts take at most. */
const mostInsertMs = 120_000;

export function createRepairRows({
  clickhouse,
  database,
  signal,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  signal: AbortSignal;
}): RepairRows {
  const where =
    'incarnation = unhex({incarnation:String}) AND partition = {partition:UInt32} AND offset >= {from:UInt64}';
  const ask = async <T>(query: string, params: object): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };
  const count = async (table: RepairTable, above: Above): Promise<number> => {
    const [row] = await ask<{ rows: number }>(
      `SELECT count() AS rows FROM {database:Identifier}.${table} WHERE ${where}`,
      above,
    );
    return row!.rows;
  };
  const failure = async (table: RepairTable): Promise<string | undefined> => {
    const [row] = await ask<{ reason: string }>(
      `SELECT latest_fail_reason AS reason FROM system.mutations
       WHERE database = {database:String} AND table = {table:String} AND NOT is_done AND latest_fail_reason != ''`,
      { table },
    );
    return row?.reason;
  };

  return {
    count,
    async counts(above) {
      const [batches, quarantine, events] = await Promise.all(repairTables.map((table) => count(table, above)));
      return { batches: batches!, quarantine: quarantine!, events: events! };
    },
    async remove(table, above) {
      // While one of these rows is there a consumer stands still. Without one it may be writing, and nothing is deleted any more.
      if ((await count(table, above)) === 0) return;
      await clickhouse.command({
        // Not a lightweight DELETE: that one only masks rows, and what an erasure would have to reach would stay in the files.
        query: `ALTER TABLE {database:Identifier}.${table} DELETE WHERE ${written(above)}`,
        query_params: { database },
        // It may take longer than a request: it is waited for below.
        clickhouse_settings: { mutations_sync: '0' },
      });
      while ((await count(table, above)) > 0) {
        const reason = await failure(table);
        if (reason) throw new RepairStopped('clickhouse_busy', `ClickHouse cannot delete from ${table}: ${reason}`);
        await sleep(lookAgainMs, undefined, { signal });
      }
    },
    async settled() {
      for (let waited = 0; ; waited += lookAgainMs) {
        const [row] = await ask<{ running: number }>(
          `SELECT count() AS running FROM system.processes WHERE current_database = {database:String}
             AND match(query, '^INSERT INTO (events|quarantine|batches) ')`,
          {},
        );
        if (row!.running === 0) return;
        if (waited >= mostInsertMs) {
          throw new RepairStopped(
            'clickhouse_busy',
            `an insert into ${database} is still under way after ${mostInsertMs / 1_000} seconds: a consumer that was not stopped? No row was deleted.`,
          );
        }
        await sleep(lookAgainMs, undefined, { signal });
      }
    },
  };
}
