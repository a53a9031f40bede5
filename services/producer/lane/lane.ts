import type { SealedRecord } from '../../core/seal/index.js';
import type { RecordKind } from '../../core/wire/index.js';
import type { Clock } from '../clock.js';
import type { Place, QueuedEvent, Waiter } from '../intake.js';
import { type BatchLimits, recordOverheadBytes } from '../options.js';
import { createBatchQueue } from './batch-queue.js';
import type { Chain, ChainState } from './chain.js';
import type { Outbox, RecordFate } from './outbox.js';

export type BeforePublish = (values: Buffer[]) => Promise<void>;

type Job =
  /** Records of their own, no other events in them. */
  | { kind: 'alone'; records: QueuedEvent[][]; beforePublish: BeforePublish | undefined }
  | { kind: 'control'; record: 'open' | 'heartbeat' | 'close'; done: (error?: Error) => void }
  | { kind: 'barrier'; reached: () => void }
  | { kind: 'stop' };

/** What is left of events once their bytes are out of memory. */
export interface EventGroup {
  waiters: Waiter[];
  /** Ids of those for which no one waits. */
  unheard: string[];
}

/** Hears what became of events, each once. */
export interface EventFate {
  published(waiters: Waiter[], place: Place): void;
  /** Never in Kafka. */
  lost(group: EventGroup, error: Error): void;
  /** Signed and on disk when the producer closed. */
  kept(waiters: Waiter[], error: Error): void;
  /** Their bytes are no longer held in memory. */
  freed(events: QueuedEvent[]): void;
}

export const groupOf = (events: QueuedEvent[]): EventGroup => ({
  waiters: events.flatMap(({ waiter }) => waiter ?? []),
  unheard: events.filter(({ waiter }) => !waiter).map(({ id }) => id),
});

export interface Lane {
  readonly partition: number;
  push(event: QueuedEvent): void;
  /** These records in this order, after everything pushed before. `beforePublish` rejecting fails their events and nothing else. */
  pushAlone(records: QueuedEvent[][], beforePublish: BeforePublish | undefined): void;
  /** Resolves when the open record is put. */
  open(): Promise<void>;
  /** Resolves once everything pushed so far is safe: in Kafka, or on disk while Kafka is away. */
  flush(): Promise<void>;
  /** Puts the close record when the lane was opened. Nothing may be pushed after. */
  close(): Promise<void>;
  /** Ends the lane; what still waits is lost with this error. */
  stop(error: Error): void;
  /** A batch has begun that takes more events. */
  readonly isGathering: boolean;
}

