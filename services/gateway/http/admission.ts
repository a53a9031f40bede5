import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { Problem } from '../errors.js';
import type { RateLimiter, Taken } from './rate-limiter.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** An answer without an end, such as a stream: not counted among the requests in flight. */
    endless?: boolean;
  }
}

/** 429 where the key has taken more than its rate. */
export async function checkRate(limiter: RateLimiter, keyId: string, cost: number): Promise<Taken> {
  const taken = await limiter.take(keyId, cost);
  if (taken.waitMs === 0) return taken;
  const { what } = limiter;
  throw new Problem('rate-limited', `the API key sends more ${what} than its rate allows; wait ${taken.waitMs} ms`, {
    headers: { 'retry-after': String(Math.ceil(taken.waitMs / 1_000)), ...rateHeaders(limiter, taken) },
  });
}

/** RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers): the burst, in how many seconds it comes back, what is left. */
const rateHeaders = ({ what, rate }: RateLimiter, { waitMs, left }: Taken): Record<string, string> => {
  const windowSeconds = Math.max(1, Math.ceil(rate.burst / rate.perSecond));
  const resetSeconds = Math.ceil(waitMs > 0 ? waitMs / 1_000 : (rate.burst - left) / rate.perSecond);
  return {
    'ratelimit-policy': `"${what}";q=${rate.burst};w=${windowSeconds}`,
    ratelimit: `"${what}";r=${left};t=${resetSeconds}`,
  };
};

/** A pre-handler that counts changes of what the gateway administers. */
export const limitChanges =
  (limiter: RateLimiter): preHandlerAsyncHookHandler =>
  async ({ caller }) =>
    void (await checkRate(limiter, caller.keyId, 1));

/**
 * Bounds how many requests are worked on at once, and how many a key may send a second. Comes after authentication, whose look-ups
 * are bounded by themselves, and before the body is read.
 */
export function registerAdmission(
  app: FastifyInstance,
  { maxInFlight, limiter }: { maxInFlight: number; limiter: RateLimiter },
): void {
  let inFlight = 0;
  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    if (request.is404) return;
    if (!config.public) reply.headers(rateHeaders(limiter, await checkRate(limiter, request.caller.keyId, 1)));
    if (config.endless) return;
    if (inFlight >= maxInFlight) {
      throw new Problem('overloaded', `the gateway works on ${maxInFlight} requests, which is as many as it may`, {
        headers: { 'retry-after': '1' },
      });
    }
    inFlight += 1;
    // `close` comes once, whether the answer was sent or the other side went away.
    reply.raw.once('close', () => {
      inFlight -= 1;
    });
  });
}
