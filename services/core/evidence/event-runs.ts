import type { TreeHasher } from '../tlog/index.js';
import { rangeSpans } from '../tlog/spans.js';
import type { EventRun } from '../verify/bundle.js';
import type { ErasablePart } from '../wire/index.js';
import { encodeErasedParts } from '../wire/record.js';

/** An event of a record as a bundle shows it: with its salts, and never the seed they came from. */
export interface EventToShow {
  /** Within the record. */
  index: number;
  body: Buffer;
  identity: ErasablePart;
  content: ErasablePart;
}

/** The events of one record, neighbours together, each run with its proof among the record's leaves (32 bytes each). */
export function eventRuns(hasher: TreeHasher, leaves: Buffer, events: readonly EventToShow[]): EventRun[] {
  const count = leaves.length / 32;
  return neighbours(events).map((run) => {
    const start = run[0]!.index;
    const spans = rangeSpans(start, start + run.length, count);
    return {
      start,
      parts: encodeErasedParts(run),
      proof: spans.map((span) => hasher.root(leaves.subarray(span.start * 32, span.end * 32))),
    };
  });
}

/** Splits ascending items where an index is left out. */
export function neighbours<T extends { index: number }>(items: readonly T[]): T[][] {
  const runs: T[][] = [];
  for (const item of items) {
    const run = runs.at(-1);
    if (run && run.at(-1)!.index + 1 === item.index) run.push(item);
    else runs.push([item]);
  }
  return runs;
}
