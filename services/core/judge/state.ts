import { addInterval, emptyLane, type LaneState, laneKey, laneMemory, remember } from './lane.js';
import type { StateChange } from './verdict.js';

/** What the judge knows of a partition when it comes to a record. */
export interface PartitionState {
  partition: number;
  /** Registry offset of the last valid marker below, -1 before the first. */
  registry: number;
  lanes: Map<string, LaneState>;
  /** prev → epoch, of the newest open records that continued an earlier epoch. */
  openPrevs: Map<string, string>;
}

export const newPartitionState = (partition: number, registry = -1): PartitionState => ({
  partition,
  registry,
  lanes: new Map(),
  openPrevs: new Map(),
});

/** Folds a judgement into the state. The judge itself changes nothing. */
export function applyChange(state: PartitionState, change: StateChange): void {
  if (change.kind === 'none') return;
  const key = laneKey(change.lane);
  const lane = state.lanes.get(key) ?? emptyLane();
  // Re-inserting keeps the map in order of use, so that the readers can let the longest unused lane go.
  state.lanes.delete(key);
  state.lanes.set(key, lane);
  remember(lane, change.record);
  if (change.head !== undefined) lane.head = change.head;
  lane.nextSeq = change.nextSeq;
  if (change.interval) lane.intervals = addInterval(lane.intervals, ...change.interval);
  if (change.registry !== undefined) state.registry = change.registry;
  if (change.openPrev !== undefined) {
    state.openPrevs.set(change.openPrev, change.lane.epoch);
    if (state.openPrevs.size > laneMemory) state.openPrevs.delete(state.openPrevs.keys().next().value!);
  }
}
