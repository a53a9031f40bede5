import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type EachBatchPayload, type Kafka } from 'kafkajs';
import { messageOf } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import { type FetchSettings, type Heartbeats, joinGroup, startHeartbeats, topicRecord } from '../core/reading/index.js';
import { backoff } from '../core/retry.js';
import { assignmentLost, SealStop } from './errors.js';
import { encodePosition, type SealedPosition } from './position.js';
import type { ShardSealing, Turn } from './sealing.js';

/** A shard that is being sealed, and what of it is to be ended. */
export interface OpenShard {
  sealing: ShardSealing;
  close(): Promise<void>;
}

export interface Consumption {
  /** Begins all partitions anew: what they were begun by has changed. */
  reassess(): void;
  /** Lets the checkpoints at hand be finished, leaves the group. */
  stop(): Promise<void>;
}

/** A partition from its assignment until the group is joined again or something fails. */
interface Run extends OpenShard {
  /** False once the partition may be another's, or is to be opened anew. */
  alive: boolean;
}

export interface ConsumptionEvents {
  onJoined(partitions: readonly number[]): void;
  onBegun(partition: number): void;
  onStopped(partition: number, stop: SealStop): void;
  /** A batch was worked on: how far the partition is, and where Kafka ends. */
  onProgress(partition: number, next: number, highWatermark: number): void;
  /** Something is away; it is tried again. Without a partition where it is the membership that ended. */
  onTrouble(error: unknown, partition?: number): void;
}

/**
 * Joins the group and seals the shards that it is assigned. After each joining every partition is paused and its shard opened, and its
 * records are fetched only then. Whatever goes wrong in a batch, the run ends and the shard is opened anew: the way back after a failed
 * write is the way back after a crash.
 */
