import type { RecordEvidence, Run } from '../verify/bundle.js';
import { neighbours } from './event-runs.js';

export interface RecordToShow extends RecordEvidence {
  /** In the log. */
  index: number;
}

/** Proves that entries [start, end) are in the tree of a size: the tile prover's `range`. */
export type ProveRange = (start: number, end: number) => Promise<Uint8Array[]>;

/** Records of one log, ascending and each once, as a bundle shows them. Without a tree there is nothing to prove. */
export async function logRuns(records: readonly RecordToShow[], prove: ProveRange | undefined): Promise<Run[]> {
  return Promise.all(
    neighbours(records).map(async (run) => {
      const start = run[0]!.index;
      return {
        start,
        records: run.map(({ index, ...record }) => record),
        proof: prove ? await prove(start, start + run.length) : [],
      };
    }),
  );
}
