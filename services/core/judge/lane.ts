import type { Header } from '../wire/header.js';

/** A lane within a partition: one producer process's numbered stream. */
export interface LaneId {
  producerId: string;
  /** 32 hex digits. */
  epoch: string;
  lane: number;
}

export const laneKey = ({ producerId, epoch, lane }: LaneId): string => `${epoch}/${lane}/${producerId}`;

export const laneOf = (header: Header): LaneId => ({
  producerId: header.producer_id,
  epoch: header.epoch.toString('hex'),
  lane: header.lane,
});

/** What a lane remembers of a record that left a trace in it. */
export interface LaneRecord {
  /** Header hash, 64 hex digits. */
  hash: string;
  prev: string;
  /** Indices accepted so far, ascending. */
  accepted: readonly number[];
}

/** How many of its newest records a lane holds; older ones are looked up. */
export const laneMemory = 1_024;

/** A lane folded up to some offset. Changed only by `applyChange`. */
export interface LaneState {
  /** Header hash that the next record should carry as prev; '' before the first. */
  head: string;
  /** The sequence after the highest one that any record of the lane spoke of. */
  nextSeq: number;
  /** Sequences held, as ascending disjoint [from, to) pairs, neighbours merged. */
  intervals: [from: number, to: number][];
  /** Newest records by header hash, oldest first. */
  records: Map<string, LaneRecord>;
  /** prev → hash, of the same records. */
  byPrev: Map<string, string>;
  /** Older records exist that `records` does not hold. */
  forgotten: boolean;
}

export const emptyLane = (): LaneState => ({
  head: '',
  nextSeq: 0,
  intervals: [],
  records: new Map(),
  byPrev: new Map(),
  forgotten: false,
});

export const overlaps = (intervals: LaneState['intervals'], from: number, to: number): boolean =>
  from < to && intervals.some(([start, end]) => from < end && start < to);

/** The intervals with [from, to) added. */
export function addInterval(intervals: LaneState['intervals'], from: number, to: number): LaneState['intervals'] {
  const last = intervals.at(-1);
  if (last && last[1] === from) return [...intervals.slice(0, -1), [last[0], to]];
  const merged: LaneState['intervals'] = [];
  for (const [start, end] of [...intervals, [from, to] as [number, number]].sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous && start <= previous[1]) previous[1] = Math.max(previous[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** Puts a record into the lane's memory, letting the oldest go. */
export function remember(lane: LaneState, record: LaneRecord): void {
  lane.records.delete(record.hash);
  lane.records.set(record.hash, record);
  lane.byPrev.set(record.prev, record.hash);
  if (lane.records.size <= laneMemory) return;
  const [oldest] = lane.records.values();
  lane.records.delete(oldest!.hash);
  if (lane.byPrev.get(oldest!.prev) === oldest!.hash) lane.byPrev.delete(oldest!.prev);
  lane.forgotten = true;
}
