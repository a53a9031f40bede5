import type { SignatureStep } from '../core/stored/index.js';

/** What two of Kafka, the stored rows, the signatures and the log say differently of one place. */
export const differenceKinds = [
  /** Kafka, the log or a later record shows that a record was here; no row of `batches` is. */
  'record_missing',
  /** More than one row of `batches` stands for one Kafka record. */
  'record_doubled',
  /** Kafka's bytes, or their append time, are not what the row says. */
  'record_differs',
  /** The record judged again comes to something else than the row says. */
  'judged_differently',
  /** The record's columns, key, signature or leaves do not fit together: `step` says which. */
  'record_altered',
  /** The record took the event in, and its row is not there. */
  'event_missing',
  'event_doubled',
  /** A row of `events` that no record took in. */
  'event_added',
  /** The row, encoded again, is not what was signed, or it says another place than its record: `step` says which. */
  'event_altered',
  /** Something of the record was refused, and `quarantine` does not hold it. */
  'quarantine_missing',
  /** A row of `quarantine` of which nothing was refused. */
  'quarantine_added',
  /** The log's entry is not the record's. */
  'entry_differs',
  /** A record that was appended long ago and is not in the log. */
  'entry_missing',
  /** The log lacks files that its checkpoint counts, or its entries do not give the checkpoint's root. */
  'log_broken',
  /** A checkpoint that is not signed by the log's key. */
  'checkpoint_bad',
  /** A checkpoint that is kept for ever is not there. */
  'checkpoint_missing',
  /** A checkpoint that the log signed for another tree: it showed others something else. */
  'log_forked',
] as const;

export type DifferenceKind = (typeof differenceKinds)[number];

export interface Place {
  /** Hex. */
  incarnation: string;
  partition: number;
  /** The first where it is several. */
  offset: number;
  /** The last, where it is several. */
  lastOffset?: number;
  /** Of the event in its record. */
  index?: number;
  /** Of the log, where the place is one of a shard as such. */
  shard?: string;
}

export interface Difference {
  kind: DifferenceKind;
  place: Place;
  step?: SignatureStep;
  /** One line, for people. */
  detail: string;
}

export type Report = (difference: Difference) => void;
