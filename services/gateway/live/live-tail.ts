import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { obeyingFolder, type StandingList } from '../../core/erasure/index.js';
import { SealstreamError } from '../../core/errors.js';
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
import { liveEvents } from './live-event.js';
import type { LiveMetrics } from './metrics.js';
import { createRing, type Ring } from './ring.js';

/** One stretch of reading without a break: its rings have no holes. */
export interface LiveTail {
  incarnation: Buffer;
  rings: ReadonlyMap<number, Ring>;
}

export interface TailParts {
  kafka: Kafka;
  clickhouse: ClickHouseClient;
  database: string;
  eventsTopic: string;
  deployment: Deployment;
  registryReader: RegistryReader;
  metrics: LiveMetrics;
  log: Logger;
  /** Parts that nobody may be shown any more; none where absent. */
  standing?: StandingList | undefined;
  /** Memory for events, over all partitions. */
  maxBytes?: number;
}

/** A partition being folded. */
interface OpenPartition {
  folder: Folder;
  ring: Ring;
  start: number;
}

/** What an event costs beside its bytes, once it is decoded and written as JSON. */
const eventOverheadBytes = 2_048;
const defaultMaxBytes = 67_108_864;

/**
 * Reads on from where ClickHouse stands, because a lane's past is in `batches`. Waits for `advanced` after every record; aborts `ended`
 * with the reason when reading has come to an end: a crash, a hole, or another life of the topic.
 */
export async function startTail({
  advanced,
  ended,
  ...parts
}: TailParts & { advanced: () => Promise<void>; ended: AbortController }): Promise<{
  tail: LiveTail;
  reader: TopicReader;
}> {
  const { kafka, eventsTopic, registryReader, metrics, log, maxBytes = defaultMaxBytes } = parts;
  const named = (): Buffer | undefined => registryReader.registry.incarnation(eventsTopic)?.id;
  const incarnation = named();
  if (!incarnation) throw new SealstreamError('no_incarnation', `the registry does not name ${eventsTopic} yet`);
  const partitions = (await topicOffsets(kafka, eventsTopic)).map(({ partition }) => partition);
  await parts.standing?.refresh();
  const openPartition = createOpener({ ...parts, incarnation, ringBytes: Math.floor(maxBytes / partitions.length) });

  const open = new Map<number, OpenPartition>();
  const rings = new Map<number, Ring>();
  const add = async (partition: number): Promise<OpenPartition> => {
    const opened = await openPartition(partition);
    open.set(partition, opened);
    rings.set(partition, opened.ring);
    return opened;
  };
  for (const partition of partitions) await add(partition);
  await checkStarts(parts, open);

  const reader = await readTopic({
    kafka,
    topic: eventsTopic,
    from: new Map([...open].map(([partition, { start }]) => [partition, start])),
    groupPrefix: 'sealstream-live',
    maxWaitMs: 1_000,
    log,
    onGap: (error) => ended.abort(error),
    // kafkajs would begin again in the same group, where its old self is waited for until its session ends.
    onCrash: (error) => ended.abort(error),
    async onRecords(partition, records) {
      // The topic may have got the partition meanwhile.
      const opened = open.get(partition) ?? (await add(partition));
      for (const record of records) {
        if (record.offset < opened.ring.next) continue;
        await take(opened, record);
        await advanced();
      }
    },
    onCaughtUp(partition, next, highWatermark) {
      metrics.lag.set({ partition: String(partition) }, Math.max(0, highWatermark - next));
      if (!named()?.equals(incarnation)) ended.abort(new Error(`${eventsTopic} was made anew`));
    },
  });
  const incarnationHex = incarnation.toString('hex');
  const stopListening = parts.standing?.onListed((place) => {
    if (place.incarnation === incarnationHex) rings.get(place.partition)?.forget(place.offset);
  });
  if (stopListening) ended.signal.addEventListener('abort', stopListening, { once: true });
  return { tail: { incarnation, rings }, reader };
}

function createOpener({
  clickhouse,
  database,
  deployment,
  registryReader,
  standing,
  incarnation,
  ringBytes,
}: TailParts & { incarnation: Buffer; ringBytes: number }): (partition: number) => Promise<OpenPartition> {
  const judge = createJudge({ deployment, ...(standing ? { erasures: standing.has } : {}) });
  return async (partition) => {
    const laneStore = createLaneStore({ clickhouse, database, incarnation, partition });
    const start = await laneStore.position();
    const folder = await createFolder({ judge, registryReader, laneStore, partition, start });
    return {
      folder: standing ? obeyingFolder(folder, standing) : folder,
      ring: createRing({ start, maxBytes: ringBytes }),
      start,
    };
  };
}

async function take({ folder, ring }: OpenPartition, record: TopicRecord): Promise<void> {
  // A copy, because a record's value is a window on all that Kafka sent with it.
  const own = { ...record, value: Buffer.from(record.value) };
  const events = liveEvents(own, await folder.fold(own));
  ring.push(own.offset, events, own.value.length * 3 + events.length * eventOverheadBytes);
}

/** Kafka is asked after ClickHouse: it can only have moved on since. */
async function checkStarts(
  { kafka, eventsTopic: topic }: TailParts,
  open: ReadonlyMap<number, OpenPartition>,
): Promise<void> {
  for (const { partition, low, high } of await topicOffsets(kafka, topic)) {
    const start = open.get(partition)?.start;
    if (start === undefined || (start >= low && start <= high)) continue;
    throw new SealstreamError(
      'position_outside_topic',
      `ClickHouse holds the records below offset ${start}, Kafka ${low}–${high}: is the consumer behind Kafka's retention, or is the topic new?`,
      { topic, partition, offset: start },
    );
  }
}
