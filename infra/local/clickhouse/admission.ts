import { FrontError } from './errors.js';

/** A place among the queries that run; give it back once. */
export interface Place {
  /** 0 to `running - 1`, held by nobody else. */
  readonly slot: number;
  leave(): void;
}

interface Waiting {
  enter(place: Place): void;
}

/**
 * At most `running` queries at a time and `waiting` behind them, first come, first served. One more is refused with
 * TOO_MANY_SIMULTANEOUS_QUERIES, status 503.
 */
export function createAdmission({ running, waiting }: { running: number; waiting: number }) {
  const free = Array.from({ length: running }, (_, slot) => running - 1 - slot);
  const queue: Waiting[] = [];
  const idle: (() => void)[] = [];

  const give = (slot: number): Place => {
    let left = false;
    return {
      slot,
      leave() {
        if (left) return;
        left = true;
        const next = queue.shift();
        if (next) next.enter(give(slot));
        else free.push(slot);
        if (free.length === running) for (const resolve of idle.splice(0)) resolve();
      },
    };
  };

  return {
    async enter(signal: AbortSignal): Promise<Place> {
      signal.throwIfAborted();
      const slot = free.pop();
      if (slot !== undefined) return give(slot);
      if (queue.length >= waiting) {
        throw new FrontError(
          202,
          'TOO_MANY_SIMULTANEOUS_QUERIES',
          `Too many simultaneous queries: ${running} run and ${waiting} wait already. Try again later.`,
          { status: 503 },
        );
      }
      return new Promise((resolve, reject) => {
        const entry: Waiting = {
          enter(place) {
            signal.removeEventListener('abort', leaveQueue);
            resolve(place);
          },
        };
        const leaveQueue = () => {
          queue.splice(queue.indexOf(entry), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', leaveQueue, { once: true });
        queue.push(entry);
      });
    },
    /** Resolves when nobody is inside. */
    whenIdle: (): Promise<void> =>
      free.length === running ? Promise.resolve() : new Promise((resolve) => idle.push(resolve)),
  };
}

export type Admission = ReturnType<typeof createAdmission>;
