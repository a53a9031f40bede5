import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import {
  applyChange,
  type History,
  type Judged,
  type JudgeInput,
  laneKey,
  newPartitionState,
  type PartitionState,
  type TopicRecord,
  type Verdict,
} from '../judge/index.js';
import type { LaneStore } from './lane-store.js';
import type { RegistryReader } from './registry-reader.js';

/** Judges a partition's records one after the other, fetching what the judge asks for. */
export interface Folder {
  /** The next record, in offset order. Rejects only for infrastructure; then nothing was folded and it can be called again. */
  fold(record: TopicRecord): Promise<Judged>;
  readonly state: PartitionState;
}

/** Lanes kept in memory; the longest unused go first and are loaded again when they speak. */
const maxLanes = 20_000;

/**
 * A folder that starts at `start`, at or below which `batches` holds every record. It may run ahead of `batches`; only a lane that
 * was let go and speaks again makes it wait until `batches` has caught up with what was forgotten.
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
  // Everything below this offset is in `batches` or will be; everything from it on is in `state`.
  let floor = start;

  const letLanesGo = (offset: number): void => {
    if (state.lanes.size <= maxLanes) return;
    for (const key of state.lanes.keys()) {
      if (state.lanes.size <= maxLanes / 2) break;
      state.lanes.delete(key);
    }
    floor = offset + 1;
    // What stays in memory spoke below the new floor too, and must not be loaded over: `lanes` is asked before the store.
  };

  const stored = async (): Promise<number> => {
    while (floor > start && (await laneStore.position()) < floor) await sleep(200);
    return floor;
  };

  const fold = async (record: TopicRecord): Promise<Judged> => {
    let history: History | undefined;
    for (;;) {
      const verdict = judge({ record, state, registry: registryReader.registry, history });
      if (verdict.kind === 'judged') {
        applyChange(state, verdict.judged.change);
        letLanesGo(record.offset);
        return verdict.judged;
      }
      const { need } = verdict;
      if (need.kind === 'registry') await registryReader.through(need.through);
      else if (need.kind === 'lane') {
        state.lanes.set(laneKey(need.lane), await laneStore.loadLane(need.lane, await stored()));
      } else history = await laneStore.history(need, floor);
    }
  };
  return { fold, state };
}

const none = Buffer.alloc(0);

/** A Kafka message as the judge takes it. */
export const topicRecord = (partition: number, message: KafkaMessage): TopicRecord => ({
  partition,
  offset: Number(message.offset),
  appendTimeMs: Number(message.timestamp),
  value: message.value ?? none,
});
