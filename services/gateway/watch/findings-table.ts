import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Finding } from '../../core/judge/index.js';

/** By partition the offset of the next record to look at. */
export type Positions = ReadonlyMap<number, number>;

/** A record of which the judge found something, as the consumer stored it. */
export interface FoundRecord {
  partition: number;
  offset: number;
  /** Milliseconds since 1970. */
  appendedAtMs: number;
  findings: readonly Finding[];
  producerId: string;
  keyId: string;
  epoch: string;
  lane: number;
  firstSeq: number;
  count: number;
  headerHash: string;
}

/** Findings in `batches`, by partition and offset, and how far they have been looked at. */
export interface FindingsTable {
  /** Of the partitions that have records at or behind their position: the newest. */
  newest(positions: Positions): Promise<Map<number, number>>;
  /** At most `limit` records from the positions up to these offsets, by partition and offset. */
  read(positions: Positions, newest: ReadonlyMap<number, number>, limit: number): Promise<FoundRecord[]>;
  /** The sequence that the record's lane had reached below it. */
  reached(record: FoundRecord): Promise<number>;
  load(): Promise<Map<number, number>>;
  save(positions: Positions): Promise<void>;
}

const queryTimeoutMs = 10_000;
/** The others are no cause for anybody to look. */
const told: readonly string[] = ['gap', 'gap_closed', 'broken_chain', 'epoch_fork', 'equivocation'];

export function createFindingsTable({
  clickhouse,
  database,
  incarnation,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  /** Of the events topic. */
  incarnation: Buffer;
}): FindingsTable {
  const id = incarnation.toString('hex');
  const select = async <T>(query: string, params: Record<string, unknown> = {}): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, incarnation: id, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      abort_signal: AbortSignal.timeout(queryTimeoutMs),
    });
    return result.json<T>();
  };
  /** Along the order of the table, so that what was looked at is not read again. Numbers only. */
  const from = (positions: Positions): string =>
    [...positions].map(([partition, next]) => `(partition = ${partition} AND offset >= ${next})`).join(' OR ');

  return {
    async newest(positions) {
      if (positions.size === 0) return new Map();
      const rows = await select<{ partition: number; newest: number }>(
        `SELECT partition, max(offset) AS newest FROM {database:Identifier}.batches
         WHERE incarnation = unhex({incarnation:String}) AND (${from(positions)}) GROUP BY partition`,
      );
      return new Map(rows.map(({ partition, newest }) => [partition, newest]));
    },
    async read(positions, newest, limit) {
      const within = [...newest].map(
        ([partition, last]) =>
          `(partition = ${partition} AND offset >= ${positions.get(partition) ?? 0} AND offset <= ${last})`,
      );
      if (within.length === 0) return [];
      const rows = await select<Omit<FoundRecord, 'findings'> & { codes: Finding['code'][]; details: string[] }>(
        `SELECT partition, offset, toUnixTimestamp64Milli(append_time) AS appendedAtMs, finding_codes AS codes,
           finding_details AS details, producer_id AS producerId, lower(hex(key_id)) AS keyId, lower(hex(epoch)) AS epoch,
           lane, first_seq AS firstSeq, count, lower(hex(header_hash)) AS headerHash
         FROM {database:Identifier}.batches
         WHERE incarnation = unhex({incarnation:String}) AND hasAny(finding_codes, {told:Array(String)})
           AND (${within.join(' OR ')})
         ORDER BY partition, offset LIMIT {limit:UInt32}`,
        { told, limit },
      );
      return rows.map(({ codes, details, ...record }) => ({
        ...record,
        findings: codes
          .map((code, at) => ({ code, detail: details[at] ?? '' }))
          .filter(({ code }) => told.includes(code)),
      }));
    },
    async reached({ partition, offset, producerId, epoch, lane }) {
      const [row] = await select<{ next: number }>(
        `SELECT max(first_seq + count) AS next FROM {database:Identifier}.batches
         WHERE incarnation = unhex({incarnation:String}) AND partition = {partition:UInt32} AND offset < {offset:UInt64}
           AND epoch = unhex({epoch:String}) AND lane = {lane:UInt32} AND producer_id = {producer:String}
           AND disposition IN ('accepted', 'partial')`,
        { partition, offset, epoch, lane, producer: producerId },
      );
      return row?.next ?? 0;
    },
    async load() {
      const rows = await select<{ partition: number; next: number }>(
        `SELECT partition, max(next) AS next FROM {database:Identifier}.findings_watched
         WHERE incarnation = {incarnation:String} GROUP BY partition`,
      );
      return new Map(rows.map(({ partition, next }) => [partition, next]));
    },
    async save(positions) {
      await clickhouse.insert({
        table: `${database}.findings_watched`,
        format: 'JSONEachRow',
        values: [...positions].map(([partition, next]) => ({ incarnation: id, partition, next })),
        abort_signal: AbortSignal.timeout(queryTimeoutMs),
      });
    },
  };
}
