import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import type { Health } from '../../core/health.js';
import { backoff } from '../../core/retry.js';
import { type LiveTail, startTail, type TailParts } from './live-tail.js';

/** Folds the events topic and keeps its newest accepted events in memory. */
export interface LiveReader {
  /** Undefined while nothing is read: at start, and while Kafka or ClickHouse is away. */
  readonly tail: LiveTail | undefined;
  /**
   * Calls back after every advance, and when reading begins or ends, until the returned function is called. Nothing more is read
   * before the callback resolves.
   */
  onAdvance(callback: () => Promise<void> | undefined): () => void;
  stop(): Promise<void>;
}

export interface LiveReaderParts extends TailParts {
  health: Health;
}

const healthPart = 'live';
const stopTimeoutMs = 5_000;

/** Starts at ClickHouse's position, because a lane's past is in `batches`; so it needs both, and tries until it has them. */
export function createLiveReader(parts: LiveReaderParts): LiveReader {
  const { log, health } = parts;
  const listeners = new Set<() => Promise<void> | undefined>();
  const stopped = new AbortController();
  let tail: LiveTail | undefined;

  const advanced = async (): Promise<void> => {
    for (const listener of listeners) await listener();
  };

  const follow = async (): Promise<void> => {
    let waits = backoff();
    while (!stopped.signal.aborted) {
      const ended = new AbortController();
      try {
        const reading = await startTail({ ...parts, advanced, ended });
        tail = reading.tail;
        waits = backoff();
        health.set(healthPart, { ready: true });
        await advanced();
        await aborted(AbortSignal.any([ended.signal, stopped.signal]));
        tail = undefined;
        await advanced();
        const closing = reading.reader.stop().catch((error) => log.debug({ error: messageOf(error) }, 'live reader'));
        if (stopped.signal.aborted) await closing;
        if (ended.signal.aborted) throw ended.signal.reason;
      } catch (error) {
        if (stopped.signal.aborted) return;
        health.set(healthPart, { ready: false, detail: messageOf(error) });
        log.warn({ error: messageOf(error) }, 'the live reader starts again; subscribers go on from ClickHouse');
        await sleep(waits.next().value, undefined, { signal: stopped.signal }).catch(() => {});
      }
    }
  };
  const following = follow();

  return {
    get tail() {
      return tail;
    },
    onAdvance(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    async stop() {
      stopped.abort();
      // A connection that is being tried just now cannot be called off.
      await Promise.race([following, sleep(stopTimeoutMs, undefined, { ref: false })]);
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
