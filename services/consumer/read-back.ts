import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import type { Table } from './blocks/index.js';
import { type StoredRows, tokenIsHeld } from './delivery.js';
import type { Intent } from './intent.js';
import { rangeDigest } from './range.js';

/** What the tables hold of one partition of one incarnation. */
export interface ReadBack {
  /** Per table, the first offset above the newest row at or above `from`; 0 where there is none. */
  above(from: number): Promise<Record<Table, number>>;
  /** The first offset above the newest row of `batches` below `below`; 0 where there is none. */
  doneAbove(below: number): Promise<number>;
  /** The rows of `batches` in a range, and the digest of their values' hashes. */
  intended(range: { first: number; last: number }): Promise<{ rows: number; distinct: number; digest: string }>;
  /** H(value) of a done record, hex; undefined where it has no row. */
  valueHash(offset: number): Promise<string | undefined>;
  /** Whether the table has no replicas: what was inserted before is counted. */
  isAlone(table: Table): Promise<boolean>;
  /** What each table holds of a range. */
  stored(intent: Intent): Promise<Record<Table, StoredRows>>;
}

/** What tells two rows of a table apart, within a partition. */
const rowKeys: Record<Table, string> = { events: '(offset, idx)', quarantine: 'offset', batches: 'offset' };

export function createReadBack({
  clickhouse,
  database,
  incarnation,
  partition,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  incarnation: Buffer;
  partition: number;
}): ReadBack {
  const here = 'incarnation = unhex({incarnation:String}) AND partition = {partition:UInt32}';
  const inRange = `${here} AND offset BETWEEN {first:UInt64} AND {last:UInt64}`;

  const ask = async <T>(query: string, params: Record<string, unknown> = {}): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, incarnation: incarnation.toString('hex'), partition, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };
  const from = (table: Table): string => `FROM {database:Identifier}.${table}`;
  const forEachTable = async <T>(work: (table: Table) => Promise<T>): Promise<Record<Table, T>> => {
    const [events, quarantine, batches] = await Promise.all([work('events'), work('quarantine'), work('batches')]);
    return { events, quarantine, batches };
  };

  const madeOf = async (table: Table): Promise<{ engine: string; engine_full: string; newest: number } | undefined> => {
    const [made] = await ask<{ engine: string; engine_full: string; newest: number }>(
      `SELECT engine, engine_full, (SELECT max(max_block_number) FROM system.parts
         WHERE database = {database:String} AND table = {table:String}) AS newest
       FROM system.tables WHERE database = {database:String} AND name = {table:String}`,
      { table },
    );
    return made;
  };

  /** Whether rows of a range came with a token that ClickHouse surely remembers. */
  const holdsToken = async (table: Table, oldestBlock: number): Promise<boolean> => {
    const made = await madeOf(table);
    // Block numbers count the blocks of a whole table only where the engine is not a replicated one.
    if (made?.engine !== 'MergeTree') return false;
    const windowBlocks = Number(/\bnon_replicated_deduplication_window = (\d+)/.exec(made.engine_full)?.[1] ?? 0);
    return tokenIsHeld({ windowBlocks, blocksSince: made.newest - oldestBlock });
  };

  return {
    above: (offset) =>
      forEachTable(async (table) => {
        const query = `SELECT if(count() = 0, 0, max(offset) + 1) AS above ${from(table)} WHERE ${here} AND offset >= {offset:UInt64}`;
        const [row] = await ask<{ above: number }>(query, { offset });
        return row!.above;
      }),

    async doneAbove(below) {
      const query = `SELECT offset + 1 AS above ${from('batches')} WHERE ${here} AND offset < {below:UInt64} ORDER BY offset DESC LIMIT 1`;
      const [row] = await ask<{ above: number }>(query, { below });
      return row?.above ?? 0;
    },

    async intended({ first, last }) {
      const query = `SELECT offset, lower(hex(value_hash)) AS hash ${from('batches')} WHERE ${inRange} ORDER BY offset`;
      const rows = await ask<{ offset: number; hash: string }>(query, { first, last });
      return {
        rows: rows.length,
        distinct: new Set(rows.map(({ offset }) => offset)).size,
        digest: rangeDigest(rows.map(({ hash }) => Buffer.from(hash, 'hex'))),
      };
    },

    async valueHash(offset) {
      const query = `SELECT lower(hex(value_hash)) AS hash ${from('batches')} WHERE ${here} AND offset = {offset:UInt64}`;
      const [row] = await ask<{ hash: string }>(query, { offset });
      return row?.hash;
    },

    isAlone: async (table) => (await madeOf(table))?.engine === 'MergeTree',

    stored: (intent) =>
      forEachTable(async (table) => {
        const oldest = "min(toInt64OrZero(splitByChar('_', _part)[2]))";
        const query = `SELECT count() AS rows, uniqExact(${rowKeys[table]}) AS distinct, ${oldest} AS oldest
          ${from(table)} WHERE ${inRange}`;
        const [row] = await ask<{ rows: number; distinct: number; oldest: number }>(query, {
          first: intent.first,
          last: intent.last,
        });
        const { rows, distinct, oldest: oldestBlock } = row!;
        // Whether the range is there in part is the caller's to say; whether its token is held costs a query only where rows are.
        const tokenHeld = rows > 0 && (await holdsToken(table, oldestBlock));
        return { rows, distinct, tokenHeld };
      }),
  };
}
