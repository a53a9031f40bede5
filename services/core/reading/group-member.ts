import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { backoff } from '../retry.js';

/** How the group is joined and records are fetched. Times in milliseconds. */
export interface FetchSettings {
  sessionTimeoutMs: number;
  /** How long a rebalance waits for the range at hand. Longer than an insert may take. */
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

/**
 * How old a member's knowledge of the topic's partitions gets at most: with kafkajs' five minutes, records of a partition that was added would
 * wait so long. A request of some hundred bytes.
 */
const metadataMaxAgeMs = 3_000;

/** A member of the consumer group that stays one: where kafkajs gives up, it is made anew. */
export interface GroupMember {
  /** The next fetch of the partition starts here. */
  fetchFrom(partition: number, offset: number): void;
  pause(partitions: number[]): void;
  /** Outside of a batch. Resolves also where the group is being joined again and nothing was committed: read it back. */
  commit(partition: number, offset: number, metadata?: string): Promise<void>;
  /** Finishes the batches at hand and leaves the group. */
  stop(): Promise<void>;
}

/**
 * `onJoin` is called at every joining, before anything is fetched, with all partitions paused; `onLost` when the membership ended by a
 * crash; `onProof` whenever Kafka confirmed the membership, with the time at which it was asked. Resolves once Kafka was reached.
 */
export async function joinGroup({
  kafka,
  topic,
  groupId,
  settings,
  onJoin,
  onLost,
  onProof,
  eachBatch,
  log,
}: {
  kafka: Kafka;
  topic: string;
  groupId: string;
  settings: FetchSettings;
  onJoin: (partitions: number[]) => void;
  onLost: (error: Error) => void;
  onProof: (sentAt: number) => void;
  eachBatch: (payload: EachBatchPayload) => Promise<void>;
  log: Logger;
}): Promise<GroupMember> {
  const waits = backoff({ firstMs: 500, mostMs: 10_000 });
  let stopping = false;
  let consumer: Consumer;

  const launch = async (): Promise<void> => {
    const made = createConsumer({ kafka, groupId, settings, restarts: () => !stopping });
    consumer = made;
    const { HEARTBEAT, GROUP_JOIN, CRASH, REQUEST } = consumer.events;
    /** When the newest answered request of a kind was sent; kafkajs has one heartbeat and one joining under way at a time. */
    const sentAt = { Heartbeat: 0, SyncGroup: 0 };
    consumer.on(REQUEST, ({ payload }) => {
      if (payload.apiName in sentAt) sentAt[payload.apiName as keyof typeof sentAt] = payload.sentAt;
    });
    consumer.on(HEARTBEAT, () => onProof(sentAt.Heartbeat));
    consumer.on(GROUP_JOIN, ({ payload }) => {
      // A joining that was under way when the member stopped would go on.
      if (stopping) return void made.stop();
      onProof(sentAt.SyncGroup);
      const partitions = payload.memberAssignment[topic] ?? [];
      log.info({ topic, groupId, partitions, memberId: payload.memberId }, 'joined the group');
      consumer.pause([{ topic, partitions }]);
      onJoin(partitions);
    });
    consumer.on(CRASH, ({ payload: { error, restart } }) => {
      onLost(error);
      log.error({ groupId, error: error.message, restart }, 'the group membership ended and begins again');
      if (!restart) void relaunch();
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: settings.partitionsAtOnce,
      eachBatch,
    });
  };

  const relaunch = async (): Promise<void> => {
    while (!stopping) {
      await sleep(waits.next().value, undefined, { ref: false });
      try {
        return await launch();
      } catch (error) {
        log.warn({ groupId, error: messageOf(error) }, 'Kafka is away');
        await consumer.disconnect().catch(() => {});
      }
    }
  };

  await launch();
  return {
    fetchFrom(partition, offset) {
      consumer.seek({ topic, partition, offset: String(offset) });
      consumer.resume([{ topic, partitions: [partition] }]);
    },
    commit: (partition, offset, metadata = '') =>
      consumer.commitOffsets([{ topic, partition, offset: String(offset), metadata }]),
    pause: (partitions) => consumer.pause([{ topic, partitions }]),
    async stop() {
      stopping = true;
      await consumer.disconnect();
    },
  };
}

function createConsumer({
  kafka,
  groupId,
  settings,
  restarts,
}: {
  kafka: Kafka;
  groupId: string;
  settings: FetchSettings;
  /** Asked after every crash: kafkajs would begin again even when it was stopped meanwhile. */
  restarts: () => boolean;
}): Consumer {
  return kafka.consumer({
    groupId,
    metadataMaxAge: metadataMaxAgeMs,
    sessionTimeout: settings.sessionTimeoutMs,
    rebalanceTimeout: settings.rebalanceTimeoutMs,
    heartbeatInterval: settings.heartbeatIntervalMs,
    minBytes: settings.minBytes,
    maxWaitTimeInMs: settings.maxWaitMs,
    maxBytesPerPartition: settings.maxBytesPerPartition,
    maxBytes: settings.maxBytes,
    allowAutoTopicCreation: false,
    retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 2_000, restartOnFailure: async () => restarts() },
  });
}
