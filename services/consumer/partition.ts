import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicRecord } from '../core/judge/index.js';
import type { Folder } from '../core/reading/index.js';
import type { Beginning } from './assignment.js';
import type { Blocks, Table } from './blocks/index.js';
import { decideDelivery } from './delivery.js';
import { DeliveryStop, remedy } from './errors.js';
import { type CommitMetadata, type Intent, insertToken } from './intent.js';
import { type JudgedRange, judgeRange, valueHashOf } from './judge-range.js';
import type { ConsumerMetrics } from './metrics.js';
import type { OneAtATime } from './one-at-a-time.js';
import { type RangeLimits, rangeDigest } from './range.js';
import type { ReadBack } from './read-back.js';
import type { Sink } from './sink.js';

/** The steps of a delivery between which a crash can fall. Tests stop the process at each of them. */
export const steps = [
  'before_intent',
  'after_intent',
  'after_events',
  'after_quarantine',
  'after_batches',
  'before_position',
  'after_position',
] as const;
export type Step = (typeof steps)[number];

const stepAfter: Record<Table, Step> = {
  events: 'after_events',
  quarantine: 'after_quarantine',
  batches: 'after_batches',
};

/** Between two counts of rows that should be there. */
const countAgainMs = 1_000;

/** What a partition needs of the member that it is assigned to, while one batch is worked on. */
export interface Turn {
  /** Commits the group's offset; resolves once the broker has confirmed it, rejects when this member may not commit any more. */
  commit(offset: number, metadata: CommitMetadata): Promise<void>;
  /** Throws when no other range shall be begun: the group rebalances, the member was put out. */
  check(): void;
  /** What `work` gives; rejects earlier once `check` would throw. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Throws when it is not sure that the partition is still this member's. */
  permit(): void;
  /** The next fetch starts above this offset. */
  resolve(offset: number): void;
  /** False once the service stops: the range at hand is the last. */
  running(): boolean;
}

export interface PartitionDelivery {
  /** Where fetching begins: the record to compare, else the first that is not done. */
  readonly fetchFrom: number;
  /** The first offset that is not done. */
  readonly next: number;
  /** Delivers the records of one fetch, in order. After a rejection nothing of it may be used again: the partition is assessed anew. */
  take(records: readonly TopicRecord[], turn: Turn): Promise<void>;
}

