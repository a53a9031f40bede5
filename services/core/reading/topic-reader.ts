import { randomUUID } from 'node:crypto';
import type { Batch, Consumer, Kafka } from 'kafkajs';
import { SealstreamError } from '../errors.js';
import type { TopicRecord } from '../judge/index.js';
import type { Logger } from '../log.js';
import { topicRecord } from './topic-record.js';

export interface TopicReader {
  stop(): Promise<void>;
}

/**
 * Reads all partitions of a topic from given offsets, each partition's records once and in order, in a consumer group of its own
 * that lives as long as the reader. `onRecords` is awaited per batch; when it rejects, the batch is read again after a back-off.
 * A jump in offsets (the topic is neither compacted nor transactional, so retention took them) is handed to `onGap`.
 */
export async function readTopic({
  kafka,
  topic,
  from,
  onRecords,
  onCaughtUp = () => {},
  onGap,
  onCrash = () => {},
  log,
  maxWaitMs = 1_000,
  sessionTimeoutMs = 45_000,
  maxBytesPerPartition = 8_388_608,
  groupPrefix = 'sealstream-reader',
}: {
  kafka: Kafka;
  topic: string;
  /** First offset wanted per partition; every partition of the topic must be there. */
  from: ReadonlyMap<number, number>;
  onRecords: (partition: number, records: TopicRecord[]) => Promise<void>;
  /** Called after each batch with the first offset not read and the partition's end. */
  onCaughtUp?: (partition: number, next: number, highWatermark: number) => void;
  onGap: (error: SealstreamError) => void;
  /** `restarts`: kafkajs begins again by itself; otherwise the reader has come to its end. */
  onCrash?: (error: Error, restarts: boolean) => void;
  log: Logger;
  maxWaitMs?: number;
  /** Longer than `onRecords` takes. After a crash the reader waits so long for its own former membership. */
  sessionTimeoutMs?: number;
  maxBytesPerPartition?: number;
  groupPrefix?: string;
}): Promise<TopicReader> {
  const groupId = `${groupPrefix}-${randomUUID()}`;
  const next = new Map(from);
  let stopping = false;
  const consumer: Consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: maxWaitMs,
    maxBytesPerPartition,
    sessionTimeout: sessionTimeoutMs,
    // Asked after every crash, also one that falls into stopping: kafkajs would begin again for ever.
    // Retries are counted, because kafkajs does not end them when it is told to disconnect: a stopped reader would go on in the dark.
    retry: { retries: 8, maxRetryTime: 5_000, restartOnFailure: async () => !stopping },
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    const { error, restart } = payload;
    log.warn({ topic, error: error.message }, restart ? 'reader crashed and starts again' : 'reader crashed for good');
    onCrash(error, restart);
  });

  // Said after every joining and before its first fetch, so that reading begins, and goes on after a crash, at the wanted offset.
  // (admin.setOffsets would do it too, but runs a whole consumer and takes seconds.)
  consumer.on(consumer.events.GROUP_JOIN, () => {
    // A joining that was under way when the reader stopped would go on reading.
    if (stopping) void consumer.stop();
    for (const [partition, offset] of next) consumer.seek({ topic, partition, offset: String(offset) });
  });

  const onBatch = async (batch: Batch): Promise<void> => {
    const { partition } = batch;
    const wanted = next.get(partition) ?? 0;
    // A fetch that was under way when the reader was moved on brings what was read before.
    const records = batch.messages
      .map((message) => topicRecord(partition, message))
      .filter(({ offset }) => offset >= wanted);
    if (records.length > 0) {
      if (records[0]!.offset !== wanted) {
        onGap(
          new SealstreamError('offset_gap', `offsets ${wanted}–${records[0]!.offset - 1} are gone from Kafka`, {
            topic,
            partition,
            offset: wanted,
          }),
        );
        return;
      }
      await onRecords(partition, records);
      next.set(partition, records.at(-1)!.offset + 1);
    }
    onCaughtUp(partition, next.get(partition)!, Number(batch.highWatermark));
  };

  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 4,
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch, heartbeat }) => {
        await onBatch(batch);
        await heartbeat();
      },
    });
  } catch (error) {
    stopping = true;
    await consumer.disconnect().catch(() => {});
    throw error;
  }
  return {
    async stop() {
      stopping = true;
      await consumer.disconnect();
      await dropGroup(kafka, groupId).catch((error) => log.debug({ groupId, error }, 'reader group stays behind'));
    },
  };
}

async function dropGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.deleteGroups([groupId]);
  } finally {
    await admin.disconnect();
  }
}

/** First and next offset of every partition, as Kafka has them now. */
export async function topicOffsets(
  kafka: Kafka,
  topic: string,
): Promise<{ partition: number; low: number; high: number }[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets
      .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
      .sort((a, b) => a.partition - b.partition);
  } finally {
    await admin.disconnect();
  }
}
