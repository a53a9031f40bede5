import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import type { Health } from '../../core/health.js';
import type { Logger } from '../../core/log.js';
import { within } from './within.js';

/** Asks a part whether it is there; rejects when it is not. */
export type Probe = () => Promise<unknown>;

export interface PartWatch {
  stop(): void;
}

/** How often a part that is there is asked, and one that is away. */
const calmMs = 5_000;
const awayMs = 500;
const answerMs = 3_000;

/** Asks each part again and again, and says in `health` how it is. */
export function watchParts({
  probes,
  health,
  log,
}: {
  probes: Record<string, Probe>;
  health: Health;
  log: Logger;
}): PartWatch {
  const stopped = new AbortController();

  const watch = async (part: string, probe: Probe): Promise<void> => {
    let wasReady: boolean | undefined;
    while (!stopped.signal.aborted) {
      const detail = await within(answerMs, probe(), () => new Error(`no answer within ${answerMs} ms`)).then(
        () => undefined,
        messageOf,
      );
      if (stopped.signal.aborted) return;
      const ready = detail === undefined;
      health.set(part, ready ? { ready } : { ready, detail });
      if (ready !== wasReady) log[ready ? 'info' : 'warn']({ part, detail }, ready ? 'part is there' : 'part is away');
      wasReady = ready;
      // Looked at often, asked seldom: a request may have found the part away meanwhile.
      let waitedMs = 0;
      do {
        await sleep(awayMs, undefined, { signal: stopped.signal }).catch(() => {});
        waitedMs += awayMs;
      } while (!stopped.signal.aborted && waitedMs < calmMs && health.report().parts[part]?.ready);
    }
  };
  for (const [part, probe] of Object.entries(probes)) void watch(part, probe);

  return { stop: () => stopped.abort() };
}
