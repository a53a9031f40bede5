import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { type BatchRow, batchColumns, decodeBatchRows, type EventRow, fetchRowBinary } from '../../core/rows/index.js';
import { queryProblem } from './clickhouse-errors.js';
import { defaultQueryLimits, limitSettings } from './scope.js';

/** What the gateway asks of `batches`: one row per Kafka record, no event and no tenant in it. */
export interface Records {
  /** The rows of the record that an event row says it came from: one, where nobody tampered. */
  of(row: Pick<EventRow, 'incarnation' | 'partition' | 'offset'>): Promise<BatchRow[]>;
  /** The last accepted registry marker below that place. */
  markerBelow(row: Pick<EventRow, 'incarnation' | 'partition' | 'offset'>): Promise<BatchRow | undefined>;
  /** Records of a partition at these offsets, ascending. */
  at(partition: PartitionPlace, offsets: readonly number[]): Promise<BatchRow[]>;
  /** Records at the offsets from `from` to below `to`, ascending; at most `limit`. */
  between(partition: PartitionPlace, from: number, to: number, limit: number): Promise<BatchRow[]>;
  /** Accepted registry markers between two offsets, ascending. */
  markersBetween(partition: PartitionPlace, from: number, to: number): Promise<BatchRow[]>;
  /** The records that stand before and after these in their lanes: named by their `prev`, or naming them. */
  beside(partition: PartitionPlace, batches: readonly BatchRow[]): Promise<BatchRow[]>;
  /**
   * First offset above the stored records, per partition. Everything below is whole in `events`: `batches` is written last. An answer
   * that is no older than `maxAgeMs` is given again.
   */
  stored(incarnation: Buffer, maxAgeMs?: number): Promise<Map<number, number>>;
  /** Incarnations that hold records, oldest first. */
  incarnations(): Promise<Buffer[]>;
}

export type PartitionPlace = Pick<EventRow, 'incarnation' | 'partition'>;

const accepted = "disposition IN ('accepted', 'partial', 'duplicate')";

export function createRecords({ clickhouse, database }: { clickhouse: ClickHouseClient; database: string }): Records {
  const settings = limitSettings(defaultQueryLimits);
  const known = new Map<string, Map<number, number>>();
  const askedAt = new Map<string, number>();
  const asking = new Map<string, Promise<Map<number, number>>>();

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw queryProblem(error, defaultQueryLimits);
    }
  };

  const read = (where: string, params: Record<string, unknown>): Promise<BatchRow[]> =>
    guarded(async () =>
      decodeBatchRows(
        await fetchRowBinary({
          clickhouse,
          query: `SELECT ${batchColumns.join(', ')} FROM {database:Identifier}.batches
            WHERE incarnation = unhex({incarnation:String}) AND partition = {partition:UInt32} AND ${where}`,
          params: { ...params, database },
          settings,
        }),
      ),
    );

  /** A verdict asks for the same rows from two sides at once: a question that is under way is not asked again. */
  const underWay = new Map<string, Promise<BatchRow[]>>();
  const select = (where: string, params: Record<string, unknown>): Promise<BatchRow[]> => {
    const key = JSON.stringify([where, params]);
    const running = underWay.get(key);
    if (running) return running;
    const started = read(where, params).finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  };

  const objects = <T>(query: string, params: Record<string, unknown>): Promise<T[]> =>
    guarded(async () => {
      const result = await clickhouse.query({
        query,
        query_params: { ...params, database },
        format: 'JSONEachRow',
        clickhouse_settings: { ...settings, output_format_json_quote_64bit_integers: 0, wait_end_of_query: 1 },
      });
      return result.json<T>();
    });

  const place = ({ incarnation, partition, offset }: Pick<EventRow, 'incarnation' | 'partition' | 'offset'>) => ({
    incarnation: incarnation.toString('hex'),
    partition,
    offset,
  });

  /** Positions only grow, so what is known already bounds what is read: the table's key is (partition, offset). */
  const advance = async (incarnation: string): Promise<Map<number, number>> => {
    const before = known.get(incarnation) ?? new Map<number, number>();
    const partitions = before.size === 0 ? 0 : Math.max(...before.keys()) + 1;
    const params: Record<string, unknown> = { incarnation, partitions };
    const above = Array.from({ length: partitions }, (_, partition) => {
      params[`next${partition}`] = before.get(partition) ?? 0;
      return `(partition = ${partition} AND offset >= {next${partition}:UInt64})`;
    });
    const rows = await objects<{ partition: number; next: number }>(
      `SELECT partition, max(offset) + 1 AS next FROM {database:Identifier}.batches
       WHERE incarnation = unhex({incarnation:String}) AND (${[...above, 'partition >= {partitions:UInt32}'].join(' OR ')})
       GROUP BY partition`,
      params,
    );
    const after = new Map([...before, ...rows.map(({ partition, next }): [number, number] => [partition, next])]);
    known.set(incarnation, after);
    askedAt.set(incarnation, performance.now());
    return after;
  };

  const at: Records['at'] = ({ incarnation, partition }, offsets) =>
    select('offset IN {offsets:Array(UInt64)} ORDER BY offset', {
      incarnation: incarnation.toString('hex'),
      partition,
      offsets,
    });

  return {
    of: ({ offset, ...partition }) => at(partition, [offset]),
    async markerBelow(row) {
      const [marker] = await select(
        `offset < {offset:UInt64} AND record_kind = 'registry' AND ${accepted} ORDER BY offset DESC LIMIT 1`,
        place(row),
      );
      return marker;
    },
    at,
    between: ({ incarnation, partition }, from, to, limit) =>
      select('offset >= {from:UInt64} AND offset < {to:UInt64} ORDER BY offset LIMIT {limit:UInt32}', {
        incarnation: incarnation.toString('hex'),
        partition,
        from,
        to,
        limit,
      }),
    markersBetween: ({ incarnation, partition }, from, to) =>
      select(
        `offset >= {from:UInt64} AND offset < {to:UInt64} AND record_kind = 'registry' AND ${accepted}
         ORDER BY offset LIMIT 10000`,
        { incarnation: incarnation.toString('hex'), partition, from, to },
      ),
    beside: ({ incarnation, partition }, batches) =>
      select(
        // Written out, as only a list of constants is looked up in the indices over hashes. Hexadecimal cannot say anything else.
        `(header_hash IN (${hexList(batches.map(({ prev }) => prev))}) OR prev IN (${hexList(batches.map(({ header_hash }) => header_hash))}))
         AND ${accepted} ORDER BY offset LIMIT 10000`,
        { incarnation: incarnation.toString('hex'), partition },
      ),
    async stored(incarnation, maxAgeMs = 0) {
      const key = incarnation.toString('hex');
      const at = askedAt.get(key);
      if (at !== undefined && performance.now() - at < maxAgeMs) return known.get(key)!;
      const running = asking.get(key);
      if (running) return running;
      const started = advance(key).finally(() => asking.delete(key));
      asking.set(key, started);
      return started;
    },
    async incarnations() {
      const rows = await objects<{ incarnation: string }>(
        `SELECT hex(incarnation) AS incarnation FROM {database:Identifier}.batches
         GROUP BY batches.incarnation ORDER BY min(append_time)`,
        {},
      );
      return rows.map((row) => Buffer.from(row.incarnation, 'hex'));
    },
  };
}

const hexList = (hashes: readonly Buffer[]): string =>
  hashes.map((hash) => `unhex('${hash.toString('hex')}')`).join(', ');
