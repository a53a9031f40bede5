import { setTimeout as sleep } from 'node:timers/promises';

/** Waits that grow by doubling from `firstMs` to `mostMs`, each drawn from its upper half so that many waiters spread out. */
export function* backoff({ firstMs = 200, mostMs = 10_000 } = {}): Generator<number, never> {
  for (let ms = firstMs; ; ms = Math.min(ms * 2, mostMs)) yield ms / 2 + (Math.random() * ms) / 2;
}

/**
 * Runs `work` until it succeeds, waiting in between. Gives up with the last error when `signal` aborts or `again` says no.
 * `onFailure` hears every failure.
 */
export async function retry<T>(
  work: () => Promise<T>,
  {
    signal,
    again = () => true,
    onFailure = () => {},
    firstMs,
    mostMs,
  }: {
    signal?: AbortSignal;
    again?: (error: unknown) => boolean;
    onFailure?: (error: unknown, waitMs: number) => void;
    firstMs?: number;
    mostMs?: number;
  } = {},
): Promise<T> {
  const waits = backoff({ ...(firstMs ? { firstMs } : {}), ...(mostMs ? { mostMs } : {}) });
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted || !again(error)) throw error;
      const waitMs = waits.next().value;
      onFailure(error, waitMs);
      await sleep(waitMs, undefined, signal ? { signal } : {}).catch(() => {
        throw error;
      });
    }
  }
}
