import { setTimeout as sleep } from 'node:timers/promises';

const tickMs = 20;

/**
 * Calls `emit` for each planned time until the duration is over or `signal` aborts: `rate` times a second, evenly. Behind plan it catches
 * up, at most twice as fast. `emit` may ask for patience by returning a promise.
 */
export async function keepPace({
  rate,
  durationMs,
  nowMs,
  signal,
  emit,
}: {
  rate: number;
  durationMs: number;
  nowMs: () => number;
  signal: AbortSignal;
  emit: (atMs: number) => Promise<void> | undefined;
}): Promise<{ emitted: number; elapsedMs: number }> {
  const startMs = nowMs();
  const planned = Math.round((durationMs * rate) / 1_000);
  let emitted = 0;
  let lastTickMs = startMs;
  while (emitted < planned && !signal.aborted) {
    await sleep(tickMs, undefined, { signal }).catch(() => {});
    const tick = nowMs();
    const due = Math.min(planned, Math.floor(((tick - startMs) * rate) / 1_000)) - emitted;
    const most = Math.ceil((2 * rate * (tick - lastTickMs)) / 1_000);
    lastTickMs = tick;
    for (let left = Math.min(due, most); left > 0 && !signal.aborted; left -= 1) {
      const waiting = emit(startMs + (emitted * 1_000) / rate);
      emitted += 1;
      if (waiting) await waiting;
    }
  }
  return { emitted, elapsedMs: nowMs() - startMs };
}
