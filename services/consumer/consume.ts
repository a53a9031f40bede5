import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import { messageOf } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import { topicRecord } from '../core/reading/index.js';
import { backoff } from '../core/retry.js';
import { AssignmentLost, DeliveryStop } from './errors.js';
import { type Heartbeats, startHeartbeats } from './heartbeats.js';
import { encodeMetadata } from './intent.js';
import type { Membership } from './membership.js';
import type { ConsumerMetrics } from './metrics.js';
import type { PartitionDelivery, Turn } from './partition.js';

/** How the group is joined and records are fetched. Times in milliseconds. */
export interface FetchSettings {
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  heartbeatIntervalMs: number;
  /** A fetch waits for so many bytes, but no longer than `maxWaitMs`: little traffic shall not make many small parts. */
  minBytes: number;
  maxWaitMs: number;
  maxBytesPerPartition: number;
  maxBytes: number;
  partitionsAtOnce: number;
}

export const defaultFetchSettings: FetchSettings = {
  sessionTimeoutMs: 15_000,
  rebalanceTimeoutMs: 90_000,
  heartbeatIntervalMs: 3_000,
  minBytes: 262_144,
  maxWaitMs: 500,
  maxBytesPerPartition: 8_388_608,
  maxBytes: 67_108_864,
  partitionsAtOnce: 4,
};

export interface Consumption {
  /** Finishes the ranges at hand, leaves the group. */
  stop(): Promise<void>;
}

/** A partition from its assignment until the group is joined again or something fails. */
interface Run {
  delivery: PartitionDelivery;
  /** False once the partition may be another's, or is to be assessed anew. */
  alive: boolean;
}

/**
 * Joins the group and delivers what it is assigned. After each joining every partition is paused and assessed (`open`), and its records
 * are fetched only then. Whatever goes wrong in a batch, its run ends and the partition is assessed anew: the way back after a failed
 * insert is the way back after a crash.
 */
