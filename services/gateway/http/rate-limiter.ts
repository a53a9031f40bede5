import type { Redis } from 'ioredis';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { sha256 } from '../../core/seal/index.js';
import { createTokenBuckets, type Rate } from './token-buckets.js';

export interface Taken {
  /** 0 where the tokens were taken; otherwise none were, and after so many ms there will be enough. */
  waitMs: number;
  /** Whole tokens that are left. */
  left: number;
}

/** A token bucket for each key, one for all gateways of a deployment. */
export interface RateLimiter {
  /** Of what, in answers: requests, events, changes. */
  readonly what: string;
  readonly rate: Rate;
  /** Never rejects: while Redis is away, this gateway counts for itself. */
  take(key: string, cost?: number): Promise<Taken>;
}

/** A Redis that takes longer is as good as away: rates are not worth waiting for. */
const answerMs = 250;
/** How long Redis is not asked after that: no request is to wait for what its predecessor waited for in vain. */
const failurePauseMs = 2_000;

// Redis's own clock: the gateways' may differ. A cost above the burst is charged as the burst, so that it can pass at all.
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local rate, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), math.min(tonumber(ARGV[3]), tonumber(ARGV[2]))
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local at = tonumber(held[2]) or now
local tokens = math.min(burst, (tonumber(held[1]) or burst) + math.max(0, now - at) / 1000 * rate)
local wait = 0
if tokens < cost then wait = math.ceil((cost - tokens) / rate * 1000) else tokens = tokens - cost end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return { wait, math.floor(tokens) }`;

/** Rejects when the answer takes too long. Of a busy gateway's answers, those that have arrived and wait to be read are none of these. */
function noAnswer(asked: Promise<unknown>): Promise<never> {
  const late = new Promise<never>((_, reject) => {
    const fail = (): void => reject(new Error(`no answer within ${answerMs} ms`));
    const timer = setTimeout(() => setImmediate(() => setImmediate(fail)), answerMs);
    const done = (): void => clearTimeout(timer);
    asked.then(done, done);
  });
  late.catch(() => {});
  return late;
}

export function createRateLimiter({
  redis,
  audience,
  what,
  rate,
  log,
  now = () => performance.now(),
}: {
  redis: Redis;
  audience: string;
  what: string;
  rate: Rate;
  log: Logger;
  now?: () => number;
}): RateLimiter {
  const local = createTokenBuckets(rate);
  const prefix = `sealstream:rate:${sha256(audience).toString('hex').slice(0, 16)}:${what}:`;
  let failedAt = Number.NEGATIVE_INFINITY;

  const takeHere = (key: string, cost: number): Taken => {
    const waitMs = local.take(key, cost);
    return { waitMs, left: local.left(key) };
  };
  return {
    what,
    rate,
    async take(key, cost = 1) {
      if (redis.status !== 'ready' || now() - failedAt < failurePauseMs) return takeHere(key, cost);
      try {
        const asked = redis.eval(script, 1, prefix + key, rate.perSecond, rate.burst, cost);
        const taken = await Promise.race([asked, noAnswer(asked)]);
        const [waitMs, left] = taken as [number, number];
        return { waitMs, left };
      } catch (error) {
        failedAt = now();
        log.warn({ error: messageOf(error) }, 'rates are counted by this gateway alone while Redis is away');
        return takeHere(key, cost);
      }
    },
  };
}
