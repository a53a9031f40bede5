import { type IngestCursor, isBefore, type Position, positionOf } from '../../core/cursor/index.js';
import type { LiveEvent } from './live-event.js';
import type { LiveHead } from './live-head.js';

type At = NonNullable<LiveHead['at']>;

/** Of one look, so that nobody holds up the others. */
const lookEvents = 2_000;

/** Partitions that memory does not reach back far enough for; undefined for all of them. */
export function outOfReach(at: At | undefined, cursor: IngestCursor): ReadonlySet<number> | undefined {
  if (!at?.tail.incarnation.equals(cursor.incarnation)) return undefined;
  const below = [...at.tail.rings].filter(([partition, ring]) => positionOf(cursor, partition).offset < ring.from);
  return new Set(below.map(([partition]) => partition));
}

/** What memory holds of a partition above a cursor and below the head; undefined where it does not reach back, or holds nothing. */
export function lookUp(
  { tail, cursor: head }: At,
  cursor: IngestCursor,
  partition: number,
): { events: LiveEvent[]; end: Position } | undefined {
  const ring = tail.rings.get(partition);
  const position = positionOf(cursor, partition);
  const end = positionOf(head, partition);
  if (!ring || position.offset < ring.from || !isBefore(position, end)) return undefined;
  const found = ring.read(position, lookEvents);
  const events = found.filter((event) => isBefore(event, end));
  const last = events.at(-1);
  const isCut = found.length === lookEvents && events.length === lookEvents;
  return { events, end: last && isCut ? { offset: last.offset, idx: last.idx + 1 } : end };
}
