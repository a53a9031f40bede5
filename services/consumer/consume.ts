import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type EachBatchPayload, type Kafka } from 'kafkajs';
import { messageOf } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import { type FetchSettings, type Heartbeats, joinGroup, startHeartbeats, topicRecord } from '../core/reading/index.js';
import { backoff } from '../core/retry.js';
import { AssignmentLost, DeliveryStop } from './errors.js';
import { encodeMetadata } from './intent.js';
import type { Membership } from './membership.js';
import type { ConsumerMetrics } from './metrics.js';
import type { PartitionDelivery, Turn } from './partition.js';

export interface Consumption {
  /** Begins all partitions anew: what they were begun by has changed. */
  reassess(): void;
  /** Finishes the ranges at hand, leaves the group. */
  stop(): Promise<void>;
}

/** How often a partition that stands still is looked at again. */
const lookAgainMs = 60_000;

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
  onBegun,
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
  onBegun: (partition: number) => void;
  onStopped: (partition: number, stop: DeliveryStop) => void;
  /** Something is away; it is tried again. */
  onTrouble: (error: unknown) => void;
  log: Logger;
}): Promise<Consumption> {
  const runs = new Map<number, Run>();
  /** Of partitions whose last batch failed. */
  const waits = new Map<number, Generator<number, never>>();
  const beating = new Set<Heartbeats>();
  let assigned: number[] = [];
  /** Counts assessments of all partitions, as after a joining: what was begun under an earlier one is void. */
  let joining = 0;
  let stopping = false;

  const end = (partition: number): void => {
    const run = runs.get(partition);
    if (run) run.alive = false;
    runs.delete(partition);
  };
  const endAll = (): void => {
    joining += 1;
    for (const partition of [...runs.keys()]) end(partition);
  };

  /** Assesses a partition until that succeeds, then has it fetched; unless the group is joined again before. */
  const begin = async (partition: number, join: number): Promise<void> => {
    const current = (): boolean => join === joining && !stopping;
    while (current()) {
      try {
        const delivery = await open(partition);
        if (!current()) return;
        runs.set(partition, { delivery, alive: true });
        metrics.begun(partition);
        onBegun(partition);
        member.fetchFrom(partition, delivery.fetchFrom);
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
    // Looking again changes nothing, and sees it when somebody has put things right.
    const join = joining;
    setTimeout(() => void begin(partition, join), lookAgainMs).unref();
  };
  const beginAll = (): void => {
    const join = joining;
    // In a later turn: the first joining comes before `joinGroup` has returned.
    for (const partition of assigned) setImmediate(() => void begin(partition, join));
  };

  const deliver = async (payload: EachBatchPayload, run: Run): Promise<void> => {
    const { batch, heartbeat } = payload;
    const heartbeats = startHeartbeats({ heartbeat, everyMs: Math.ceil(settings.heartbeatIntervalMs / 2) });
    beating.add(heartbeats);
    try {
      const records = batch.messages.map((message) => topicRecord(batch.partition, message));
      await run.delivery.take(records, createTurn({ payload, run, membership, heartbeats }));
    } finally {
      heartbeats.stop();
      beating.delete(heartbeats);
    }
  };

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { partition, highWatermark } = payload.batch;
    const run = runs.get(partition);
    if (run === undefined || payload.isStale()) return;
    const join = joining;
    try {
      await deliver(payload, run);
      waits.delete(partition);
      metrics.lag(partition, Math.max(0, Number(highWatermark) - run.delivery.next));
    } catch (error) {
      if (run.alive) {
        end(partition);
        member.pause([partition]);
        if (error instanceof DeliveryStop) standStill(partition, error);
        else void troubled(partition, error).then(() => begin(partition, join));
      }
      // What kafkajs itself threw tells it what to do: join again, connect again.
      if (error instanceof kafkajs.KafkaJSError) throw error;
    }
    await payload.heartbeat();
  };

  const member = await joinGroup({
    kafka,
    topic,
    groupId,
    settings,
    onJoin(partitions) {
      endAll();
      assigned = partitions;
      metrics.assigned(partitions);
      onJoined(partitions);
      beginAll();
    },
    onLost(error) {
      endAll();
      onTrouble(error);
    },
    onProof: membership.prove,
    eachBatch,
    log,
  });

  return {
    reassess() {
      endAll();
      member.pause(assigned);
      onJoined(assigned);
      beginAll();
    },
    async stop() {
      stopping = true;
      for (const heartbeats of beating) heartbeats.fail(new AssignmentLost('the consumer stops', { topic }));
      await member.stop();
    },
  };
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
  const assertAssigned = (): void => {
    if (!run.alive) throw new AssignmentLost('the group was joined again', { topic, partition });
  };
  return {
    async commit(offset, metadata) {
      const commit = { partition, offset: String(offset), metadata: encodeMetadata(metadata) };
      assertAssigned();
      // Not consumer.commitOffsets: that one resolves silently when the consumer is not running, and tries again under a later
      // generation of the group. This one resolves with the broker's receipt, and takes the generation of this very moment.
      const sentAt = Date.now();
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [commit] }] });
      membership.prove(sentAt);
    },
    check: heartbeats.check,
    during: heartbeats.during,
    permit() {
      assertAssigned();
      membership.permit();
    },
    resolve: (offset) => resolveOffset(String(offset)),
    running: () => isRunning() && run.alive,
  };
}
