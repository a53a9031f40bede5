import { createBatchesBlock } from './batches.js';
import { createEventsBlock } from './events.js';
import type { JudgedRecord, TableBlock } from './judged-record.js';
import { createQuarantineBlock } from './quarantine.js';

export type { JudgedRecord, TableBlock } from './judged-record.js';

/** In the order in which they are written: a record is done when its `batches` row is there. */
export const tables = ['events', 'quarantine', 'batches'] as const;
export type Table = (typeof tables)[number];

/** The rows of one range, for all three tables. */
export type Blocks = Readonly<Record<Table, TableBlock>> & {
  append(judged: JudgedRecord): void;
  reset(incarnation: Buffer): void;
};

export function createBlocks(): Blocks {
  const blocks = { events: createEventsBlock(), quarantine: createQuarantineBlock(), batches: createBatchesBlock() };
  return {
    ...blocks,
    append(judged) {
      for (const table of tables) blocks[table].append(judged);
    },
    reset(incarnation) {
      for (const table of tables) blocks[table].reset(incarnation);
    },
  };
}

/** Lends blocks out, so that their memory is bounded by how many ranges are worked on at once and not by how many partitions there are. */
export function createBlockPool(): { lend<T>(incarnation: Buffer, work: (blocks: Blocks) => Promise<T>): Promise<T> } {
  const free: Blocks[] = [];
  return {
    async lend(incarnation, work) {
      const blocks = free.pop() ?? createBlocks();
      blocks.reset(incarnation);
      try {
        return await work(blocks);
      } finally {
        free.push(blocks);
      }
    },
  };
}
