import { type Coordinates, SealstreamError } from '../core/errors.js';

/**
 * Why a partition stands still until somebody has looked: what Kafka's group, Kafka's log and the tables say does not fit together, and
 * every guess could lose or double rows. The other partitions go on.
 */
export const stopCodes = [
  /** The group's offset metadata is not by this software. */
  'intent_unreadable',
  /** Rows stand at or above the group's position, and no intent covers them. */
  'rows_without_intent',
  /** The group's position is above what `batches` holds. */
  'rows_missing',
  /** Records that are not stored yet are gone from Kafka. */
  'range_gone',
  /** The record at an offset is not the one that was stored, or Kafka ends below the position. */
  'topic_recreated',
  /** Kafka's records of an intended range are not those that the intent was written for. */
  'digest_differs',
  /** The next record's offset is not the one after the last. */
  'offset_gap',
  /** A block is there in part, and its token may have left the deduplication window. */
  'partly_stored',
  /** A table holds other rows for a range than its records give. */
  'rows_contradict',
  /** ClickHouse took a block and does not have its rows: it remembers the token of rows that were deleted. */
  'token_remembered',
] as const;
export type StopCode = (typeof stopCodes)[number];

/** What to do about what a repair can mend; docs/guides/fsck.md, "A partition stands still", tells the rest. */
export const remedy =
  'Stop the consumer and run `sealstream fsck --repair`: it says what is wrong, what it would delete and what Kafka gives again.';

/** A partition's delivery stops. `code` is one of `stopCodes`. */
export class DeliveryStop extends SealstreamError {
  declare readonly code: StopCode;
  constructor(code: StopCode, message: string, where: Coordinates = {}) {
    super(code, message, { retriable: false, ...where });
    this.name = 'DeliveryStop';
  }
}

/** ClickHouse refused an insert or could not be reached; nothing is known of whether it happened. */
export class InsertFailed extends SealstreamError {
  constructor(message: string, { cause, ...where }: { cause?: unknown } & Coordinates = {}) {
    super('insert_failed', message, { retriable: true, cause, ...where });
    this.name = 'InsertFailed';
  }
}

/** The partition was taken from this consumer, or may have been, while it worked on it: it must not write any more. */
export class AssignmentLost extends SealstreamError {
  constructor(message: string, { cause, ...where }: { cause?: unknown } & Coordinates = {}) {
    super('assignment_lost', message, { retriable: true, cause, ...where });
    this.name = 'AssignmentLost';
  }
}
