import type { EventInput } from '../core/event/index.js';
import type { WireEvent } from '../core/wire/index.js';
import { closed, producerError } from './errors.js';
import { createTraceId } from './helpers/trace.js';
import { createIntake, type QueuedEvent } from './intake.js';
import { askPartitions } from './kafka/partitions.js';
import { createPublisher } from './kafka/publisher.js';
import { type BeforePublish, type EventFate, groupOf } from './lane/lane.js';
import { createLanes, type Lanes } from './lanes.js';
import { createProducerMetrics } from './metrics.js';
import { type ProducerOptions, readOptions, recordOverheadBytes } from './options.js';
import { createQueueBudget } from './queue-budget.js';
import { addressOf, placeOf, type Receipt, receiptsOf, splitRecords } from './receipts.js';
import { openSpool, type Spool } from './spool/spool.js';

export interface SendOptions {
  /** Events with one key keep their order. */
  laneKey?: string;
  /** Records of their own, no other caller's events in them. */
  alone?: boolean;
  /**
   * Sees the signed records before they go out; implies `alone`. Where it rejects nothing is published, the call rejects with its error
   * and the lane's sequence is as before. The lane waits for it, so it should be quick.
   */
  beforePublish?: BeforePublish;
}

/** Signs events, batches them and publishes them: WIRE §3. What each call promises: docs/guides/producer.md. */
export interface Producer {
  /** Opens the lanes. Resolves once Kafka has their open records; calls below may be made before that, once it was called. */
  start(): Promise<void>;
  /** Resolves when Kafka has the event on all in-sync replicas. */
  log(event: EventInput, options?: { laneKey?: string }): Promise<{ id: string; partition: number; offset: number }>;
  /** Takes the event and returns its id at once. Throws `producer_overflow` when there is no room, InvalidEvent for a bad event. */
  enqueue(event: EventInput, options?: { laneKey?: string }): string;
  /** All or, on overflow, none are taken. One receipt per record. */
  send(events: WireEvent[], options?: SendOptions): Promise<Receipt[]>;
  /** The same signed bytes again, to the partition that their header names. */
  republish(value: Buffer): Promise<Receipt>;
  /** Resolves once every event taken so far is in Kafka, or on disk while Kafka is away. Rejects when enqueued ones were given up. */
  flush(): Promise<void>;
  /** Takes no more, flushes, closes each lane, and disconnects. Rejects when enqueued events were given up. */
  close(): Promise<void>;
}

/** How many lanes share a spool's space while the number of partitions is not known. */
const lanesGuess = 16;

type Phase = 'new' | 'starting' | 'running' | 'closed';

