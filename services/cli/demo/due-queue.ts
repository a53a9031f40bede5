/** What waits for its time; the earliest first, equal times in the order of adding. A binary heap. */
export interface DueQueue<T> {
  readonly size: number;
  /** Infinity when nothing waits. */
  readonly firstMs: number;
  add(atMs: number, value: T): void;
  take(): { atMs: number; value: T };
}

export function createDueQueue<T>(): DueQueue<T> {
  const heap: { atMs: number; nth: number; value: T }[] = [];
  let added = 0;
  const before = (a: number, b: number): boolean =>
    heap[a]!.atMs < heap[b]!.atMs || (heap[a]!.atMs === heap[b]!.atMs && heap[a]!.nth < heap[b]!.nth);
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };

  return {
    get size() {
      return heap.length;
    },
    get firstMs() {
      return heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
    },
    add(atMs, value) {
      heap.push({ atMs, nth: added, value });
      added += 1;
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!before(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    take() {
      const [first] = heap;
      if (!first) throw new RangeError('nothing waits');
      const last = heap.pop()!;
      if (heap.length > 0) {
        heap[0] = last;
        for (let at = 0; ; ) {
          let least = at;
          for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && before(child, least)) least = child;
          if (least === at) break;
          swap(at, least);
          at = least;
        }
      }
      return { atMs: first.atMs, value: first.value };
    },
  };
}
