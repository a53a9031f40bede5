import { refuse } from './errors.js';

/** The entries [start, end) of a log that are the leaves of one node of its tree. */
export interface Span {
  start: number;
  end: number;
}

/** A whole subtree of 2^height entries, beginning at a multiple of that. */
export interface PerfectSubtree {
  start: number;
  height: number;
}

export function requireSize(size: number, what = 'the tree size'): void {
  if (!Number.isSafeInteger(size) || size < 1) refuse('bad_range', `${what} is ${size}: not 1 to 2^53 − 1`);
}

export function requireIndex(index: number, size: number): void {
  requireSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    refuse('bad_range', `entry ${index} is not in a tree of size ${size}`);
  }
}

export function requireSizes(oldSize: number, size: number): void {
  requireSize(oldSize, 'the older size');
  requireSize(size, 'the newer size');
  if (oldSize > size) refuse('bad_range', `a tree of size ${oldSize} is not older than one of size ${size}`);
}

export function requireRange(start: number, end: number, size: number): void {
  requireSize(size);
  const areNumbers = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!areNumbers || start < 0 || start >= end || end > size) {
    refuse('bad_range', `entries ${start} to ${end} are no range of a tree of size ${size}`);
  }
}

/** Where RFC 6962 §2.1 splits a tree of `width` leaves (2 or more): the largest power of two below. */
export function splitOf(width: number): number {
  let split = 1;
  while (split * 2 < width) split *= 2;
  return split;
}

/** The nodes of an inclusion proof (RFC 6962 §2.1.1), the leaf's sibling first. */
export function inclusionSpans(index: number, size: number): Span[] {
  requireIndex(index, size);
  const spans: Span[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      spans.push({ start: middle, end });
      end = middle;
    } else {
      spans.push({ start, end: middle });
      start = middle;
    }
  }
  return spans.reverse();
}

/** The nodes of a consistency proof (RFC 6962 §2.1.2); none between trees of the same size. */
export function consistencySpans(oldSize: number, size: number): Span[] {
  requireSizes(oldSize, size);
  const spans: Span[] = [];
  let start = 0;
  let end = size;
  while (oldSize !== end) {
    const middle = start + splitOf(end - start);
    if (oldSize <= middle) {
      spans.push({ start: middle, end });
      end = middle;
    } else {
      spans.push({ start, end: middle });
      start = middle;
    }
  }
  // A node that begins at 0 is the whole older tree, whose root the verifier has.
  if (start > 0) spans.push({ start, end });
  return spans.reverse();
}

/** The nodes of a range proof, from left to right: the fewest that hold every entry outside [start, end). */
export function rangeSpans(start: number, end: number, size: number): Span[] {
  requireRange(start, end, size);
  const spans: Span[] = [];
  const walk = (from: number, to: number): void => {
    if (start <= from && to <= end) return;
    if (to <= start || from >= end) {
      spans.push({ start: from, end: to });
      return;
    }
    const middle = from + splitOf(to - from);
    walk(from, middle);
    walk(middle, to);
  };
  walk(0, size);
  return spans;
}

/** The perfect subtrees of a node, from left to right: one for a node that is full, more on the tree's right edge. */
export function perfectSubtrees({ start, end }: Span): PerfectSubtree[] {
  const subtrees: PerfectSubtree[] = [];
  for (let from = start; from < end; ) {
    let height = 0;
    while (2 ** (height + 1) <= end - from) height += 1;
    subtrees.push({ start: from, height });
    from += 2 ** height;
  }
  return subtrees;
}
