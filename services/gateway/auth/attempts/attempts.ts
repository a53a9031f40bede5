import type { FastifyRequest } from 'fastify';
import type { Metrics } from '../../../core/metrics.js';
import { Problem } from '../../errors.js';
import type { RateLimiter } from '../../http/rate-limiter.js';
import { createTokenBuckets } from '../../http/token-buckets.js';
import { type SystemLog, strangerOf } from '../../registry/system-log.js';
import type { AuthMethod } from '../actor.js';
import { addressCounted } from './address.js';

type From = Pick<FastifyRequest, 'ip' | 'id' | 'headers'>;

/** One try to sign a browser in. */
export interface Attempt {
  method: AuthMethod;
  /** What it says who it is, as far as that is no secret: it is counted, and written down. */
  identifier?: string | undefined;
}

/**
 * Tries to sign in: counted by address and by identifier, in Redis, so that all gateways count as one; those that fail are written into the
 * system scope.
 */
export interface SignInAttempts {
  /** Rejects with rate-limited, before anything is looked up, where there were too many; every try counts, good ones too. */
  admit(request: From, attempt: Attempt): Promise<void>;
  /** The same, and then tries. It failed where nothing comes of it, or a refusal. */
  run<T>(request: From, attempt: Attempt, sign: () => Promise<T>): Promise<T>;
}

/** Failures that are written down one by one, by this gateway; of those beyond, the next one tells how many they were. */
const written = { perSecond: 5, burst: 100 };
/** Of an address or identifier that goes on beyond its rate, one event in a minute. */
const limitedWritten = { perSecond: 1 / 60, burst: 1 };
const refusals: readonly string[] = ['unauthenticated', 'forbidden', 'invalid-request'];

export function createSignInAttempts({
  byAddress,
  byIdentifier,
  systemLog,
  metrics,
}: {
  byAddress: RateLimiter;
  byIdentifier: RateLimiter;
  systemLog: Pick<SystemLog, 'writeLater'>;
  metrics: Metrics;
}): SignInAttempts {
  const outcomes = metrics.counter('gateway_sign_ins_total', 'Tries to sign a browser in', ['outcome']);
  const failures = createTokenBuckets(written);
  const limited = createTokenBuckets(limitedWritten);
  let unwritten = 0;

  const write = (request: From, { method, identifier }: Attempt, reason: string): void => {
    if (failures.take('') > 0) {
      unwritten += 1;
      return;
    }
    const details = { method, identifier, ...(unwritten > 0 ? { not_written: unwritten } : {}) };
    unwritten = 0;
    const action = method === 'oidc' ? 'auth.oidc_login_failed' : 'auth.login_failed';
    systemLog.writeLater({ action, outcome: 'failure', reason, auth_method: method, details }, strangerOf(request));
  };

  const take = async (limiter: RateLimiter, key: string, what: string, request: From, attempt: Attempt) => {
    const { waitMs } = await limiter.take(key);
    if (waitMs === 0) return;
    outcomes.inc({ outcome: 'limited' });
    if (limited.take(`${what}:${key}`) === 0) write(request, attempt, 'rate_limited');
    const seconds = Math.ceil(waitMs / 1_000);
    throw new Problem('rate-limited', `too many tries to sign in ${what}; wait ${seconds} s`, {
      headers: { 'retry-after': String(seconds) },
    });
  };

  const admit: SignInAttempts['admit'] = async (request, attempt) => {
    const { method, identifier } = attempt;
    await take(byAddress, addressCounted(request.ip), 'from this address', request, attempt);
    if (identifier !== undefined) await take(byIdentifier, `${method}:${identifier}`, 'as this one', request, attempt);
  };

  return {
    admit,
    async run(request, attempt, sign) {
      await admit(request, attempt);
      const failed = (): void => {
        outcomes.inc({ outcome: 'failed' });
        write(request, attempt, 'unknown_credential');
      };
      try {
        const signed = await sign();
        if (signed === undefined) failed();
        else outcomes.inc({ outcome: 'signed_in' });
        return signed;
      } catch (error) {
        if (error instanceof Problem && refusals.includes(error.kind)) failed();
        throw error;
      }
    },
  };
}
