import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from './errors.js';
import type { Child } from './supervisor/child.js';
import { lastLines } from './supervisor/last-lines.js';

const POLL_MS = 50;

/** Starts a child and waits until it answers. Throws with the end of its log when it ends first or takes too long. */
export async function startChild({
  child,
  isReady,
  readyTimeoutMs,
}: {
  child: Child;
  isReady: () => Promise<boolean>;
  readyTimeoutMs: number;
}): Promise<void> {
  child.start();
  const until = Date.now() + readyTimeoutMs;
  for (;;) {
    // Only while it lives: an answer could be another program's on the same port.
    if (child.pid() !== undefined && (await isReady()) && child.pid() !== undefined) return;
    if (child.pid() === undefined) {
      await sleep(POLL_MS); // Its last words are still on their way into the log.
      const exit = child.lastExit();
      throw notReady(child, exit?.signal ? `was ended by ${exit.signal}` : `exited ${exit?.code ?? 'before it ran'}`);
    }
    if (Date.now() > until) throw notReady(child, `was not ready within ${readyTimeoutMs / 1000} s`);
    await sleep(POLL_MS);
  }
}

function notReady(child: Child, what: string): LocalError {
  const log = `Its log, ${child.logFile}, ends:\n${lastLines(child.logFile)}`;
  return new LocalError('part_failed', `${child.name} ${what}. ${log}`);
}

/** True when the URL answers 2xx within a moment. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
