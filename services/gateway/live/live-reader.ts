import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { messageOf, SealstreamError } from '../../core/errors.js';
import type { Health } from '../../core/health.js';
import { createJudge, type Deployment, type TopicRecord } from '../../core/judge/index.js';
import type { Logger } from '../../core/log.js';
import {
  createFolder,
  createLaneStore,
  type Folder,
  type RegistryReader,
  readTopic,
  type TopicReader,
  topicOffsets,
} from '../../core/reading/index.js';
import { backoff } from '../../core/retry.js';
import { acceptedEvents } from './live-event.js';
import type { LiveMetrics } from './metrics.js';
import { createRing, type Ring } from './ring.js';

/** One stretch of reading without a break: its rings have no holes. */
export interface LiveTail {
  incarnation: Buffer;
  rings: ReadonlyMap<number, Ring>;
}

/** Folds the events topic and keeps its newest accepted events in memory. */
export interface LiveReader {
  /** Undefined while nothing is read: at start, and while Kafka or ClickHouse is away. */
  readonly tail: LiveTail | undefined;
  /** Calls back after every advance, until the returned function is called. */
  onAdvance(callback: () => void): () => void;
  stop(): Promise<void>;
}

export interface LiveReaderParts {
  kafka: Kafka;
  clickhouse: ClickHouseClient;
  database: string;
  eventsTopic: string;
  deployment: Deployment;
  registryReader: RegistryReader;
  metrics: LiveMetrics;
  health: Health;
  log: Logger;
  /** Memory for events, over all partitions. */
  maxBytes?: number;
}

/** What an event costs beside its bytes, once it is decoded and written as JSON. */
const eventOverheadBytes = 2_048;
const healthPart = 'live';

/** Starts at ClickHouse's position, because a lane's past is in `batches`; so it needs both, and tries until it has them. */
export function createLiveReader(parts: LiveReaderParts): LiveReader {
  const { log, health } = parts;
  const listeners = new Set<() => void>();
  const stopped = new AbortController();
  let tail: LiveTail | undefined;

  const advanced = (): void => {
    for (const listener of listeners) listener();
  };

  const follow = async (): Promise<void> => {
    const waits = backoff();
    while (!stopped.signal.aborted) {
      const ended = new AbortController();
      try {
        const reading = await startTail({ ...parts, advanced, ended });
        tail = reading.tail;
        health.set(healthPart, { ready: true });
        advanced();
        await aborted(AbortSignal.any([ended.signal, stopped.signal]));
        tail = undefined;
        const closing = reading.reader.stop().catch((error) => log.debug({ error: messageOf(error) }, 'live reader'));
        if (stopped.signal.aborted) await closing;
        if (ended.signal.aborted) throw ended.signal.reason;
      } catch (error) {
        if (stopped.signal.aborted) return;
        health.set(healthPart, { ready: false, detail: messageOf(error) });
        log.warn({ error: messageOf(error) }, 'the live reader starts again; subscribers go on from ClickHouse');
        await sleep(waits.next().value, undefined, { signal: stopped.signal }).catch(() => {});
      }
    }
  };
  const following = follow();

  return {
    get tail() {
      return tail;
    },
    onAdvance(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    async stop() {
      stopped.abort();
      await following;
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

async function startTail({
  kafka,
  clickhouse,
  database,
  eventsTopic,
  deployment,
  registryReader,
  metrics,
  log,
  maxBytes = 67_108_864,
  advanced,
  ended,
}: LiveReaderParts & { advanced: () => void; ended: AbortController }): Promise<{
  tail: LiveTail;
  reader: TopicReader;
}> {
  const incarnation = registryReader.registry.incarnation(eventsTopic)?.id;
  if (!incarnation) throw new SealstreamError('no_incarnation', `the registry does not name ${eventsTopic} yet`);
  const offsets = await topicOffsets(kafka, eventsTopic);
  const judge = createJudge({ deployment });
  const folders = new Map<number, Folder>();
  const rings = new Map<number, Ring>();
  const ringBytes = Math.floor(maxBytes / Math.max(1, offsets.length));

  const open = async (partition: number, low: number, high: number): Promise<number> => {
    const laneStore = createLaneStore({ clickhouse, database, incarnation, partition });
    const start = await laneStore.position();
    if (start < low || start > high) {
      throw new SealstreamError(
        'position_outside_topic',
        `ClickHouse holds records below offset ${start}, Kafka ${low}–${high}: is the consumer behind retention, or is the topic new?`,
        { topic: eventsTopic, partition, offset: start },
      );
    }
    folders.set(partition, await createFolder({ judge, registryReader, laneStore, partition, start }));
    rings.set(partition, createRing({ start, maxBytes: ringBytes }));
    return start;
  };

  const take = async (partition: number, record: TopicRecord): Promise<void> => {
    // A copy, because a record's value is a window on all that Kafka sent with it.
    const own = { ...record, value: Buffer.from(record.value) };
    const events = acceptedEvents(own, await folders.get(partition)!.fold(own));
    const bytes = own.value.length * 3 + events.length * eventOverheadBytes;
    rings.get(partition)!.push(own.offset, events, bytes);
  };

  const from = new Map<number, number>();
  for (const { partition, low, high } of offsets) from.set(partition, await open(partition, low, high));
  const reader = await readTopic({
    kafka,
    topic: eventsTopic,
    from,
    groupPrefix: 'sealstream-live',
    maxWaitMs: 1_000,
    log,
    onGap: (error) => ended.abort(error),
    // kafkajs would begin again in the same group, where its old self is waited for until its session ends.
    onCrash: (error) => ended.abort(error),
    async onRecords(partition, records) {
      if (ended.signal.aborted) return;
      // A partition that the topic got meanwhile begins at its beginning.
      if (!folders.has(partition)) await open(partition, 0, Number.MAX_SAFE_INTEGER);
      for (const record of records) if (record.offset >= rings.get(partition)!.next) await take(partition, record);
      advanced();
    },
    onCaughtUp: (partition, next, highWatermark) =>
      metrics.lag.set({ partition: String(partition) }, Math.max(0, highWatermark - next)),
  });
  return { tail: { incarnation, rings }, reader };
}
