import type { ClickHouseClient } from '../clients/clickhouse.js';
import { messageOf } from '../errors.js';
import type { ErasureList } from '../judge/index.js';
import type { Logger } from '../log.js';
import { fetchRowBinary } from '../rows/index.js';
import type { ErasablePartName } from './listed-parts.js';

/** Which parts are erased, as whoever keeps or shows events has to obey. */
export interface ErasedParts {
  /** How many records have erased parts. */
  readonly records: number;
  /** Whether the record has any. */
  names(headerHash: string): boolean;
  has: ErasureList;
}

/** Nothing is erased. */
export const nothingErased: ErasedParts = { records: 0, names: () => false, has: () => false };

/** Where an erased event lies. */
export interface ErasedPlace {
  /** Hex. */
  incarnation: string;
  partition: number;
  offset: number;
}

/** The standing list of erased parts (WIRE §8), as `erased_parts` holds it, in memory: about 200 bytes a record. */
export interface StandingList extends ErasedParts {
  /** Resolves once everything is read that is in the table at the call. */
  refresh(): Promise<void>;
  /** Calls back for parts that were not listed before, until the returned function is called. */
  onListed(callback: (place: ErasedPlace) => void): () => void;
  stop(): void;
}

/** Rows of a look: 35 bytes each. */
const pageRows = 200_000;
/** Rows are written with the clock of whoever writes, and may become visible later than newer ones. */
const overlapMs = 60_000;
const rowBytes = 32 + 2 + 1 + 16 + 4 + 8 + 8;

/** Empty until the first `refresh`, which whoever must obey it awaits. It is read again every `everyMs`; failures are logged. */
export function createStandingList({
  clickhouse,
  database,
  everyMs = 5_000,
  log,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  everyMs?: number;
  log: Logger;
}): StandingList {
  // A bit per part: of event i, 2i the identity and 2i + 1 the content.
  const byRecord = new Map<string, Uint8Array>();
  const listeners = new Set<(place: ErasedPlace) => void>();
  let newestMs = 0;

  const add = (hash: string, index: number, part: number): boolean => {
    const bit = index * 2 + part;
    let bits = byRecord.get(hash);
    if (!bits || bits.length <= bit >> 3) {
      const longer = new Uint8Array((bit >> 3) + 1);
      if (bits) longer.set(bits);
      bits = longer;
      byRecord.set(hash, bits);
    }
    const before = bits[bit >> 3]!;
    bits[bit >> 3] = before | (1 << (bit & 7));
    return bits[bit >> 3] !== before;
  };

  const take = (rows: Buffer): void => {
    for (let at = 0; at < rows.length; at += rowBytes) {
      const isNew = add(rows.toString('hex', at, at + 32), rows.readUInt16LE(at + 32), rows.readInt8(at + 34));
      newestMs = Math.max(newestMs, Number(rows.readBigInt64LE(at + 63)));
      if (!isNew) continue;
      const place = {
        incarnation: rows.toString('hex', at + 35, at + 51),
        partition: rows.readUInt32LE(at + 51),
        offset: Number(rows.readBigUInt64LE(at + 55)),
      };
      for (const listener of listeners) listener(place);
    }
  };

  /** By key, so that no page holds more than a bounded number of rows. */
  const read = async (): Promise<void> => {
    const since = Math.max(0, newestMs - overlapMs);
    let after: { hash: string; idx: number; part: number } | undefined;
    for (;;) {
      const rows = await fetchRowBinary({
        clickhouse,
        query: `SELECT header_hash, idx, part, any(incarnation), any(partition), any(offset), max(listed_at)
          FROM {database:Identifier}.erased_parts
          WHERE listed_at >= fromUnixTimestamp64Milli({since:Int64})
            ${after ? 'AND (header_hash, idx, toInt8(part)) > (unhex({hash:String}), {idx:UInt16}, {part:Int8})' : ''}
          GROUP BY header_hash, idx, part ORDER BY header_hash, idx, part LIMIT ${pageRows}`,
        params: { database, since, ...after },
      });
      take(rows);
      if (rows.length < pageRows * rowBytes) return;
      const last = rows.length - rowBytes;
      after = {
        hash: rows.toString('hex', last, last + 32),
        idx: rows.readUInt16LE(last + 32),
        part: rows.readInt8(last + 34),
      };
    }
  };

  // One look after the other: a call that comes during one waits for the next.
  let looking: Promise<void> = Promise.resolve();
  const refresh = (): Promise<void> => {
    const next = looking.catch(() => {}).then(read);
    looking = next;
    return next;
  };

  const timer = setInterval(() => {
    refresh().catch((error) => log.warn({ error: messageOf(error) }, 'the list of erased parts could not be read'));
  }, everyMs);
  timer.unref();

  const partIndex: Record<ErasablePartName, number> = { identity: 0, content: 1 };
  return {
    get records() {
      return byRecord.size;
    },
    names: (hash) => byRecord.has(hash),
    has(hash, index, part) {
      const bit = index * 2 + partIndex[part];
      return ((byRecord.get(hash)?.[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
    },
    refresh,
    onListed(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    stop: () => clearInterval(timer),
  };
}
