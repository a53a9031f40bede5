import { type Table, tables } from './blocks/index.js';
import { remedy, type StopCode } from './errors.js';
import type { CommitMetadata, Intent } from './intent.js';

/** What Kafka and ClickHouse say of a partition when it is assigned. Offsets "above" are the first one above the newest row, 0 for none. */
export interface PartitionFacts {
  /** Hex. */
  incarnation: string;
  /** The group's offset. Absent, or of another incarnation of the topic: nothing of this one was ever begun. */
  committed: { offset: number; metadata: CommitMetadata | undefined } | undefined;
  /** Above the newest row of each table. */
  above: Record<Table, number>;
  /** Above the newest row of `batches` that lies below the committed offset. */
  doneAbove: number;
  /** What `batches` holds of the intended range. */
  intended: { rows: number; distinct: number; digest: string } | undefined;
  /** The offsets that Kafka holds: [low, high). */
  log: { low: number; high: number };
}

export interface Stop {
  kind: 'stop';
  code: StopCode;
  message: string;
}

/**
 * Where to go on. `begin`: at `next`, everything below is done. `finish`: an intended range from `next` on may be in part in the
 * tables. `compare` is the last done record, where Kafka still has it: it must be the one that was stored.
 */
export type Start =
  | { kind: 'begin'; next: number; generation: number; compare: number | undefined }
  | { kind: 'finish'; next: number; generation: number; compare: number | undefined; intent: Intent }
  | Stop;

const repair = `The tables and the group were changed by something else than this consumer. Nothing was written. ${remedy}`;

const stop = (code: StopCode, message: string): Stop => ({ kind: 'stop', code, message });

/** WIRE §6, "on assignment". Pure: it decides on the facts and guesses nothing. */
export function decideStart(facts: PartitionFacts): Start {
  const { incarnation, committed, above } = facts;
  const ours = committed?.metadata === undefined || committed.metadata.incarnation === incarnation;
  if (committed === undefined || committed.offset < 0 || !ours) {
    const newest = newestRow(above);
    if (newest > 0) {
      return stop(
        'rows_without_intent',
        `rows are stored up to offset ${newest - 1}, but the group has no offset. Either another group stored them, or the topic was ` +
          `deleted and made again, with which Kafka forgets offsets; then it needs an incarnation of its own in the registry. Nothing was written. ${remedy}`,
      );
    }
    return within(facts, { kind: 'begin', next: 0, generation: 0, compare: undefined });
  }
  const { offset: next, metadata } = committed;
  const generation = metadata?.generation ?? 0;
  if (facts.doneAbove !== next) {
    return stop(
      'rows_missing',
      `the group's offset is ${next}, but batches ends at offset ${facts.doneAbove - 1} below it. ${repair}`,
    );
  }
  const compare = next > 0 ? next - 1 : undefined;
  if (metadata?.intent === undefined) {
    const newest = newestRow(above);
    if (newest > next) {
      return stop(
        'rows_without_intent',
        `rows are stored up to offset ${newest - 1}, the group's offset is ${next} and announces none. ${repair}`,
      );
    }
    return within(facts, { kind: 'begin', next, generation, compare });
  }
  return decideIntended(facts, { first: next, ...metadata.intent }, generation, compare);
}

const newestRow = (above: Record<Table, number>): number => Math.max(...tables.map((table) => above[table]));

