import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { Problem } from '../errors.js';
import { createTokenBuckets, type Rate, type TokenBuckets } from './token-buckets.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** An answer without an end, such as a stream: not counted among the requests in flight. */
    endless?: boolean;
  }
}

/** 429 where the key has taken more than its rate. */
export function checkRate(buckets: TokenBuckets, keyId: string, cost: number, what: string): void {
  const waitMs = buckets.take(keyId, cost);
  if (waitMs === 0) return;
  throw new Problem('rate-limited', `the API key sends more ${what} than its rate allows; wait ${waitMs} ms`, {
    headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) },
  });
}

/** A pre-handler that counts changes of what the gateway administers. */
export const limitChanges =
  (buckets: TokenBuckets): preHandlerAsyncHookHandler =>
  async ({ caller }) =>
    checkRate(buckets, caller.keyId, 1, 'changes');

/**
 * Bounds how many requests are worked on at once, and how many a key may send a second. Comes after authentication, whose look-ups
 * are bounded by themselves, and before the body is read.
 */
export function registerAdmission(
  app: FastifyInstance,
  { maxInFlight, requestRate }: { maxInFlight: number; requestRate: Rate },
): void {
  const buckets = createTokenBuckets(requestRate);
  let inFlight = 0;
  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    if (request.is404) return;
    if (!config.public) checkRate(buckets, request.caller.keyId, 1, 'requests');
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