/** One lane at work: takes batches as they close, seals them, and puts them out, one after the other. */
export function createLane({
  chain,
  outbox,
  limits,
  clock,
  heartbeatMs,
  mayBeat,
  fate,
}: {
  chain: Chain;
  outbox: Outbox;
  limits: BatchLimits;
  clock: Clock;
  heartbeatMs: number;
  /** Whether Kafka is there to hear a heartbeat. */
  mayBeat: () => boolean;
  fate: EventFate;
}): Lane {
  const queue = createBatchQueue<Job>({ limits, clock });
  let lastPutMs = clock.now();
  let cancelBeat = (): void => {};
  let stopped = false;

  /** Gives events up and the memory they took. */
  const lose = (events: QueuedEvent[], error: Error): void => {
    fate.freed(events);
    fate.lost(groupOf(events), error);
  };

  const recordFate = (events: QueuedEvent[]): RecordFate | undefined => {
    const { waiters, unheard } = groupOf(events);
    // Where no one waits nothing is kept: a long outage's records would fill the memory.
    if (waiters.length === 0) return undefined;
    return {
      published: (place) => fate.published(waiters, place),
      lost: (error) => fate.lost({ waiters, unheard }, error),
      kept: (error) => fate.kept(waiters, error),
    };
  };

  /** Puts one sealed record; when it is nowhere, the chain goes back to where it stood before it. */
  const put = async (record: SealedRecord, before: ChainState, events: QueuedEvent[]): Promise<void> => {
    try {
      await outbox.put(record, recordFate(events));
      lastPutMs = clock.now();
      fate.freed(events);
    } catch (error) {
      chain.restore(before);
      throw error;
    }
  };

  const putControl = async (kind: RecordKind): Promise<void> => {
    const before = chain.state;
    await put(chain.seal(kind, []), before, []);
  };

  const ensureOpen = async (): Promise<void> => {
    if (!chain.state.opened) await putControl('open');
  };

  const putRecords = async (records: QueuedEvent[][], beforePublish: BeforePublish | undefined): Promise<void> => {
    await ensureOpen();
    const start = chain.state;
    const sealed = records.map((events) => {
      const before = chain.state;
      const parts = events.map((event) => event.parts);
      return { before, record: chain.seal('data', parts), events };
    });
    try {
      await beforePublish?.(sealed.map(({ record }) => record.value));
    } catch (error) {
      chain.restore(start);
      throw error;
    }
    for (const { record, before, events } of sealed) {
      await put(record, before, events);
      records.shift();
    }
  };

  const putEvents = async (records: QueuedEvent[][], beforePublish?: BeforePublish): Promise<void> => {
    const left = [...records];
    try {
      await outbox.reserve(roomFor(records));
      try {
        await putRecords(left, beforePublish);
      } finally {
        outbox.unreserve();
      }
    } catch (error) {
      for (const events of left) lose(events, error as Error);
    }
  };

  const doControl = async (kind: 'open' | 'heartbeat' | 'close'): Promise<void> => {
    await outbox.reserve(recordOverheadBytes);
    try {
      await (kind === 'open' ? ensureOpen() : putControl(kind));
    } finally {
      outbox.unreserve();
    }
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      const work = await queue.next();
      if (work.kind === 'events') await putEvents([work.events]);
      else if (work.kind === 'alone') await putEvents(work.records, work.beforePublish);
      else if (work.kind === 'barrier') work.reached();
      else if (work.kind === 'control') {
        await doControl(work.record).then(() => work.done(), work.done);
      }
    }
  };

  const pushControl = (record: 'open' | 'heartbeat' | 'close'): Promise<void> =>
    new Promise((resolve, reject) => {
      queue.pushJob({ kind: 'control', record, done: (error) => (error ? reject(error) : resolve()) });
    });

  /** A lane that could not open because Kafka was away opens here once it is back. */
  const beat = (): void => {
    const idleMs = clock.now() - lastPutMs;
    if (idleMs >= heartbeatMs && queue.isEmpty && outbox.isIdle && mayBeat()) {
      pushControl(chain.state.opened ? 'heartbeat' : 'open').catch(() => {});
    }
    const dueMs = idleMs >= heartbeatMs ? heartbeatMs : heartbeatMs - idleMs;
    cancelBeat = clock.after(dueMs, beat, { background: true });
  };
  cancelBeat = clock.after(heartbeatMs, beat, { background: true });
  void run();

  return {
    partition: chain.partition,
    push: queue.push,
    pushAlone: (records, beforePublish) => queue.pushJob({ kind: 'alone', records, beforePublish }),
    open: () => pushControl('open'),
    async flush() {
      await new Promise<void>((reached) => queue.pushJob({ kind: 'barrier', reached }));
      await outbox.settled();
    },
    async close() {
      cancelBeat();
      if (chain.state.opened) await pushControl('close');
      await outbox.settled();
    },
    stop(error) {
      stopped = true;
      cancelBeat();
      for (const work of queue.drain()) {
        if (work.kind === 'events') lose(work.events, error);
        else if (work.kind === 'alone') for (const events of work.records) lose(events, error);
        else if (work.kind === 'control') work.done(error);
        else if (work.kind === 'barrier') work.reached();
      }
      queue.pushJob({ kind: 'stop' });
    },
    get isGathering() {
      return queue.isGathering;
    },
  };
}

/** The most that the records and an open record before them take, in bytes. */
const roomFor = (records: QueuedEvent[][]): number =>
  records.reduce(
    (sum, events) => sum + recordOverheadBytes + events.reduce((bytes, event) => bytes + event.bytes, 0),
    recordOverheadBytes,
  );