function decideIntended(facts: PartitionFacts, intent: Intent, generation: number, compare: number | undefined): Start {
  const { first, last } = intent;
  const newest = newestRow(facts.above);
  if (newest > last + 1) {
    return stop(
      'rows_without_intent',
      `rows are stored up to offset ${newest - 1}, the intent ends at ${last}. ${repair}`,
    );
  }
  const { rows, distinct, digest } = facts.intended ?? { rows: 0, distinct: 0, digest: '' };
  if (rows !== distinct || rows > last - first + 1) {
    return stop(
      'rows_contradict',
      `batches holds ${rows} rows for ${distinct} of the offsets ${first}–${last}. ${repair}`,
    );
  }
  if (rows === last - first + 1) {
    if (digest !== intent.digest) {
      return stop(
        'rows_contradict',
        `batches holds other records for offsets ${first}–${last} than the intent names. ${repair}`,
      );
    }
    // `batches` is written last, so the whole range is done.
    return within(facts, { kind: 'begin', next: last + 1, generation, compare: last });
  }
  const start = within(facts, { kind: 'finish', next: first, generation, compare, intent });
  if (start.kind === 'finish' && facts.log.high <= last) return recreated(facts, last);
  return start;
}

/** Checks the start against what Kafka still holds. */
function within(facts: PartitionFacts, start: Exclude<Start, Stop>): Start {
  const { low, high } = facts.log;
  if (start.next > high) return recreated(facts, start.next - 1);
  if (start.next < low) {
    return stop(
      'range_gone',
      `Kafka begins at offset ${low}: offsets ${start.next}–${low - 1} were deleted before they were stored. ` +
        'The topic keeps records for less time than this consumer was away. Nothing gives these records back, and the partition stands still: ' +
        '`sealstream fsck --repair` says what is still right. Give the topic a longer retention, and see docs/guides/fsck.md for what is left to do.',
    );
  }
  return start.compare !== undefined && start.compare < low ? { ...start, compare: undefined } : start;
}

const recreated = ({ log, incarnation }: PartitionFacts, known: number): Stop =>
  stop(
    'topic_recreated',
    `Kafka ends at offset ${log.high}, but offset ${known} was read before: the topic was deleted and made again, or lost records. ` +
      `A topic made again needs an incarnation of its own in the registry (it still names ${incarnation}).`,
  );

/** What a table holds of a range. */
export interface StoredRows {
  rows: number;
  /** Rows that differ in offset and index. */
  distinct: number;
  /** ClickHouse surely still remembers the token that these rows came with. */
  tokenHeld: boolean;
}

export type Delivery = { kind: 'insert'; tables: Table[] } | Stop;

/**
 * Which blocks of an intended range have still to be inserted, given how many rows its records give for each table and what the
 * tables hold. Pure. Each block is one part in ClickHouse, there whole or not at all; a block in part has another history, and is
 * filled up only while its token is surely remembered, so that the rows that are there are not doubled.
 */
export function decideDelivery({
  intent: { first, last },
  expected,
  stored,
}: {
  intent: Intent;
  expected: Record<Table, number>;
  stored: Record<Table, StoredRows>;
}): Delivery {
  const missing: Table[] = [];
  for (const table of tables) {
    const { rows, distinct, tokenHeld } = stored[table];
    if (rows !== distinct || rows > expected[table]) {
      return stop(
        'rows_contradict',
        `${table} holds ${rows} rows (${distinct} different) for offsets ${first}–${last}, whose records give ${expected[table]}. ${repair}`,
      );
    }
    if (rows === expected[table]) {
      if (rows > 0 && missing.length > 0) {
        return stop(
          'rows_contradict',
          `${table} holds offsets ${first}–${last}, ${missing.join(' and ')} does not, which is written before it. ${repair}`,
        );
      }
      continue;
    }
    if (rows > 0 && !tokenHeld) {
      return stop(
        'partly_stored',
        `${table} holds ${rows} of ${expected[table]} rows for offsets ${first}–${last}, and its token may have left the ` +
          `deduplication window. ${repair}`,
      );
    }
    missing.push(table);
  }
  return { kind: 'insert', tables: missing };
}

/**
 * Whether ClickHouse surely remembers the token of a block, after which at most `blocksSince` blocks went into its table. Of a plain
 * MergeTree, whose window counts blocks alone.
 */
export const tokenIsHeld = ({ windowBlocks, blocksSince }: { windowBlocks: number; blocksSince: number }): boolean =>
  blocksSince < windowBlocks;
