import {
  createJudge,
  type Deployment,
  type ErasureList,
  emptyLane,
  type History,
  type Judged,
  laneKey,
  newPartitionState,
} from '../../core/judge/index.js';
import type { Registry } from '../../core/registry/index.js';

const nothingBefore: History = { same: undefined, prevUsedInLane: false, prevUsedInEpoch: undefined };

/**
 * What every reader will say of a record that is published to the partition now, less what hangs on the records before it in its lane.
 * Undefined for a registry marker beyond the registry, which only the gateway itself has reason to write.
 */
export type LoneJudge = (value: Buffer, partition: number) => Judged | undefined;

export function createLoneJudge({
  deployment,
  registry,
  erasures,
  now = Date.now,
}: {
  deployment: Deployment;
  registry: Registry;
  /** Nothing is erased where absent. */
  erasures?: ErasureList;
  now?: () => number;
}): LoneJudge {
  const judge = createJudge({ deployment, ...(erasures ? { erasures } : {}) });
  return (value, partition) => {
    const record = { partition, offset: 0, appendTimeMs: now(), value };
    const state = newPartitionState(partition, registry.newest);
    for (;;) {
      const verdict = judge({ record, state, registry, history: nothingBefore });
      if (verdict.kind === 'judged') return verdict.judged;
      if (verdict.need.kind !== 'lane') return undefined;
      state.lanes.set(laneKey(verdict.need.lane), emptyLane());
    }
  };
}
