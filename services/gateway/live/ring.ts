import type { Position } from '../../core/cursor/index.js';
import type { LiveEvent } from './live-event.js';

/** The newest accepted events of a partition, without holes: whoever stands at or above `from` misses nothing by reading here. */
export interface Ring {
  /** Offsets below it are no longer here. */
  readonly from: number;
  /** The next offset to come. */
  readonly next: number;
  /** What was ever pushed has cost, and what may be held at once; bytes. */
  readonly pushedBytes: number;
  readonly maxBytes: number;
  /** Takes the record at `next` or above it. `bytes` is what keeping its events costs. */
  push(offset: number, events: readonly LiveEvent[], bytes: number): void;
  /** Lets go of everything up to the offset: something of it was erased. */
  forget(offset: number): void;
  /** Events at or above a position, in order, at most `limit`; the position must not lie below `from`. */
  read(position: Position, limit: number): LiveEvent[];
}

interface Entry {
  offset: number;
  events: readonly LiveEvent[];
  bytes: number;
}

export function createRing({ start, maxBytes }: { start: number; maxBytes: number }): Ring {
  const entries: Entry[] = [];
  let head = 0;
  let held = 0;
  let pushedBytes = 0;
  let from = start;
  let next = start;

  const letOldGo = (): void => {
    while (held > maxBytes && head < entries.length) {
      const entry = entries[head]!;
      held -= entry.bytes;
      from = entry.offset + 1;
      head += 1;
    }
    if (head > 1_024 && head * 2 > entries.length) {
      entries.splice(0, head);
      head = 0;
    }
  };

  /** The first entry at or above the offset. */
  const find = (offset: number): number => {
    let low = head;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    get from() {
      return from;
    },
    get next() {
      return next;
    },
    get pushedBytes() {
      return pushedBytes;
    },
    maxBytes,
    push(offset, events, bytes) {
      next = offset + 1;
      if (events.length === 0) return;
      entries.push({ offset, events, bytes });
      held += bytes;
      pushedBytes += bytes;
      letOldGo();
    },
    forget(offset) {
      // What is to come is taken without what was erased.
      if (offset < from || offset >= next) return;
      for (; head < entries.length && entries[head]!.offset <= offset; head += 1) held -= entries[head]!.bytes;
      entries.splice(0, head);
      head = 0;
      from = offset + 1;
    },
    read({ offset, idx }, limit) {
      const found: LiveEvent[] = [];
      for (let at = find(offset); at < entries.length && found.length < limit; at += 1) {
        const entry = entries[at]!;
        for (const event of entry.events) {
          if (entry.offset === offset && event.idx < idx) continue;
          if (found.length === limit) break;
          found.push(event);
        }
      }
      return found;
    },
  };
}
