import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Lets one gateway of a deployment work on erasures. It spares work and guards nothing: whatever is done twice is as if done once. */
export interface WorkLock {
  /** Runs `work` if the lock can be had; its signal aborts when the lock is lost. False where another holds it. */
  holding(work: (signal: AbortSignal) => Promise<void>): Promise<boolean>;
}

const renewScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;
const releaseScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

export function createWorkLock({
  redis,
  audience,
  ttlMs = 30_000,
}: {
  redis: Redis;
  audience: string;
  ttlMs?: number;
}): WorkLock {
  const key = `sealstream:{${audience}}:erasure-work`;
  return {
    async holding(work) {
      const me = randomUUID();
      if ((await redis.set(key, me, 'PX', ttlMs, 'NX')) === null) return false;
      const lost = new AbortController();
      const renewing = setInterval(() => {
        redis.eval(renewScript, 1, key, me, ttlMs).then(
          (renewed) => {
            if (renewed !== 1) lost.abort(new Error('another gateway took over the work on erasures'));
          },
          () => lost.abort(new Error('Redis does not renew the lock of the work on erasures')),
        );
      }, ttlMs / 3);
      try {
        await work(lost.signal);
      } finally {
        clearInterval(renewing);
        await redis.eval(releaseScript, 1, key, me).catch(() => {});
      }
      return true;
    },
  };
}
