import type { Judged, TopicRecord } from '../../core/judge/index.js';

/** A record with what the judge said of it: what the rows of a range are made from. */
export interface JudgedRecord {
  record: TopicRecord;
  /** SHA-256 of the value. */
  valueHash: Buffer;
  judged: Judged;
}

/** Rows of one table for one range, in ClickHouse's Native format. The memory is kept from range to range. */
export interface TableBlock {
  readonly rows: number;
  readonly columnNames: readonly string[];
  append(judged: JudgedRecord): void;
  /** Valid until the next append or reset. */
  chunks(): Buffer[];
  /** Forgets all rows; those to come belong to records of this incarnation of the topic. */
  reset(incarnation: Buffer): void;
}
