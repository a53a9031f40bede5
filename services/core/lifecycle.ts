import { messageOf } from './errors.js';
import type { Logger } from './log.js';

export interface Lifecycle {
  /** Runs on stop, the last added first. */
  onStop(name: string, stop: () => unknown): void;
  /** Stops once; later calls await the first. */
  stop(reason: string): Promise<void>;
  readonly stopping: boolean;
}

/**
 * Graceful drain: SIGINT, SIGTERM, or the parent's going away (an IPC channel that closes) stops every part in reverse order, each
 * within `stepTimeoutMs`, then exits 0. A second signal exits at once.
 */
export function createLifecycle({
  log,
  exit = (code) => process.exit(code),
  stepTimeoutMs = 10_000,
}: {
  log: Logger;
  exit?: (code: number) => void;
  stepTimeoutMs?: number;
}): Lifecycle {
  const steps: { name: string; stop: () => unknown }[] = [];
  let stopped: Promise<void> | undefined;

  const runSteps = async (reason: string): Promise<void> => {
    log.info({ reason }, 'stopping');
    for (const { name, stop } of steps.reverse()) {
      try {
        await within(stepTimeoutMs, name, Promise.resolve(stop()));
      } catch (error) {
        log.error({ part: name, error: messageOf(error) }, 'part did not stop cleanly');
      }
    }
    log.info('stopped');
  };

  const lifecycle: Lifecycle = {
    onStop: (name, stop) => void steps.push({ name, stop }),
    stop: (reason) => {
      stopped ??= runSteps(reason);
      return stopped;
    },
    get stopping() {
      return stopped !== undefined;
    },
  };

  const onSignal = (signal: string): void => {
    if (stopped) exit(1);
    else void lifecycle.stop(signal).then(() => exit(0));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  if (process.channel) process.on('disconnect', () => onSignal('parent gone'));
  return lifecycle;
}

async function within(timeoutMs: number, name: string, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not stop within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
