import { createHash } from 'node:crypto';
import type { TopicRecord } from '../core/judge/index.js';
import { limits } from '../core/wire/limits.js';

/** Bounds of a range: what is judged, announced and inserted as one. */
export interface RangeLimits {
  /** At most 1,000: the judge remembers a lane's newest 1,024 records and looks older ones up in `batches`. */
  records: number;
  /** Rows of `events`. */
  rows: number;
  /** Of the records' values. */
  bytes: number;
}

export const defaultRangeLimits: RangeLimits = { records: 1_000, rows: 100_000, bytes: 33_554_432 };

/** What a range that is being built holds. */
export interface RangeSize {
  records: number;
  rows: number;
  bytes: number;
  /** Year and month (UTC) of its records' append times. */
  month: number;
}

export const emptyRange: RangeSize = { records: 0, rows: 0, bytes: 0, month: 0 };

/** The partition of the tables that a record's rows go to: `toYYYYMM(append_time)`. */
export function monthOf(appendTimeMs: number): number {
  const time = new Date(appendTimeMs);
  return time.getUTCFullYear() * 100 + time.getUTCMonth() + 1;
}

/**
 * Whether the record still belongs to the range. A range keeps to one month, so that each of its blocks becomes one part, which
 * ClickHouse writes whole or not at all. One record always fits.
 */
export function belongs(range: RangeSize, record: TopicRecord, bounds: RangeLimits): boolean {
  if (range.records === 0) return true;
  return (
    range.records < bounds.records &&
    // How many events the record holds is not known before it is judged; it cannot be more than the format's limit.
    range.rows + limits.recordEvents <= bounds.rows &&
    range.bytes + record.value.length <= bounds.bytes &&
    range.month === monthOf(record.appendTimeMs)
  );
}

export const grown = (range: RangeSize, record: TopicRecord, rows: number): RangeSize => ({
  records: range.records + 1,
  rows: range.rows + rows,
  bytes: range.bytes + record.value.length,
  month: monthOf(record.appendTimeMs),
});

/** H over the values' hashes, in offset order: what an intent promises of a range. Hex. */
export function rangeDigest(valueHashes: Iterable<Uint8Array>): string {
  const digest = createHash('sha256');
  for (const hash of valueHashes) digest.update(hash);
  return digest.digest('hex');
}
