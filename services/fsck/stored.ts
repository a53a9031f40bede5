import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import { type BatchRow, batchColumns, decodeBatchRows, eventColumns, fetchRowBinary } from '../core/rows/index.js';

/** Offsets of one partition of one incarnation of the topic: from, and up to and without. */
export interface Stretch {
  incarnation: Buffer;
  partition: number;
  from: number;
  to: number;
}

/** A partition as the tables hold it. */
export interface StoredPartition {
  incarnation: Buffer;
  partition: number;
  /** First offset stored, and the first above all that is. */
  first: number;
  next: number;
  records: number;
}

export interface QuarantineRow {
  offset: number;
  /** Empty where the record was refused whole. */
  refused: number[];
}

/** All organizations' rows as they lie in ClickHouse: what is checked. */
export interface StoredRows {
  /** By partition, then by age of the incarnation. */
  partitions(): Promise<StoredPartition[]>;
  /** By offset. */
  records(stretch: Stretch): Promise<BatchRow[]>;
  /** By offset and index, in RowBinary of `eventColumns`. */
  events(stretch: Stretch): Promise<Buffer>;
  quarantine(stretch: Stretch): Promise<QuarantineRow[]>;
  /** The last registry marker below an offset that was not refused. */
  markerBelow(place: Omit<Stretch, 'from' | 'to'> & { offset: number }): Promise<BatchRow | undefined>;
  /** Events that a stretch's records took in, and the records, so that a stretch of bearable size can be chosen. */
  sizes(stretch: Stretch): Promise<{ from: number; records: number; events: number }[]>;
  /** Rows of `events` of no known partition, or outside of what `batches` holds of it: of each partition at most the first and the last twenty. */
  strays(known: readonly StoredPartition[]): Promise<EventPlace[]>;
}

export interface EventPlace {
  incarnation: Buffer;
  partition: number;
  offset: number;
  idx: number;
}

const here = `incarnation = unhex({incarnation:String}) AND partition = {partition:UInt32}`;
const within = `${here} AND offset >= {from:UInt64} AND offset < {to:UInt64}`;
/** Records counted together by `sizes`. */
export const sizeStep = 256;
const someStrays = 20;

export function createStoredRows({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): StoredRows {
  const of = ({ incarnation, ...rest }: { incarnation: Buffer; partition: number } & Record<string, unknown>) => ({
    ...rest,
    incarnation: incarnation.toString('hex'),
    database,
  });
  const binary = (query: string, params: Record<string, unknown>): Promise<Buffer> =>
    fetchRowBinary({ clickhouse, query, params });
  const objects = async <T>(query: string, params: Record<string, unknown>): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: {
        output_format_json_quote_64bit_integers: 0,
        prefer_column_name_to_alias: 1,
        wait_end_of_query: 1,
      },
    });
    return result.json<T>();
  };
  const batches = (where: string, params: Record<string, unknown>): Promise<BatchRow[]> =>
    binary(`SELECT ${batchColumns.join(', ')} FROM {database:Identifier}.batches WHERE ${where}`, params).then(
      decodeBatchRows,
    );

  return {
    async partitions() {
      const rows = await objects<{ life: string; partition: number; first: number; next: number; records: number }>(
        `SELECT hex(incarnation) AS life, partition, min(offset) AS first, max(offset) + 1 AS next, count() AS records
         FROM {database:Identifier}.batches GROUP BY incarnation, partition ORDER BY partition, min(append_time)`,
        {},
      );
      return rows.map(({ life, ...row }) => ({ ...row, incarnation: Buffer.from(life, 'hex') }));
    },
    records: (stretch) => batches(`${within} ORDER BY offset`, of({ ...stretch })),
    events: (stretch) =>
      binary(
        `SELECT ${eventColumns.join(', ')} FROM {database:Identifier}.events WHERE ${within} ORDER BY offset, idx`,
        of({ ...stretch }),
      ),
    quarantine: (stretch) =>
      objects<QuarantineRow>(
        `SELECT offset, event_idx AS refused FROM {database:Identifier}.quarantine WHERE ${within} ORDER BY offset`,
        of({ ...stretch }),
      ),
    async markerBelow(place) {
      const [marker] = await batches(
        `${here} AND offset < {offset:UInt64} AND record_kind = 'registry' AND disposition != 'quarantined'
         ORDER BY offset DESC LIMIT 1`,
        of(place),
      );
      return marker;
    },
    sizes: (stretch) =>
      objects(
        `SELECT intDiv(offset, ${sizeStep}) * ${sizeStep} AS from, count() AS records, sum(length(accepted)) AS events
         FROM {database:Identifier}.batches WHERE ${within} GROUP BY from ORDER BY from`,
        of({ ...stretch }),
      ),
    async strays(known) {
      const params: Record<string, unknown> = {};
      const inside = known.map(({ incarnation, partition, first, next }, at) => {
        Object.assign(params, { [`life${at}`]: incarnation.toString('hex') });
        return `(incarnation = unhex({life${at}:String}) AND partition = ${partition} AND offset >= ${first} AND offset < ${next})`;
      });
      const where = inside.length === 0 ? '1' : `NOT (${inside.join(' OR ')})`;
      const ends = await Promise.all(
        ['ASC', 'DESC'].map((order) =>
          objects<{ life: string; partition: number; offset: number; idx: number }>(
            `SELECT hex(incarnation) AS life, partition, offset, idx FROM {database:Identifier}.events WHERE ${where}
             ORDER BY offset ${order}, idx LIMIT ${someStrays} BY incarnation, partition`,
            params,
          ),
        ),
      );
      const places = new Map(ends.flat().map((row) => [`${row.life}/${row.partition}/${row.offset}/${row.idx}`, row]));
      return [...places.values()]
        .sort((a, b) => a.partition - b.partition || a.offset - b.offset || a.idx - b.idx)
        .map(({ life, ...row }) => ({ ...row, incarnation: Buffer.from(life, 'hex') }));
    },
  };
}
