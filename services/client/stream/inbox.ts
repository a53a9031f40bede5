/** What has arrived and waits to be worked on, in order. Bounded: whoever fills it stops when it is full. */
export interface Inbox<T> {
  /** Takes it even when full: what was under way when the sender was stopped must go somewhere. */
  put(item: T, bytes: number): void;
  readonly full: boolean;
  /** Resolves when there is room, or at the end. */
  room(): Promise<void>;
  /** The next item; undefined at the end. Rejects once with what it was ended by, behind the last item. */
  take(): Promise<T | undefined>;
  /** No more will come. What waits is still taken. */
  end(error?: unknown): void;
  /** Ends at once: what waits is thrown away. */
  discard(): void;
}

export function createInbox<T>({ mostItems, mostBytes }: { mostItems: number; mostBytes: number }): Inbox<T> {
  let waiting: { item: T; bytes: number }[] = [];
  let bytesWaiting = 0;
  let ended: { error: unknown } | undefined;
  let watchers: (() => void)[] = [];
  const change = (): void => {
    const due = watchers;
    watchers = [];
    for (const wake of due) wake();
  };
  const changed = (): Promise<void> => new Promise((resolve) => watchers.push(resolve));
  const isFull = (): boolean => waiting.length >= mostItems || bytesWaiting >= mostBytes;
  return {
    put(item, bytes) {
      if (ended) return;
      waiting.push({ item, bytes });
      bytesWaiting += bytes;
      change();
    },
    get full() {
      return isFull();
    },
    async room() {
      while (!ended && isFull()) await changed();
    },
    async take() {
      while (waiting.length === 0 && !ended) await changed();
      const next = waiting.shift();
      if (next) {
        bytesWaiting -= next.bytes;
        change();
        return next.item;
      }
      const { error } = ended!;
      ended = { error: undefined };
      if (error !== undefined) throw error;
      return undefined;
    },
    end(error) {
      ended ??= { error };
      change();
    },
    discard() {
      waiting = [];
      bytesWaiting = 0;
      ended = { error: undefined };
      change();
    },
  };
}
