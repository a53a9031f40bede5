import { randomUUID } from 'node:crypto';
import { messageOf } from '../../../core/errors.js';
import type { Channel } from '../store/channel.js';
import type { ChannelDirectory } from '../store/channel-directory.js';
import { type WorkDeps, workOn } from './channel-work.js';
import { createTokenBucket, type TokenBucket } from './token-bucket.js';

/** Delivers what is queued, each channel for itself: one that hangs keeps nobody else waiting. Any number of processes may run one. */
export interface Worker {
  start(): void;
  /** Something was queued. */
  wake(): void;
  /** Breaks attempts off; what they sent is sent again, with the same delivery id, by whoever works next. */
  stop(): Promise<void>;
}

/** Channels that are worked on at the same time, beyond which they wait for their turn. */
const mostAtOnce = 500;
/** How long a channel is left alone that another process works on, or whose work failed. */
const pauseMs = 1_000;
/** How long a channel is left alone that nobody knows. */
const unknownPauseMs = 60_000;

export function createWorker({ directory, ...deps }: WorkDeps & { directory: ChannelDirectory }): Worker {
  const { queue, limits, log, nowMs } = deps;
  const holder = randomUUID();
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  const notBefore = new Map<string, number>();
  const buckets = new Map<string, { perMinute: number; bucket: TokenBucket }>();
  const taken = new Set<string>();
  let looping: Promise<void> | undefined;
  let woken: (() => void) | undefined;
  let again = false;

  const bucketOf = ({ id, messagesPerMinute: perMinute }: Channel): TokenBucket => {
    const known = buckets.get(id);
    if (known?.perMinute === perMinute) return known.bucket;
    const bucket = createTokenBucket(perMinute);
    buckets.set(id, { perMinute, bucket });
    return bucket;
  };

  const work = async (channelId: string): Promise<void> => {
    const channel = await directory.findAny(channelId);
    if (!channel) {
      log.error({ channel: channelId }, 'alerts wait for a channel that nobody knows');
      notBefore.set(channelId, nowMs() + unknownPauseMs);
      return;
    }
    if (!(await queue.lease(channelId, holder))) {
      notBefore.set(channelId, nowMs() + pauseMs);
      return;
    }
    const lost = new AbortController();
    const renewal = renewing(channelId, lost);
    try {
      const signal = AbortSignal.any([stopping.signal, lost.signal]);
      await workOn({ ...deps, channel, holder, bucket: bucketOf(channel), taken, signal });
    } finally {
      clearInterval(renewal);
      await queue.release(channelId, holder).catch(() => {});
    }
  };

  const renewing = (channelId: string, lost: AbortController): NodeJS.Timeout => {
    let heldAtMs = performance.now();
    return setInterval(async () => {
      const askedAtMs = performance.now();
      const held = await queue.renew(channelId, holder).catch(() => undefined);
      if (held) heldAtMs = askedAtMs;
      else if (held === false || performance.now() - heldAtMs > limits.leaseMs) lost.abort();
    }, limits.leaseMs / 3);
  };

  const begin = (channelId: string): void => {
    const done = work(channelId)
      .catch((error: unknown) => {
        notBefore.set(channelId, nowMs() + pauseMs);
        log.warn({ channel: channelId, error: messageOf(error) }, 'delivery of alerts stands still for a moment');
      })
      .finally(() => {
        running.delete(channelId);
        woken?.();
      });
    running.set(channelId, done);
  };

  const look = async (): Promise<void> => {
    const now = nowMs();
    for (const [channelId, ms] of notBefore) if (ms <= now) notBefore.delete(channelId);
    for (const channelId of await queue.busy(now, 2 * mostAtOnce)) {
      if (running.size >= mostAtOnce) break;
      if (!running.has(channelId) && !notBefore.has(channelId)) begin(channelId);
    }
  };

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      woken = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      again = false;
      let ms = limits.pollMs;
      try {
        await look();
      } catch (error) {
        ms = pauseMs;
        log.warn({ error: messageOf(error) }, 'alerts that wait for delivery cannot be looked up now');
      }
      if (!again && !stopping.signal.aborted) await pause(ms);
      woken = undefined;
    }
  };

  return {
    start() {
      looping ??= loop();
    },
    wake() {
      again = true;
      woken?.();
    },
    async stop() {
      stopping.abort();
      woken?.();
      await looping;
      await Promise.all(running.values());
    },
  };
}
