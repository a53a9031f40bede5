import { merged, type Offsets } from './wrong-places.js';

/** In the order in which they are emptied: what tells that a record is done goes first, which is written last. */
export const repairTables = ['batches', 'quarantine', 'events'] as const;
export type RepairTable = (typeof repairTables)[number];

/** A partition's rows from an offset on are deleted, and the consumer is sent back there. */
export interface Rebuild {
  from: number;
  /** Rows that are deleted. */
  rows: Record<RepairTable, number>;
  /** Records that Kafka gives again. */
  records: number;
  generation: number;
}

export interface PartitionPlan {
  /** Of the topic, hex. */
  incarnation: string;
  partition: number;
  /** What is wrong, one line each. */
  found: string[];
  /** Undefined where nothing can be done. */
  rebuild: Rebuild | undefined;
  /** What stays wrong, and why Kafka cannot give it back. */
  refused: (Offsets & { why: string })[];
}

export interface RepairPlan {
  partitions: PartitionPlan[];
  /** What is wrong beside the partitions' rows, one line each: no repair from Kafka mends it. */
  beside: string[];
}

/** Whether a repair would change anything. */
export const isSomethingToDo = ({ partitions }: RepairPlan): boolean =>
  partitions.some(({ rebuild }) => rebuild !== undefined);

/** Whether something would stay wrong. */
export const isSomethingLeft = ({ partitions, beside }: RepairPlan): boolean =>
  beside.length > 0 || partitions.some(({ refused }) => refused.length > 0);

/** The lowest offset from which on Kafka gives everything back as it was, and why not from below. */
export interface Floor {
  offset: number;
  why: string;
  /** Kafka holds the record below, and not as it should be. */
  isDoubtful?: true;
}

/**
 * Where a partition is rebuilt from: the first offset that is wrong, but nowhere below the floor. A rebuild takes everything from its
 * first offset to the partition's end, so nothing is deleted that Kafka does not give again. Pure.
 */
export function decideRebuild(
  wrong: readonly Offsets[],
  floor: Floor,
): { from: number | undefined; refused: PartitionPlan['refused'] } {
  const stretches = merged(wrong);
  const refused = stretches
    .filter(({ first }) => first < floor.offset)
    .map(({ first, last }) => ({ first, last: Math.min(last, floor.offset - 1), why: floor.why }));
  const within = stretches.find(({ last }) => last >= floor.offset);
  return { from: within && Math.max(within.first, floor.offset), refused };
}
