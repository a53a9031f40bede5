import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type EachBatchPayload, type Kafka } from 'kafkajs';
import { messageOf, SealstreamError } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { type FetchSettings, joinGroup, startHeartbeats, topicRecord } from '../../core/reading/index.js';
import { backoff } from '../../core/retry.js';
import type { EngineMetrics } from './engine-metrics.js';
import type { PartitionWork } from './partition.js';

export interface Consumption {
  /** The partitions whose records this engine has judged as far as they say. */
  works(): ReadonlyMap<number, PartitionWork>;
  stop(): Promise<void>;
}

/**
 * Joins the group and judges what it is assigned. Whatever goes wrong in a batch, the partition is opened anew: all work is such that
 * it may be done again.
 */
export async function consume({
  kafka,
  topic,
  groupId,
  settings,
  open,
  onJoined,
  onTrouble,
  metrics,
  log,
}: {
  kafka: Kafka;
  topic: string;
  groupId: string;
  settings: FetchSettings;
  /** `commit` as in GroupMember. */
  open: (partition: number, commit: (offset: number) => Promise<void>) => Promise<PartitionWork>;
  onJoined: (partitions: readonly number[]) => void;
  onTrouble: (error: unknown) => void;
  metrics: EngineMetrics;
  log: Logger;
}): Promise<Consumption> {
  const works = new Map<number, PartitionWork>();
  const waits = new Map<number, Generator<number, never>>();
  let joining = 0;
  let stopping = false;

  const begin = async (partition: number, join: number): Promise<void> => {
    while (join === joining && !stopping) {
      try {
        const work = await open(partition, (offset) => member.commit(partition, offset));
        if (join !== joining || stopping) return;
        works.set(partition, work);
        member.fetchFrom(partition, work.next);
        return;
      } catch (error) {
        await troubled(partition, error);
      }
    }
  };
  const troubled = async (partition: number, error: unknown): Promise<void> => {
    const wait = waits.get(partition) ?? backoff({ firstMs: 100, mostMs: 5_000 });
    waits.set(partition, wait);
    metrics.failures.inc({ what: 'batch' });
    log.warn({ topic, partition, error: messageOf(error) }, 'alerts are interrupted and go on from what is stored');
    onTrouble(error);
    await sleep(wait.next().value, undefined, { ref: false });
  };

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { batch, heartbeat, isStale, isRunning, commitOffsetsIfNecessary, resolveOffset } = payload;
    const { partition } = batch;
    const work = works.get(partition);
    if (work === undefined || isStale()) return;
    const join = joining;
    const heartbeats = startHeartbeats({ heartbeat, everyMs: Math.ceil(settings.heartbeatIntervalMs / 2) });
    const running = (): boolean => isRunning() && works.get(partition) === work && !stopping;
    try {
      const records = batch.messages.map((message) => topicRecord(partition, message));
      const turn = {
        running,
        async commit(offset: number) {
          if (!running()) throw new SealstreamError('assignment_lost', `${topic}/${partition} may be another's by now`);
          const commit = { partition, offset: String(offset) };
          await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [commit] }] });
          resolveOffset(String(offset - 1));
        },
      };
      // A rebalance is not to wait for a part that is away.
      await heartbeats.during(work.take(records, turn));
      waits.delete(partition);
      metrics.lag.set({ partition: String(partition) }, Math.max(0, Number(batch.highWatermark) - work.next));
      // What was only folded has to be passed by, too.
      if (running()) resolveOffset(String(work.next - 1));
    } catch (error) {
      if (works.get(partition) === work) {
        works.delete(partition);
        member.pause([partition]);
        void troubled(partition, error).then(() => begin(partition, join));
      }
      // What kafkajs itself threw tells it what to do: join again, connect again.
      if (error instanceof kafkajs.KafkaJSError) throw error;
    } finally {
      heartbeats.stop();
    }
    await heartbeat();
  };

  const member = await joinGroup({
    kafka,
    topic,
    groupId,
    settings,
    onJoin(partitions) {
      joining += 1;
      works.clear();
      onJoined(partitions);
      const join = joining;
      // In a later turn: the first joining comes before `joinGroup` has returned.
      for (const partition of partitions) setImmediate(() => void begin(partition, join));
    },
    onLost(error) {
      joining += 1;
      works.clear();
      onTrouble(error);
    },
    onProof: () => {},
    eachBatch,
    log,
  });
  return {
    works: () => works,
    async stop() {
      stopping = true;
      await member.stop();
    },
  };
}
