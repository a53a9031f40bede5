import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type EachBatchPayload, type Kafka } from 'kafkajs';
import { messageOf, SealstreamError } from '../errors.js';
import type { TopicRecord } from '../judge/index.js';
import type { Logger } from '../log.js';
import { backoff } from '../retry.js';
import { type FetchSettings, joinGroup } from './group-member.js';
import { type Heartbeats, startHeartbeats } from './heartbeats.js';
import { topicRecord } from './topic-record.js';

/** What is done with one partition, from its opening until the group is joined again or something fails. */
export interface PartitionWork {
  /** Offset at which fetching begins. */
  readonly fetchFrom: number;
  /** The first offset that is not worked on yet. */
  readonly next: number;
}

/** While a partition is being opened. */
export interface Opening {
  /** Throws once the opening is in vain. */
  goOn(): void;
  /** As in GroupMember. */
  commit(offset: number, metadata: string): Promise<void>;
}

/** While one batch is worked on. */
export interface BatchAtHand {
  payload: EachBatchPayload;
  heartbeats: Heartbeats;
  /** False once the partition may be another's, or is to be opened anew. */
  isAlive(): boolean;
}

export interface FollowEvents<Stop> {
  onJoined(partitions: readonly number[]): void;
  onBegun(partition: number): void;
  onStopped(partition: number, stop: Stop): void;
  /** A batch was worked on: how far the partition is, and where Kafka ends. */
  onProgress(partition: number, next: number, highWatermark: number): void;
  /** Something is away; it is tried again. Without a partition where it is the membership that ended. */
  onTrouble(error: unknown, partition?: number): void;
  /** As in `joinGroup`. */
  onProof?: (sentAt: number) => void;
}

export interface Following {
  /** Opens all partitions anew: what they were opened by has changed. */
  reassess(): void;
  /** Finishes the batches at hand, leaves the group, and resolves when all is closed. */
  stop(): Promise<void>;
}

interface Run<Work> {
  work: Work;
  alive: boolean;
}

/**
 * Joins the group and works on the partitions that it is assigned. After each joining every partition is paused and opened, and its records
 * are fetched only then. Whatever goes wrong in a batch, its work ends and the partition is opened anew: the way back after a failure is the
 * way back after a crash. A partition whose opening or work rejects with a `Stop` stands still; the others go on.
 */
export async function followPartitions<Work extends PartitionWork, Stop extends SealstreamError>({
  kafka,
  topic,
  groupId,
  settings,
  lookAgainMs,
  what,
  isStop,
  open,
  close = async () => {},
  take,
  events,
  log,
}: {
  kafka: Kafka;
  topic: string;
  groupId: string;
  settings: FetchSettings;
  /** How often a partition that stands still is looked at again. */
  lookAgainMs: number;
  /** For the log: 'delivery'. */
  what: string;
  isStop: (error: unknown) => error is Stop;
  /** Rejects with a Stop where the partition must stand still, else where a part is away. */
  open: (partition: number, opening: Opening) => Promise<Work>;
  /** Called once for each work; what is opened next waits for it. */
  close?: (work: Work) => Promise<void>;
  take: (work: Work, records: TopicRecord[], batch: BatchAtHand) => Promise<void>;
  events: FollowEvents<Stop>;
  log: Logger;
}): Promise<Following> {
  const runs = new Map<number, Run<Work>>();
  /** Of partitions whose last batch failed. */
  const waits = new Map<number, Generator<number, never>>();
  const closing = new Set<Promise<void>>();
  let assigned: readonly number[] = [];
  /** Counts openings of all partitions, as after a joining: what was begun under an earlier one is void. */
  let joining = 0;
  let stopping = false;

  const startClosing = (work: Work): void => {
    const closed: Promise<void> = close(work)
      .catch((error) => log.error({ topic, error: messageOf(error) }, `${what} of a partition did not end cleanly`))
      .finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const end = (partition: number): void => {
    const run = runs.get(partition);
    if (!run) return;
    run.alive = false;
    runs.delete(partition);
    startClosing(run.work);
  };
  const endAll = (): void => {
    joining += 1;
    for (const partition of [...runs.keys()]) end(partition);
  };

  /** Opens a partition until that succeeds, then has it fetched; unless the group is joined again before. */
  const begin = async (partition: number, join: number): Promise<void> => {
    const current = (): boolean => join === joining && !stopping;
    const opening: Opening = {
      goOn() {
        if (current()) return;
        const message = 'the group was joined again';
        throw new SealstreamError('assignment_lost', message, { retriable: true, topic, partition });
      },
      commit: (offset, metadata) => member.commit(partition, offset, metadata),
    };
    while (current()) {
      try {
        // What an earlier work still writes shall not come in between.
        await Promise.all(closing);
        opening.goOn();
        const work = await open(partition, opening);
        if (!current()) return startClosing(work);
        runs.set(partition, { work, alive: true });
        events.onBegun(partition);
        member.fetchFrom(partition, work.fetchFrom);
        return;
      } catch (error) {
        if (!current()) return;
        if (isStop(error)) return standStill(partition, error);
        await troubled(partition, error);
      }
    }
  };

  /** Waits, longer each time until a batch of the partition succeeds. */
  const troubled = async (partition: number, error: unknown): Promise<void> => {
    const wait = waits.get(partition) ?? backoff({ firstMs: 100, mostMs: 5_000 });
    waits.set(partition, wait);
    const waitMs = Math.round(wait.next().value);
    log.warn({ topic, partition, waitMs, error: messageOf(error) }, `${what} is interrupted and begins again`);
    events.onTrouble(error, partition);
    await sleep(waitMs, undefined, { ref: false });
  };

  const standStill = (partition: number, stop: Stop): void => {
    log.fatal({ code: stop.code, ...stop.where }, `${what} of ${topic}/${partition} stands still: ${stop.message}`);
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

  const work = async (payload: EachBatchPayload, run: Run<Work>): Promise<void> => {
    const { batch, heartbeat } = payload;
    const heartbeats = startHeartbeats({ heartbeat, everyMs: Math.ceil(settings.heartbeatIntervalMs / 2) });
    try {
      const records = batch.messages.map((message) => topicRecord(batch.partition, message));
      await take(run.work, records, { payload, heartbeats, isAlive: () => run.alive });
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
      await work(payload, run);
      waits.delete(partition);
      events.onProgress(partition, run.work.next, Number(highWatermark));
    } catch (error) {
      if (run.alive) {
        end(partition);
        member.pause([partition]);
        if (isStop(error)) standStill(partition, error);
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
    onProof: events.onProof ?? (() => {}),
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
      stopping = true;
      await member.stop();
      endAll();
      await Promise.all(closing);
    },
  };
}