export function createProducer(options: ProducerOptions): Producer {
  const settings = readOptions(options);
  const { kafka, topic, compression, clock, closeTimeoutMs } = settings;
  const log = settings.log.child({ producer: settings.producerId });
  const metrics = createProducerMetrics(settings.metrics);
  const budget = createQueueBudget({ limits: settings.queue, onChange: metrics.queue });
  const intake = createIntake({ clock, traceId: createTraceId() });
  const publisher = createPublisher({
    kafka,
    topic,
    compression,
    patient: settings.spool !== undefined,
    log,
    onAttempt: metrics.attempted,
  });
  let phase: Phase = 'new';
  let spool: Spool | undefined;
  let lanes: Lanes | undefined;
  /** Taken before the lanes were there. */
  let early: { events: QueuedEvent[]; dispatch: (lanes: Lanes) => void }[] = [];
  /** Why it could not start. */
  let failure: Error | undefined;
  let firstLost: Error | undefined;
  let starting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let ended: Promise<void> | undefined;

  const fate: EventFate = {
    freed: budget.release,
    published(waiters, place) {
      for (const { resolve } of waiters) resolve(place);
    },
    kept(waiters, error) {
      for (const { reject } of waiters) reject(error);
    },
    lost({ waiters, unheard }, error) {
      metrics.lost(waiters.length + unheard.length);
      for (const { reject } of waiters) reject(error);
      if (unheard.length === 0) return;
      firstLost ??= error;
      log.error({ error: error.message, events: unheard.length, first: unheard[0] }, 'enqueued events were given up');
    },
  };

  const checkOpen = (): void => {
    if (phase === 'new') throw producerError('producer_not_started', 'call start() before the first event');
    if (phase === 'closed') throw failure ?? closed('the producer is closed and takes no more events');
  };

  const dispatch = (events: QueuedEvent[], go: (lanes: Lanes) => void): void => {
    if (lanes) go(lanes);
    else early.push({ events, dispatch: go });
  };

  const pushAll = (events: QueuedEvent[], laneKey: string | undefined): void =>
    dispatch(events, ({ pick }) => {
      for (const event of events) pick(laneKey).push(event);
    });

  const throwIfLost = (): void => {
    const error = firstLost;
    firstLost = undefined;
    if (error) throw error;
  };

  /** Takes the events into memory, all or none. */
  const take = (events: QueuedEvent[]): void => {
    const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
    spool?.room.check(bytes + recordOverheadBytes, budget.bytes);
    budget.take(events);
  };

  const openLanes = async (): Promise<void> => {
    if (settings.spool) {
      const { audience, producerId } = settings;
      const laneCount = settings.lanes === 'partitions' ? lanesGuess : settings.lanes;
      const owner = { audience, producerId, topic };
      spool = openSpool({ ...settings.spool, owner, laneCount, log, onChange: metrics.spool });
    }
    const partitions = await askPartitions({ publisher, spool, log });
    lanes = createLanes({ settings, partitions, publisher, spool, fate, metrics, log });
    for (const held of early) held.dispatch(lanes);
    early = [];
    // Without Kafka a lane opens with its first event: nothing is gained by an open record on disk.
    if (!publisher.away) await Promise.all(lanes.all.map((lane) => lane.open()));
  };

  const endOnce = async (error: Error): Promise<void> => {
    phase = 'closed';
    await publisher.stop();
    await lanes?.stop(error);
    await spool?.close();
    for (const { events } of early) {
      fate.freed(events);
      fate.lost(groupOf(events), error);
    }
    early = [];
  };
  const end = (error: Error): Promise<void> => {
    ended ??= endOnce(error);
    return ended;
  };

  const finish = async (): Promise<void> => {
    await starting;
    await Promise.all(lanes!.all.map((lane) => lane.flush()));
    await Promise.all(lanes!.all.map((lane) => lane.close()));
  };

  const shutDown = async (): Promise<void> => {
    const began = phase !== 'new';
    phase = 'closed';
    if (!began) return;
    let cancelTimer = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancelTimer = clock.after(closeTimeoutMs, () => {
        log.warn({ closeTimeoutMs }, 'Kafka did not take everything before the close');
        resolve();
      });
    });
    await Promise.race([finish().catch(() => {}), late]);
    cancelTimer();
    await end(closed(`the producer was closed and Kafka did not take the event within ${closeTimeoutMs} ms`));
    throwIfLost();
  };

  return {
    start() {
      if (phase !== 'new') return starting ?? Promise.reject(closed('the producer is closed'));
      phase = 'starting';
      starting = openLanes().then(
        () => {
          if (phase === 'starting') phase = 'running';
        },
        async (error) => {
          failure = error;
          await end(error);
          throw error;
        },
      );
      return starting;
    },
    async log(input, { laneKey } = {}) {
      checkOpen();
      const event = intake.fromInput(input);
      take([event]);
      const place = placeOf(event);
      pushAll([event], laneKey);
      return { id: event.id, ...(await place) };
    },
    enqueue(input, { laneKey } = {}) {
      checkOpen();
      const event = intake.fromInput(input);
      take([event]);
      pushAll([event], laneKey);
      return event.id;
    },
    async send(wireEvents, { laneKey, beforePublish, alone = beforePublish !== undefined } = {}) {
      checkOpen();
      if (wireEvents.length === 0) return [];
      const events = wireEvents.map(intake.fromWire);
      take(events);
      const places = Promise.all(events.map(placeOf));
      if (alone) dispatch(events, ({ pick }) => pick(laneKey).pushAlone(splitRecords(events), beforePublish));
      else pushAll(events, laneKey);
      return receiptsOf(events, await places);
    },
    async republish(value) {
      checkOpen();
      const { partition, ids } = addressOf(value);
      return { partition, offset: await publisher.publish(partition, [value]), ids };
    },
    async flush() {
      checkOpen();
      if (!lanes) await starting;
      await Promise.all(lanes!.all.map((lane) => lane.flush()));
      throwIfLost();
    },
    close() {
      closing ??= shutDown();
      return closing;
    },
  };
}
