import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { ErasablePartName } from '../../core/erasure/index.js';
import { checkedUuid } from './erasure-table.js';
import type { Chunk } from './part-table.js';
import { columnsOf } from './subject.js';

/**
 * Takes erased parts out of `events` and their salts out of `batches`, as mutations. Statements hold no value: digests come from
 * `erased_parts`, and the salts that remain are computed from the seed where the seed lies. What was done is left out when done again.
 */
export interface Rewriter {
  /** Values out, digests in. Resolves once every part of the table is rewritten. */
  events(chunk: Chunk, parts: readonly ErasablePartName[]): Promise<void>;
  /** Salts of the chunk's parts out, on every record that carries the same header. */
  salts(chunk: Chunk): Promise<void>;
  /** Records that still hold a salt of the chunk's parts. */
  unsalted(chunk: Chunk): Promise<number>;
}

/** A fixed string with all its bytes: toString() and every implicit conversion cut zero bytes off its end. */
const asString = (column: string): string => `unhex(hex(${column}))`;

/** A mutation may read the table of lists; waits for all replicas. */
const settings = { mutations_sync: '2', allow_nondeterministic_mutations: 1 } as const;

export function createRewriter({ clickhouse, database }: { clickhouse: ClickHouseClient; database: string }): Rewriter {
  const db = quoted(database);
  const listed = ({ erasureId, month, from, to }: Chunk): string =>
    `${db}.erased_parts WHERE erasure_id = '${checkedUuid(erasureId)}' AND source = 'events'
      AND toYYYYMM(append_time) = ${whole(month)}
      AND (partition, offset) >= (${whole(from.partition)}, ${whole(from.offset)})
      AND (partition, offset) <= (${whole(to.partition)}, ${whole(to.offset)})`;

  const place = `concat(hex(incarnation), '/', toString(partition), '/', toString(offset), '/', toString(idx))`;
  const eventUpdate = (chunk: Chunk, part: ErasablePartName): string => {
    const own = `(SELECT ${place} AS place, ${asString('any(digest)')} AS digest FROM ${listed(chunk)} AND part = '${part}' GROUP BY place ORDER BY place)`;
    const digest = `transform(${place}, (SELECT groupArray(place) FROM ${own}), (SELECT groupArray(digest) FROM ${own}), ${part}_digest)`;
    return `UPDATE ${part}_digest = ${digest}, ${columnsOf[part].map((name) => `${name} = ''`).join(', ')}
      IN PARTITION ID '${whole(chunk.month)}'
      WHERE ${part}_digest = '' AND offset >= ${lowest(chunk)} AND offset <= ${highest(chunk)}
        AND (incarnation, partition, offset, idx) IN
          (SELECT incarnation, partition, offset, idx FROM ${listed(chunk)} AND part = '${part}')`;
  };

  /** By header hash: the numbers of the 16-byte blocks that go, as `,1,5,`. */
  const gone = (chunk: Chunk): { hashes: string; blocks: string } => {
    const own = `(SELECT ${asString('header_hash')} AS hash,
        concat(',', arrayStringConcat(arraySort(groupUniqArray(2 * idx + toUInt32(part = 'content'))), ','), ',') AS blocks
      FROM ${listed(chunk)} GROUP BY header_hash ORDER BY hash)`;
    return { hashes: `(SELECT groupArray(hash) FROM ${own})`, blocks: `(SELECT groupArray(blocks) FROM ${own})` };
  };
  const zeroSalt = `repeat(char(0), 16)`;
  /** The seal's keystream (AES-256-CTR of the seed, zero IV) with the erased blocks zero. */
  const remaining = (chunk: Chunk): string => {
    const { hashes, blocks } = gone(chunk);
    const all = `if(salt_seed = '', salts, encrypt('aes-256-ctr', repeat(char(0), toUInt32(32 * count)), salt_seed, ${zeroSalt}))`;
    return `arrayStringConcat(arrayMap(block -> if(
        position(transform(header_hash, ${hashes}, ${blocks}, ''), concat(',', toString(block), ',')) > 0,
        ${zeroSalt}, substring(${all}, block * 16 + 1, 16)), range(toUInt32(2 * count))))`;
  };
  const ofChunk = (chunk: Chunk): string =>
    `header_hash IN (SELECT ${asString('header_hash')} FROM ${listed(chunk)}) AND leaves != ''`;

  return {
    async events(chunk, parts) {
      for (const part of parts) {
        await clickhouse.command({
          query: `ALTER TABLE ${db}.events ${eventUpdate(chunk, part)}`,
          clickhouse_settings: settings,
        });
      }
    },
    async salts(chunk) {
      await clickhouse.command({
        query: `ALTER TABLE ${db}.batches UPDATE salts = ${remaining(chunk)}, salt_seed = '' WHERE ${ofChunk(chunk)}`,
        clickhouse_settings: settings,
      });
    },
    async unsalted(chunk) {
      const result = await clickhouse.query({
        query: `SELECT count() AS records FROM ${db}.batches
          WHERE ${ofChunk(chunk)} AND (salt_seed != '' OR salts != ${remaining(chunk)})`,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0, wait_end_of_query: 1 },
      });
      const [row] = await result.json<{ records: number }>();
      return row!.records;
    },
  };
}

/** Offsets of several partitions lie between these; what is between and not listed is left alone. */
const lowest = ({ from, to }: Chunk): number => (from.partition === to.partition ? from.offset : 0);
const highest = ({ from, to }: Chunk): string =>
  from.partition === to.partition ? String(whole(to.offset)) : '18446744073709551615';

function whole(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${value} is no whole number`);
}

function quoted(database: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(database)) return `\`${database}\``;
  throw new Error(`${JSON.stringify(database)} is no name of a database`);
}