/** Delivers one partition from a beginning on: WIRE §6, "Intent", "Insert", and "On assignment" from the re-reading on. */
export function createPartitionDelivery({
  topic,
  partition,
  incarnation,
  beginning: { start, compareHash },
  folder,
  readBack,
  sink,
  lendBlocks,
  bounds,
  judging,
  metrics,
  onStep,
  now = Date.now,
}: {
  topic: string;
  partition: number;
  incarnation: Buffer;
  beginning: Beginning;
  folder: Folder;
  readBack: ReadBack;
  sink: Sink;
  lendBlocks: <T>(incarnation: Buffer, work: (blocks: Blocks) => Promise<T>) => Promise<T>;
  bounds: RangeLimits;
  /** Shared by all partitions. */
  judging: OneAtATime;
  metrics: ConsumerMetrics;
  onStep: (step: Step, at: { partition: number; first: number }) => void;
  now?: () => number;
}): PartitionDelivery {
  let { generation } = start;
  const incarnationHex = incarnation.toString('hex');
  const where = (offset: number) => ({ topic, partition, offset });
  let next = start.next;
  let compare = start.compare;
  /** An intended range that is read again; `held` is what came of it so far. */
  let intended = start.kind === 'finish' ? start.intent : undefined;
  let held: TopicRecord[] = [];

  /** Compares the last done record and leaves out what is below the next. Throws when the records do not follow. */
  const following = (records: readonly TopicRecord[]): readonly TopicRecord[] => {
    if (compare !== undefined && records[0]!.offset <= compare) compareRecord(records, compare);
    compare = undefined;
    const wanted = next + held.length;
    const rest = records.filter(({ offset }) => offset >= wanted);
    rest.forEach(({ offset }, index) => {
      if (offset === wanted + index) return;
      const message = `offset ${offset} follows ${wanted + index - 1}: the records in between are gone from Kafka before they were stored`;
      throw new DeliveryStop('offset_gap', message, where(wanted + index));
    });
    return rest;
  };

  const compareRecord = (records: readonly TopicRecord[], offset: number): void => {
    const record = records.find((candidate) => candidate.offset === offset);
    const found = record && valueHashOf(record.value).toString('hex');
    if (found === compareHash) return;
    throw new DeliveryStop(
      'topic_recreated',
      `the record at offset ${offset} has hash ${found ?? '(none)'}, batches has ${compareHash ?? '(none)'}: the topic was deleted and ` +
        `made again. It needs an incarnation of its own in the registry (it still names ${incarnationHex}).`,
      where(offset),
    );
  };

  const insert = async (tables: readonly Table[], intent: Intent, blocks: Blocks, turn: Turn): Promise<void> => {
    for (const table of tables) {
      const block = blocks[table];
      const token = insertToken({ incarnation: incarnationHex, partition, intent, generation, table });
      const began = performance.now();
      if (block.rows > 0) {
        try {
          await sink.insert({ table, block, token, permit: turn.permit });
        } catch (error) {
          metrics.insertFailed(table);
          throw error;
        }
        metrics.inserted(table, (performance.now() - began) / 1_000);
      }
      onStep(stepAfter[table], { partition, first: intent.first });
    }
  };

  const done = ({ last, summary }: JudgedRange, turn: Turn): void => {
    next = last + 1;
    turn.resolve(last);
    metrics.done(partition, summary, now());
  };

  const deliverRange = (records: readonly TopicRecord[], turn: Turn): Promise<number> =>
    lendBlocks(incarnation, async (blocks) => {
      const range = await judgeRange({ records, folder, blocks, bounds, judging, during: turn.during });
      const { first, last } = range;
      const intent: Intent = { first, last, digest: rangeDigest(range.valueHashes) };
      onStep('before_intent', { partition, first });
      await turn.commit(first, {
        incarnation: incarnationHex,
        generation,
        intent: { last, digest: intent.digest },
      });
      onStep('after_intent', { partition, first });
      await insert(['events', 'quarantine', 'batches'], intent, blocks, turn);
      done(range, turn);
      return range.summary.records;
    });

  const isComplete = async (table: Table, intent: Intent, expected: Record<Table, number>): Promise<boolean> =>
    (await readBack.stored(intent))[table].rows === expected[table];

  /**
   * A block that ClickHouse took and does not have: it remembers the token. A server that is killed between writing its log of tokens and
   * naming the part leaves that behind. Under the next generation the block has another token; a late insert under the other one is still
   * dropped, and whoever is past this table has seen its rows. Only where no row of the block is there, and where a count sees everything that was inserted.
   */
  const insertAnew = async (
    table: Table,
    intent: Intent,
    expected: Record<Table, number>,
    blocks: Blocks,
    turn: Turn,
  ): Promise<void> => {
    await turn.during(sleep(countAgainMs));
    const rows = (await readBack.stored(intent))[table].rows;
    if (rows === expected[table]) return;
    if (rows === 0 && (await readBack.isAlone(table))) {
      generation += 1;
      await turn.commit(intent.first, {
        incarnation: incarnationHex,
        generation,
        intent: { last: intent.last, digest: intent.digest },
      });
      metrics.generationRaised();
      await insert([table], intent, blocks, turn);
      if (await isComplete(table, intent, expected)) return;
    }
    const advice =
      rows > 0 ? remedy : `Where the table has replicas, look whether the one that answers lags behind. ${remedy}`;
    const message = `ClickHouse took ${table} for offsets ${intent.first}–${intent.last} and holds ${rows} of ${expected[table]} rows: it remembers the token of rows that are gone. Nothing after them was written. ${advice}`;
    throw new DeliveryStop('token_remembered', message, where(intent.first));
  };

  /** Finishes the intended range once all of it has been read again. */
  const finishRange = (intent: Intent, turn: Turn): Promise<void> =>
    lendBlocks(incarnation, async (blocks) => {
      const range = await judgeRange({
        records: held,
        folder,
        blocks,
        bounds: undefined,
        judging,
        during: turn.during,
      });
      const digest = rangeDigest(range.valueHashes);
      if (digest !== intent.digest) {
        const message = `Kafka's offsets ${intent.first}–${intent.last} are not those that were begun: digest ${digest}, intended ${intent.digest}. ${remedy}`;
        throw new DeliveryStop('digest_differs', message, where(intent.first));
      }
      const expected = range.summary.rows;
      const decision = decideDelivery({ intent, expected, stored: await readBack.stored(intent) });
      if (decision.kind === 'stop') throw new DeliveryStop(decision.code, decision.message, where(intent.first));
      for (const table of decision.tables) {
        await insert([table], intent, blocks, turn);
        if (!(await isComplete(table, intent, expected))) await insertAnew(table, intent, expected, blocks, turn);
      }
      held = [];
      intended = undefined;
      done(range, turn);
    });

  const finishIntended = async (
    records: readonly TopicRecord[],
    intent: Intent,
    turn: Turn,
  ): Promise<readonly TopicRecord[]> => {
    const missing = intent.last - next + 1 - held.length;
    held.push(...records.slice(0, missing));
    if (held.length < intent.last - next + 1) {
      turn.resolve(held.at(-1)!.offset);
      return [];
    }
    await finishRange(intent, turn);
    return records.slice(missing);
  };

  return {
    get fetchFrom() {
      return compare ?? next;
    },
    get next() {
      return next;
    },
    async take(records, turn) {
      let rest = following(records);
      if (rest.length === 0) {
        turn.resolve(records.at(-1)!.offset);
        return;
      }
      const before = next;
      if (intended !== undefined) rest = await finishIntended(rest, intended, turn);
      while (rest.length > 0 && turn.running()) {
        turn.check();
        rest = rest.slice(await deliverRange(rest, turn));
      }
      if (next === before) return;
      onStep('before_position', { partition, first: next });
      await turn.commit(next, { incarnation: incarnationHex, generation });
      onStep('after_position', { partition, first: next });
    },
  };
}
