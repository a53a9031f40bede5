import type { FastifyRequest } from 'fastify';
import type { Metrics } from '../../../core/metrics.js';
import { Problem } from '../../errors.js';
import type { RateLimiter } from '../../http/rate-limiter.js';
import { createTokenBuckets } from '../../http/token-buckets.js';
import { type SystemLog, strangerOf } from '../../registry/system-log.js';
import { addressCounted } from './address.js';

/** Requests with a key or token that is refused: counted by address, apart from tries to sign in. */
export interface RefusedKeys {
  /**
   * What to answer where looking at the key of a request threw `error`: that, or rate-limited where too many keys from this address were
   * refused. Only refusals are counted, and only by address: whoever shares it and has a good key goes on, and so does a key
   * whose beginning somebody else has guessed.
   */
  answerOf(request: Pick<FastifyRequest, 'ip' | 'id' | 'headers'>, error: unknown): Promise<unknown>;
}

/** Of an address that goes on beyond its rate, one event in a minute. */
const limitedWritten = { perSecond: 1 / 60, burst: 1 };

export function createRefusedKeys({
  byAddress,
  systemLog,
  metrics,
}: {
  byAddress: RateLimiter;
  systemLog: Pick<SystemLog, 'writeLater'>;
  metrics: Metrics;
}): RefusedKeys {
  const refused = metrics.counter('gateway_refused_keys_total', 'Requests with a key or token that was refused', [
    'outcome',
  ]);
  const limited = createTokenBuckets(limitedWritten);
  return {
    async answerOf(request, error) {
      if (!(error instanceof Problem) || error.kind !== 'unauthenticated') return error;
      const address = addressCounted(request.ip);
      const { waitMs } = await byAddress.take(address);
      refused.inc({ outcome: waitMs === 0 ? 'refused' : 'limited' });
      if (waitMs === 0) return error;
      if (limited.take(address) === 0) {
        const act = { action: 'api_key.rejected', outcome: 'failure', reason: 'rate_limited', details: {} } as const;
        systemLog.writeLater({ ...act, auth_method: 'api_token' }, strangerOf(request));
      }
      const seconds = Math.ceil(waitMs / 1_000);
      const detail = `too many keys from this address were refused, this one, too; wait ${seconds} s before the next`;
      return new Problem('rate-limited', detail, { headers: { 'retry-after': String(seconds) }, cause: error });
    },
  };
}
