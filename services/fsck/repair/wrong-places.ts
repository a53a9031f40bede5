import type { Difference, DifferenceKind } from '../difference.js';

/** Offsets, both ends included. */
export interface Offsets {
  first: number;
  last: number;
}

/** What fsck found of a partition of an incarnation. */
export interface Wrong {
  incarnation: string;
  partition: number;
  /** Where something is wrong: sorted, apart from one another. */
  offsets: Offsets[];
  /** Where Kafka holds other bytes or another append time than `batches` says. */
  differing: Offsets[];
  /** How many differences of each kind. */
  kinds: Map<DifferenceKind, number>;
}

/** Not in the tables, so that rows written anew would not change it. */
const notOfRows: ReadonlySet<DifferenceKind> = new Set(['entry_missing']);

/** Keeps of fsck's differences what a repair must know, in memory that grows with the stretches, not with the differences. */
export function createWrongPlaces(): {
  add(difference: Difference): void;
  /** By partition. */
  all(): Wrong[];
  /** What is wrong with a shard of the log as such, by the shard's origin. */
  shards: ReadonlyMap<string, Difference>;
} {
  const found = new Map<string, Wrong>();
  const shards = new Map<string, Difference>();
  return {
    shards,
    add(difference) {
      const { kind, place } = difference;
      const { incarnation, partition, offset, lastOffset = offset, shard } = place;
      if (shard !== undefined) {
        // A checkpoint that is missing is the lesser evil.
        if ((shards.get(shard)?.kind ?? 'checkpoint_missing') === 'checkpoint_missing') shards.set(shard, difference);
        return;
      }
      if (notOfRows.has(kind)) return;
      const key = `${incarnation}/${partition}`;
      const own = found.get(key) ?? { incarnation, partition, offsets: [], differing: [], kinds: new Map() };
      found.set(key, own);
      own.kinds.set(kind, (own.kinds.get(kind) ?? 0) + 1);
      extend(own.offsets, offset, lastOffset);
      if (kind === 'record_differs') extend(own.differing, offset, lastOffset);
    },
    all: () =>
      [...found.values()]
        .map((own) => ({ ...own, offsets: merged(own.offsets), differing: merged(own.differing) }))
        .sort((a, b) => a.partition - b.partition),
  };
}

/** Differences come about in order of offsets. */
function extend(stretches: Offsets[], first: number, last: number): void {
  const newest = stretches.at(-1);
  if (newest && first >= newest.first && first <= newest.last + 1) newest.last = Math.max(newest.last, last);
  else stretches.push({ first, last });
}

/** Sorted, and what touches made one. */
export function merged(stretches: readonly Offsets[]): Offsets[] {
  const result: Offsets[] = [];
  for (const { first, last } of [...stretches].sort((a, b) => a.first - b.first)) extend(result, first, last);
  return result;
}

export const covers = (stretches: readonly Offsets[], offset: number): boolean =>
  stretches.some(({ first, last }) => first <= offset && offset <= last);
