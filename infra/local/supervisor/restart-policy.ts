/** Says how long to wait before the next start, or undefined: no more. */
export interface RestartPolicy {
  next(): number | undefined;
}

export const neverRestart: RestartPolicy = { next: () => undefined };

/**
 * Doubles from `firstDelayMs` up to `maxDelayMs`, and gives up at the `limit`-th end within `windowMs`: a program that
 * cannot run should be read about, not started for ever. One that ran longer than the window starts afresh.
 */
export function restartWithBackoff({
  firstDelayMs = 500,
  maxDelayMs = 15_000,
  limit = 8,
  windowMs = 300_000,
  now = Date.now,
} = {}): RestartPolicy {
  let ends: number[] = [];
  return {
    next() {
      const at = now();
      ends = [...ends.filter((end) => at - end < windowMs), at];
      if (ends.length >= limit) return undefined;
      return Math.min(maxDelayMs, firstDelayMs * 2 ** (ends.length - 1));
    },
  };
}
