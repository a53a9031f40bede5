import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseError } from '@clickhouse/client';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { Erasure, ErasureTable } from './erasure-table.js';
import type { WorkLock } from './lock.js';
import { type WorkParts, workOn } from './work.js';

/** Works on erasures in the background, the oldest first, in one gateway at a time. One that waits does not hold up the others. */
export interface ErasureWorker {
  /** There is something to do. */
  wake(): void;
  /** Resolves once nothing is under way here. What was begun goes on with the next start. */
  stop(): Promise<void>;
}

/** Worked on at the same time: most of the time they wait. */
const mostAtOnce = 4;
/** How often the table is looked at without being told: by others' requests, and after failures. */
const lookMs = 10_000;

export function startErasureWorker({
  lock,
  log,
  everyMs = lookMs,
  ...work
}: WorkParts & { lock: WorkLock; log: Logger; everyMs?: number }): ErasureWorker {
  const stopping = new AbortController();
  let waking = new AbortController();
  let woken = false;
  const wake = (): void => {
    woken = true;
    waking.abort();
  };
  const pause = async (signal: AbortSignal): Promise<void> => {
    waking = new AbortController();
    if (!woken) await sleep(everyMs, undefined, { signal: AbortSignal.any([waking.signal, signal]) }).catch(() => {});
    woken = false;
  };

  const one = async (erasure: Erasure, signal: AbortSignal): Promise<void> => {
    try {
      await workOn(erasure, work, signal);
      log.info({ erasure: erasure.id }, 'an erasure is done');
    } catch (error) {
      if (signal.aborted) return;
      await note(work.erasures, erasure.id, error, work.now);
      log.error({ erasure: erasure.id, error: reasonOf(error) }, 'an erasure is interrupted and tried again');
      await sleep(everyMs, undefined, { signal }).catch(() => {});
    }
  };

  /** Until none is open. */
  const workOnAll = async (signal: AbortSignal): Promise<void> => {
    const active = new Map<string, Promise<void>>();
    try {
      while (!signal.aborted) {
        for (const erasure of await work.erasures.open()) {
          if (active.size >= mostAtOnce || active.has(erasure.id)) continue;
          const ended = one(erasure, signal).finally(() => {
            active.delete(erasure.id);
            wake();
          });
          active.set(erasure.id, ended);
        }
        if (active.size === 0) return;
        await pause(signal);
      }
    } finally {
      await Promise.allSettled(active.values());
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        if ((await work.erasures.open()).length > 0) {
          await lock.holding((lost) => workOnAll(AbortSignal.any([lost, stopping.signal])));
        }
      } catch (error) {
        log.debug({ error: reasonOf(error) }, 'erasures cannot be looked at now');
      }
      await pause(stopping.signal);
    }
  };
  const running = run();

  return {
    wake,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** A message of ClickHouse repeats the statement, and the statement whom it is about. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof ClickHouseError ? error.cause : error;
  return cause instanceof ClickHouseError
    ? `ClickHouse refused with ${cause.type ?? ''} (code ${cause.code})`
    : messageOf(error);
};

async function note(erasures: ErasureTable, id: string, error: unknown, now: () => number): Promise<void> {
  try {
    const current = await erasures.get(id);
    if (current) {
      const version = Math.max(current.version + 1, now() * 1_000);
      await erasures.put({ ...current, version, error: reasonOf(error) });
    }
  } catch {
    // The log has it, and the next try will say it again.
  }
}
