import type { EventRow } from '../../core/rows/index.js';
import type { Records } from './records.js';

export type PendingRow = Pick<EventRow, 'incarnation' | 'partition' | 'offset' | 'append_time'>;

const leastRetrySeconds = 1;
const mostRetrySeconds = 60;

/**
 * An event is stored and its record is not yet: `batches` is written behind `events`, milliseconds in general, longer where the consumer was
 * killed in between. Nothing can be said of the event until then, and nothing is wrong.
 */
export class RecordPending extends Error {
  /** When to ask again: soon, and the later the longer it has taken already. */
  readonly retryAfterSeconds: number;

  constructor({ partition, offset, append_time }: PendingRow, nowMs: number) {
    super(`the record at partition ${partition}, offset ${offset} is not wholly stored yet: its consumer is at it`);
    this.name = 'RecordPending';
    const tenthOfAge = Math.ceil((nowMs - append_time) / 10_000);
    this.retryAfterSeconds = Math.min(mostRetrySeconds, Math.max(leastRetrySeconds, tenthOfAge));
  }
}

/** Of a partition's records the consumer inserts at most 1,000 at once; offsets have few gaps. */
const mostAhead = 2_000;

/** Throws RecordPending, or says that the record is there, or was taken away. */
export type RefusePending = (row: PendingRow) => Promise<void>;

/**
 * For an event that is stored and whose record was not found. Throws where the record is still to come. Otherwise it has come
 * since it was looked for, or never will: look again.
 */
export function createPendingCheck({
  records,
  incarnation,
  nowMs,
}: {
  records: Pick<Records, 'stored'>;
  /** That of the topic now. */
  incarnation: () => Buffer | undefined;
  nowMs: () => number;
}): RefusePending {
  return async (row) => {
    const next = (await records.stored(row.incarnation)).get(row.partition);
    const isToCome =
      next === undefined ? incarnation()?.equals(row.incarnation) : row.offset >= next && row.offset < next + mostAhead;
    if (isToCome) throw new RecordPending(row, nowMs());
  };
}