export async function consume({
  kafka,
  topic,
  groupId,
  settings,
  lookAgainMs,
  open,
  readCommitted,
  events,
  log,
}: {
  kafka: Kafka;
  topic: string;
  groupId: string;
  settings: FetchSettings;
  /** How often a shard that stands still is looked at again. */
  lookAgainMs: number;
  /** Rejects with a SealStop where the shard must stand still, else where a part is away. `goOn` throws once it is in vain. */
  open: (partition: number, goOn: () => void) => Promise<OpenShard>;
  /** What Kafka has of the group. */
  readCommitted: (partition: number) => Promise<{ offset: number; metadata: string } | undefined>;
  events: ConsumptionEvents;
  log: Logger;
}): Promise<Consumption> {
  const runs = new Map<number, Run>();
  /** Of partitions whose last batch failed. */
  const waits = new Map<number, Generator<number, never>>();
  const closing = new Set<Promise<void>>();
  const stopping = new AbortController();
  let assigned: readonly number[] = [];
  /** Counts openings of all partitions, as after a joining: what was begun under an earlier one is void. */
  let joining = 0;

  const close = (shard: OpenShard): void => {
    const closed: Promise<void> = shard
      .close()
      .catch((error) => log.error({ topic, error: messageOf(error) }, 'a shard did not close cleanly'))
      .finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const end = (partition: number): void => {
    const run = runs.get(partition);
    if (!run) return;
    run.alive = false;
    runs.delete(partition);
    close(run);
  };
  const endAll = (): void => {
    joining += 1;
    for (const partition of [...runs.keys()]) end(partition);
  };

  /** Opens a shard until that succeeds, then has its partition fetched; unless the group is joined again before. */
  const begin = async (partition: number, join: number): Promise<void> => {
    const current = (): boolean => join === joining && !stopping.signal.aborted;
    const goOn = (): void => {
      if (!current()) throw assignmentLost('the group was joined again', { topic, partition });
    };
    while (current()) {
      try {
        // What an earlier run still writes shall not come in between.
        await Promise.all(closing);
        goOn();
        const shard = await open(partition, goOn);
        try {
          await shard.sealing.settle({ check: goOn, commit: (...at) => commitBetween(partition, goOn, ...at) });
        } catch (error) {
          close(shard);
          throw error;
        }
        if (!current()) return close(shard);
        runs.set(partition, { ...shard, alive: true });
        events.onBegun(partition);
        member.fetchFrom(partition, shard.sealing.fetchFrom);
        return;
      } catch (error) {
        if (!current()) return;
        if (error instanceof SealStop) return standStill(partition, error);
        await troubled(partition, error);
      }
    }
  };

  /**
   * A commit outside of a batch, which kafkajs may give up silently, or repeat after the group was joined again: it counts only where this
   * member's assignment outlasted it, and Kafka has it.
   */
  const commitBetween = async (
    partition: number,
    goOn: () => void,
    offset: number,
    position: SealedPosition,
  ): Promise<void> => {
    const metadata = encodePosition(position);
    goOn();
    await member.commit(partition, offset, metadata);
    goOn();
    const committed = await readCommitted(partition);
    goOn();
    if (committed?.offset === offset && committed.metadata === metadata) return;
    throw assignmentLost('Kafka has not taken the commit', { topic, partition, offset });
  };

  /** Waits, longer each time until a batch of the partition succeeds. */
  const troubled = async (partition: number, error: unknown): Promise<void> => {
    const wait = waits.get(partition) ?? backoff({ firstMs: 100, mostMs: 5_000 });
    waits.set(partition, wait);
    const waitMs = Math.round(wait.next().value);
    log.warn({ topic, partition, waitMs, error: messageOf(error) }, 'sealing is interrupted and begins again');
    events.onTrouble(error, partition);
    await sleep(waitMs, undefined, { ref: false });
  };

  const standStill = (partition: number, stop: SealStop): void => {
    log.fatal({ code: stop.code, ...stop.where }, `the shard of ${topic}/${partition} stands still: ${stop.message}`);
    events.onStopped(partition, stop);
    // Looking again changes nothing, and sees it when somebody has put things right.
    const join = joining;
    setTimeout(() => void begin(partition, join), lookAgainMs).unref();
  };

  const beginAll = (): void => {
    const join = joining;
    // In a later turn: the first joining comes before `joinGroup` has returned.
    for (const partition of assigned) setImmediate(() => void begin(partition, join));
  };

  const seal = async (payload: EachBatchPayload, run: Run): Promise<void> => {
    const { batch, heartbeat } = payload;
    const heartbeats = startHeartbeats({ heartbeat, everyMs: Math.ceil(settings.heartbeatIntervalMs / 2) });
    try {
      const records = batch.messages.map((message) => topicRecord(batch.partition, message));
      await run.sealing.take(records, createTurn({ payload, run, heartbeats, stopping: stopping.signal }));
    } finally {
      heartbeats.stop();
    }
  };

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { partition, highWatermark } = payload.batch;
    const run = runs.get(partition);
    if (run === undefined || payload.isStale()) return;
    const join = joining;
    try {
      await seal(payload, run);
      waits.delete(partition);
      events.onProgress(partition, run.sealing.next, Number(highWatermark));
    } catch (error) {
      if (run.alive) {
        end(partition);
        member.pause([partition]);
        if (error instanceof SealStop) standStill(partition, error);
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
      events.onJoined(partitions);
      beginAll();
    },
    onLost(error) {
      endAll();
      events.onTrouble(error);
    },
    onProof: () => {},
    eachBatch,
    log,
  });

  return {
    reassess() {
      endAll();
      member.pause([...assigned]);
      events.onJoined(assigned);
      beginAll();
    },
    async stop() {
      stopping.abort();
      await member.stop();
      endAll();
      await Promise.all(closing);
    },
  };
}

function createTurn({
  payload: { batch, commitOffsetsIfNecessary, resolveOffset },
  run,
  heartbeats,
  stopping,
}: {
  payload: EachBatchPayload;
  run: Run;
  heartbeats: Heartbeats;
  stopping: AbortSignal;
}): Turn {
  const { topic, partition } = batch;
  const check = (): void => {
    heartbeats.check();
    if (!run.alive) throw assignmentLost('the group was joined again', { topic, partition });
  };
  return {
    highWatermark: Number(batch.highWatermark),
    async commit(offset, position) {
      const commit = { partition, offset: String(offset), metadata: encodePosition(position) };
      check();
      // Not consumer.commitOffsets: that one resolves silently when the consumer is not running, and tries again under a later
      // generation of the group. This one resolves with the broker's receipt, and takes the generation of this very moment.
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [commit] }] });
    },
    resolve: (offset) => resolveOffset(String(offset)),
    async wait(ms) {
      await heartbeats.during(sleep(ms, undefined, { signal: stopping }).catch(() => {}));
      check();
    },
    check,
  };
}
