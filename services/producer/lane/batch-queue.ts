import type { Clock } from '../clock.js';
import type { QueuedEvent } from '../intake.js';
import type { BatchLimits } from '../options.js';

/** Events that are sealed together. */
export interface EventBatch {
  kind: 'events';
  events: QueuedEvent[];
}

/** A lane's work in the order it came: batches of events as they close, and whatever else has its turn between them. */
export interface BatchQueue<Job> {
  push(event: QueuedEvent): void;
  /** Closes the batch before it, so that nothing overtakes. */
  pushJob(job: Job): void;
  /** The next batch or job once it is due. One caller at a time. */
  next(): Promise<EventBatch | Job>;
  /** Everything that waits, taken out. */
  drain(): (EventBatch | Job)[];
  readonly isEmpty: boolean;
  /** A batch has begun that takes more events. */
  readonly isGathering: boolean;
}

interface OpenBatch extends EventBatch {
  bytes: number;
  firstAtMs: number;
  lastAtMs: number;
  closed: boolean;
}

/** Batches of at least this many events are worth their signature: a reader verifies nine thousand a second, no more. */
const goalEvents = 250;
/** How many times `lingerMs` a batch may wait for the goal. */
const stretch = 10;

/**
 * How much longer an open batch waits, in ms; 0 when it is due. Past `lingerMs` it waits on only while events keep coming at a rate
 * that reaches the goal in time: a burst whose senders all wait for their answer is not held back.
 */
export function lingerMore(
  batch: { count: number; ageMs: number; quietMs: number },
  { lingerMs, maxEvents }: Pick<BatchLimits, 'lingerMs' | 'maxEvents'>,
): number {
  const { count, ageMs, quietMs } = batch;
  if (ageMs < lingerMs) return lingerMs - ageMs;
  const goal = Math.min(goalEvents, maxEvents);
  const mostMs = lingerMs * stretch;
  const flows = quietMs < lingerMs / 4 && count / ageMs >= goal / mostMs;
  if (count >= goal || ageMs >= mostMs || !flows) return 0;
  return Math.max(1, Math.min(lingerMs / 4, mostMs - ageMs));
}

export function createBatchQueue<Job extends { kind: string }>({
  limits,
  clock,
}: {
  limits: BatchLimits;
  clock: Clock;
}): BatchQueue<Job> {
  const entries: (OpenBatch | Job)[] = [];
  let taker: ((work: EventBatch | Job) => void) | undefined;
  let cancelTimer = (): void => {};

  const openBatch = (): OpenBatch | undefined => {
    const last = entries.at(-1);
    return last && isBatch(last) && !last.closed ? last : undefined;
  };

  const waitMs = (entry: OpenBatch | Job): number => {
    if (!isBatch(entry) || entry.closed) return 0;
    const nowMs = clock.now();
    const { events, firstAtMs, lastAtMs } = entry;
    return lingerMore({ count: events.length, ageMs: nowMs - firstAtMs, quietMs: nowMs - lastAtMs }, limits);
  };

  /** Hands the first entry over if it is due and someone waits; otherwise looks again when it may be. */
  const handOver = (): void => {
    const first = entries[0];
    if (!taker || !first) return;
    cancelTimer();
    const ms = waitMs(first);
    if (ms > 0) {
      cancelTimer = clock.after(ms, handOver);
      return;
    }
    entries.shift();
    const take = taker;
    taker = undefined;
    take(first);
  };

  const close = (): void => {
    const batch = openBatch();
    if (batch) batch.closed = true;
  };

  return {
    push(event) {
      const nowMs = clock.now();
      let batch = openBatch();
      if (batch && batch.bytes + event.bytes > limits.maxBytes) {
        batch.closed = true;
        batch = undefined;
        handOver();
      }
      if (!batch) {
        batch = { kind: 'events', events: [], bytes: 0, firstAtMs: nowMs, lastAtMs: nowMs, closed: false };
        entries.push(batch);
      }
      batch.events.push(event);
      batch.bytes += event.bytes;
      batch.lastAtMs = nowMs;
      batch.closed = batch.events.length >= limits.maxEvents || batch.bytes >= limits.maxBytes;
      if (batch.closed || batch.events.length === 1) handOver();
    },
    pushJob(job) {
      close();
      entries.push(job);
      handOver();
    },
    next: () =>
      new Promise((resolve) => {
        taker = resolve;
        handOver();
      }),
    drain() {
      cancelTimer();
      return entries.splice(0);
    },
    get isEmpty() {
      return entries.length === 0;
    },
    get isGathering() {
      return openBatch() !== undefined;
    },
  };
}

const isBatch = <Job extends { kind: string }>(entry: OpenBatch | Job): entry is OpenBatch => entry.kind === 'events';
