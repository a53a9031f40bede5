import { Readable } from 'node:stream';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { ListedPart } from '../../core/erasure/index.js';

/** A part that an erasure found, with what will stand in for it and where its event lies. */
export interface FoundPart extends ListedPart {
  /** Hex, 32 bytes. */
  digest: string;
  /** UUID text. */
  eventId: string;
  /** Hex. */
  incarnation: string;
  partition: number;
  offset: number;
  appendTimeMs: number;
  source: 'events' | 'quarantine';
}

/** Some of an erasure's parts that lie together: rows of one month, by place. Both ends are in it. */
export interface Chunk {
  erasureId: string;
  /** YYYYMM: the partition of the tables. */
  month: number;
  from: { partition: number; offset: number };
  to: { partition: number; offset: number };
}

/** The standing list, as the erasing side writes and reads it. */
export interface PartTable {
  /**
   * Of these parts, those that no erasure has named yet; and those that only others have named and not taken out, as they are named. What
   * stands in for a part is said once: where its salt is gone already, it cannot be computed again.
   */
  notOwn(
    parts: readonly FoundPart[],
    erasureId: string,
  ): Promise<{ unlisted: FoundPart[]; others: (FoundPart & { listedIn: string })[] }>;
  /** `listedIn`: the event that names each, in the order of the parts. */
  insert(
    parts: readonly FoundPart[],
    options: { erasureId: string; listedIn: (part: FoundPart) => string },
  ): Promise<void>;
  /** How much an erasure has named. */
  counts(erasureId: string): Promise<{ events: number; partsListed: number; records: number; quarantined: number }>;
  /** An erasure's parts in pieces of at most `most`, records whole. */
  chunks(erasureId: string, most: number): AsyncGenerator<Chunk>;
}

/** A statement names at most so many parts. */
const mostInStatement = 5_000;

export function createPartTable({
  clickhouse,
  database,
  now = Date.now,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  now?: () => number;
}): PartTable {
  const rows = async <T>(query: string, params: Record<string, unknown>): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0, wait_end_of_query: 1 },
    });
    return result.json<T>();
  };
  const keyOf = ({ headerHash, index, part }: ListedPart): string => `${headerHash}/${index}/${part}`;

  return {
    async notOwn(parts, erasureId) {
      const known = new Map<string, { digest: string; listedIn: string; own: number }>();
      for (let at = 0; at < parts.length; at += mostInStatement) {
        const hashes = [...new Set(parts.slice(at, at + mostInStatement).map(({ headerHash }) => headerHash))];
        // In the text: hex digits only, and too many for an address.
        const list = hashes.map((hash) => `unhex('${checkedHash(hash)}')`).join(', ');
        const found = await rows<ListedPart & { digestHex: string; listedIn: string; own: number }>(
          `SELECT lower(hex(header_hash)) AS headerHash, idx AS index, part, lower(hex(any(digest))) AS digestHex,
             toString(any(listed_in)) AS listedIn, max(erasure_id = {erasure:UUID}) AS own
           FROM {database:Identifier}.erased_parts
           WHERE erased_parts.header_hash IN (${list}) GROUP BY header_hash, idx, part`,
          { erasure: erasureId },
        );
        for (const { digestHex: digest, listedIn, own, ...part } of found) {
          known.set(keyOf(part), { digest, listedIn, own });
        }
      }
      return {
        unlisted: parts.filter((part) => !known.has(keyOf(part))),
        others: parts.flatMap((part) => {
          const named = known.get(keyOf(part));
          return named && named.own === 0 ? [{ ...part, digest: named.digest, listedIn: named.listedIn }] : [];
        }),
      };
    },

    async insert(parts, { erasureId, listedIn }) {
      if (parts.length === 0) return;
      const listedAt = BigInt(now());
      const rows = parts.map((part) => rowBinaryOf(part, { erasureId, listedIn: listedIn(part), listedAt }));
      const { stream } = await clickhouse.exec({
        query: `INSERT INTO {database:Identifier}.erased_parts (${columns.join(', ')}) FORMAT RowBinary`,
        query_params: { database },
        values: Readable.from(rows, { objectMode: false }),
      });
      for await (const _ of stream);
    },

    async counts(erasureId) {
      const [row] = await rows<{ events: number; partsListed: number; records: number; quarantined: number }>(
        `SELECT uniqExact(header_hash, idx) AS events, uniqExact(header_hash, idx, part) AS partsListed, uniqExact(header_hash) AS records,
           uniqExactIf((incarnation, partition, offset), source = 'quarantine') AS quarantined
         FROM {database:Identifier}.erased_parts WHERE erasure_id = {erasure:UUID}`,
        { erasure: erasureId },
      );
      return row!;
    },

    async *chunks(erasureId, most) {
      let after = { month: 0, partition: 0, offset: -1 };
      for (;;) {
        const places = await rows<{ month: number; partition: number; offset: number; parts: number }>(
          `SELECT toYYYYMM(append_time) AS month, partition, offset, uniqExact(header_hash, idx, part) AS parts
           FROM {database:Identifier}.erased_parts
           WHERE erasure_id = {erasure:UUID} AND source = 'events'
             AND (toYYYYMM(append_time), partition, toInt64(offset)) > ({month:UInt32}, {partition:UInt32}, {offset:Int64})
           GROUP BY month, partition, offset ORDER BY month, partition, offset LIMIT {most:UInt32}`,
          { erasure: erasureId, most, ...after },
        );
        const [first] = places;
        if (!first) return;
        let parts = 0;
        const own = places.filter(({ month, parts: more }) => {
          parts += more;
          return month === first.month && (parts <= most || parts === more);
        });
        const last = own.at(-1)!;
        yield { erasureId, month: first.month, from: first, to: last };
        after = last;
      }
    },
  };
}

/** Goes into the text of statements. */
function checkedHash(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new Error(`${JSON.stringify(hash)} is no hash`);
}

const columns = [
  'header_hash',
  'idx',
  'part',
  'digest',
  'erasure_id',
  'event_id',
  'incarnation',
  'partition',
  'offset',
  'append_time',
  'source',
  'listed_in',
  'listed_at',
] as const;

/** A row of `columns` (https://clickhouse.com/docs/interfaces/formats/RowBinary): JSON has no bytes. */
function rowBinaryOf(
  part: FoundPart,
  { erasureId, listedIn, listedAt }: { erasureId: string; listedIn: string; listedAt: bigint },
): Buffer {
  const numbers = Buffer.alloc(21);
  numbers.writeUInt32LE(part.partition, 0);
  numbers.writeBigUInt64LE(BigInt(part.offset), 4);
  numbers.writeBigInt64LE(BigInt(part.appendTimeMs), 12);
  numbers.writeInt8(part.source === 'events' ? 0 : 1, 20);
  const index = Buffer.alloc(3);
  index.writeUInt16LE(part.index, 0);
  index.writeInt8(part.part === 'identity' ? 0 : 1, 2);
  const listed = Buffer.alloc(8);
  listed.writeBigInt64LE(listedAt);
  return Buffer.concat([
    Buffer.from(checkedHash(part.headerHash), 'hex'),
    index,
    Buffer.from(checkedHash(part.digest), 'hex'),
    uuidBinary(erasureId),
    uuidBinary(part.eventId),
    Buffer.from(part.incarnation, 'hex'),
    numbers,
    uuidBinary(listedIn),
    listed,
  ]);
}

/** Two numbers, each half's bytes reversed. */
function uuidBinary(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 8).reverse();
  bytes.subarray(8).reverse();
  return bytes;
}