export async function consume({
  kafka,
  topic,
  groupId,
  settings,
  open,
  membership,
  metrics,
  onJoined,
  onStopped,
  onTrouble,
  log,
}: {
  kafka: Kafka;
  topic: string;
  groupId: string;
  settings: FetchSettings;
  /** Assesses a partition. Rejects with a DeliveryStop where it must stand still, else where a part is away. */
  open: (partition: number) => Promise<PartitionDelivery>;
  membership: Membership;
  metrics: ConsumerMetrics;
  onJoined: (partitions: readonly number[]) => void;
  onStopped: (partition: number, stop: DeliveryStop) => void;
  /** Something is away; it is tried again. */
  onTrouble: (error: unknown) => void;
  log: Logger;
}): Promise<Consumption> {
  const consumer = createGroupConsumer({ kafka, groupId, settings });
  const runs = new Map<number, Run>();
  /** Of partitions whose last batch failed. */
  const waits = new Map<number, Generator<number, never>>();
  const beating = new Set<Heartbeats>();
  let joining = 0;
  let stopping = false;

  const end = (partition: number): void => {
    const run = runs.get(partition);
    if (run) run.alive = false;
    runs.delete(partition);
  };

  /** Assesses a partition until that succeeds, then has it fetched; unless the group is joined again before. */
  const begin = async (partition: number, join: number): Promise<void> => {
    const current = (): boolean => join === joining && !stopping;
    while (current()) {
      try {
        const delivery = await open(partition);
        if (!current()) return;
        runs.set(partition, { delivery, alive: true });
        consumer.seek({ topic, partition, offset: String(delivery.fetchFrom) });
        consumer.resume([{ topic, partitions: [partition] }]);
        return;
      } catch (error) {
        if (!current()) return;
        if (error instanceof DeliveryStop) return standStill(partition, error);
        await troubled(partition, error);
      }
    }
  };

  /** Waits, longer each time until a batch of the partition succeeds. */
  const troubled = async (partition: number, error: unknown): Promise<void> => {
    const wait = waits.get(partition) ?? backoff({ firstMs: 100, mostMs: 5_000 });
    waits.set(partition, wait);
    const waitMs = Math.round(wait.next().value);
    log.warn({ topic, partition, waitMs, error: messageOf(error) }, 'delivery is interrupted and begins again');
    onTrouble(error);
    await sleep(waitMs, undefined, { ref: false });
  };

  const standStill = (partition: number, stop: DeliveryStop): void => {
    log.fatal({ code: stop.code, ...stop.where }, `partition ${partition} stands still: ${stop.message}`);
    metrics.stopped(partition, stop.code);
    onStopped(partition, stop);
  };

  consumer.on(consumer.events.HEARTBEAT, () => membership.prove());
  consumer.on(consumer.events.COMMIT_OFFSETS, () => membership.prove());
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    membership.prove();
    joining += 1;
    for (const partition of [...runs.keys()]) end(partition);
    const partitions = payload.memberAssignment[topic] ?? [];
    log.info({ topic, groupId, partitions, memberId: payload.memberId }, 'joined the group');
    metrics.assigned(partitions);
    onJoined(partitions);
    // Before anything is fetched: kafkajs emits this before it goes on.
    consumer.pause([{ topic, partitions }]);
    for (const partition of partitions) void begin(partition, joining);
  });

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { batch, heartbeat } = payload;
    const { partition } = batch;
    const run = runs.get(partition);
    if (run === undefined || payload.isStale()) return;
    const join = joining;
    const heartbeats = startHeartbeats({ heartbeat, everyMs: Math.ceil(settings.heartbeatIntervalMs / 2) });
    beating.add(heartbeats);
    const turn = createTurn({ payload, run, membership, heartbeats });
    try {
      await run.delivery.take(
        batch.messages.map((message) => topicRecord(partition, message)),
        turn,
      );
      waits.delete(partition);
      metrics.lag(partition, Math.max(0, Number(batch.highWatermark) - run.delivery.next));
    } catch (error) {
      const mustJoinAgain = error instanceof kafkajs.KafkaJSError;
      if (run.alive) {
        end(partition);
        consumer.pause([{ topic, partitions: [partition] }]);
        if (error instanceof DeliveryStop) standStill(partition, error);
        else void troubled(partition, error).then(() => begin(partition, join));
      }
      // What kafkajs itself threw tells it what to do: join again, connect again.
      if (mustJoinAgain) throw error;
    } finally {
      heartbeats.stop();
      beating.delete(heartbeats);
    }
    await heartbeat();
  };

  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: settings.partitionsAtOnce,
    eachBatch,
  });
  return {
    async stop() {
      stopping = true;
      for (const heartbeats of beating) heartbeats.fail(new AssignmentLost('the consumer stops', { topic }));
      await consumer.disconnect();
    },
  };
}

function createGroupConsumer({
  kafka,
  groupId,
  settings,
}: {
  kafka: Kafka;
  groupId: string;
  settings: FetchSettings;
}): Consumer {
  return kafka.consumer({
    groupId,
    sessionTimeout: settings.sessionTimeoutMs,
    rebalanceTimeout: settings.rebalanceTimeoutMs,
    heartbeatInterval: settings.heartbeatIntervalMs,
    minBytes: settings.minBytes,
    maxWaitTimeInMs: settings.maxWaitMs,
    maxBytesPerPartition: settings.maxBytesPerPartition,
    maxBytes: settings.maxBytes,
    allowAutoTopicCreation: false,
    retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 5_000, restartOnFailure: async () => true },
  });
}

function createTurn({
  payload: { batch, commitOffsetsIfNecessary, resolveOffset, isRunning },
  run,
  membership,
  heartbeats,
}: {
  payload: EachBatchPayload;
  run: Run;
  membership: Membership;
  heartbeats: Heartbeats;
}): Turn {
  const { topic, partition } = batch;
  return {
    async commit(offset, metadata) {
      const commit = { partition, offset: String(offset), metadata: encodeMetadata(metadata) };
      if (!run.alive) throw new AssignmentLost('the group was joined again', { topic, partition, offset });
      // Not consumer.commitOffsets: that one resolves silently when the consumer is not running, and tries again under a later
      // generation of the group. This one resolves with the broker's receipt, and takes the generation of this very moment.
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [commit] }] });
      membership.prove();
    },
    check: heartbeats.check,
    during: heartbeats.during,
    permit() {
      if (!run.alive) throw new AssignmentLost('the group was joined again', { topic, partition });
      membership.permit();
    },
    resolve: (offset) => resolveOffset(String(offset)),
    running: () => isRunning() && run.alive,
  };
}
