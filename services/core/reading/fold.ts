import { setTimeout as sleep } from 'node:timers/promises';
import {
  applyChange,
  type History,
  type Judged,
  type JudgeInput,
  laneKey,
  laneMemory,
  newPartitionState,
  type PartitionState,
  type TopicRecord,
  type Verdict,
} from '../judge/index.js';
import type { LaneStore } from './lane-store.js';
import type { RegistryReader } from './registry-reader.js';

/** Judges a partition's records one after the other, fetching what the judge asks for. */
export interface Folder {
  /** As `fold` where nothing must be fetched for the record; undefined, and nothing was folded, where something must. */
  foldNow(record: TopicRecord): Judged | undefined;
  /** The next record, in offset order. Rejects only for infrastructure; then nothing was folded and it can be called again. */
  fold(record: TopicRecord): Promise<Judged>;
  readonly state: PartitionState;
}

/** Lanes kept in memory; the longest unused go first and are loaded again when they speak. */
const maxLanes = 20_000;

/**
 * A folder that starts at `start`, at or below which `batches` holds every record. It may run ahead of `batches`: what it is asked of
 * records that it forgot, it looks up once `batches` has caught up with them. They lie `laneMemory` offsets back or more, so that the
 * writer of `batches` itself, who judges at most so many records before it writes them, never waits.
 */
export async function createFolder({
  judge,
  registryReader,
  laneStore,
  partition,
  start,
}: {
  judge: (input: JudgeInput) => Verdict;
  registryReader: RegistryReader;
  laneStore: LaneStore;
  partition: number;
  start: number;
}): Promise<Folder> {
  const state = newPartitionState(partition, await laneStore.registryMarker(start));
  // Lanes that are not in `state` have spoken below this offset only; those that are in it lack no record from here on.
  let floor = start;
  let stored = start;
  const spokeAt = new Map<string, number>();

  const letLanesGo = (offset: number): void => {
    if (state.lanes.size <= maxLanes) return;
    // The map is in order of use (applyChange).
    for (const key of state.lanes.keys()) {
      const last = spokeAt.get(key) ?? start - 1;
      if (state.lanes.size <= maxLanes / 2 || last > offset - laneMemory) break;
      state.lanes.delete(key);
      spokeAt.delete(key);
      floor = Math.max(floor, last + 1);
    }
  };

  /** Resolves with `below` once every record below it is in `batches`. */
  const storedBelow = async (below: number): Promise<number> => {
    while (stored < below) {
      stored = await laneStore.position();
      if (stored < below) await sleep(200);
    }
    return below;
  };

  const verdictOn = (record: TopicRecord, history?: History): Verdict => {
    const verdict = judge({ record, state, registry: registryReader.registry, history });
    if (verdict.kind === 'judged') {
      const { change } = verdict.judged;
      applyChange(state, change);
      if (change.kind === 'lane') spokeAt.set(laneKey(change.lane), record.offset);
      letLanesGo(record.offset);
    }
    return verdict;
  };

  const foldNow = (record: TopicRecord): Judged | undefined => {
    const verdict = verdictOn(record);
    return verdict.kind === 'judged' ? verdict.judged : undefined;
  };

  const fold = async (record: TopicRecord): Promise<Judged> => {
    let history: History | undefined;
    for (;;) {
      const verdict = verdictOn(record, history);
      if (verdict.kind === 'judged') return verdict.judged;
      const { need } = verdict;
      if (need.kind === 'registry') await registryReader.through(need.through);
      else if (need.kind === 'lane') {
        state.lanes.set(laneKey(need.lane), await laneStore.loadLane(need.lane, await storedBelow(floor)));
      } else {
        // A lane holds its newest `laneMemory` records: what it forgot lies further back than that.
        const below = await storedBelow(Math.max(floor, record.offset - laneMemory));
        history = await laneStore.history(need, below);
      }
    }
  };
  return { foldNow, fold, state };
}
