import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { SealstreamError } from '../../../core/errors.js';
import { fetchBounded, timeoutMs } from './fetch.js';

/** How long things that a provider published count. */
export interface TrustTimes {
  /** Beyond this age its keys are read again, beside the work. */
  freshMs: number;
  /** Beyond this age nothing is verified before they are read again: a provider that is away for so long may have taken keys back. */
  trustMs: number;
  /** Between two reads because a token names a key that is not known; whoever sends tokens must not make us hammer the provider. */
  cooldownMs: number;
  /** How long it is not asked after it failed. */
  failurePauseMs: number;
}

const minuteMs = 60_000;
export const defaultTrustTimes: TrustTimes = {
  freshMs: 10 * minuteMs,
  trustMs: 1_440 * minuteMs,
  cooldownMs: 30_000,
  failurePauseMs: 2_000,
};

/** A provider's public keys. */
export interface KeySet {
  /** The key that a token names; rejects with jose's errors, or as `load` does where the keys are too old. */
  find: JWTVerifyGetKey;
  load(): Promise<void>;
}

/** jose fetches when a token names a key that it does not know; when else to fetch is decided here. */
export function createKeySet({
  uri,
  times: { freshMs, trustMs, cooldownMs, failurePauseMs },
  now = () => performance.now(),
}: {
  uri: string;
  times: TrustTimes;
  now?: () => number;
}): KeySet {
  let loadedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;

  const fetchKeys = async (url: string): Promise<Response> => {
    if (now() - failedAt < failurePauseMs) throw new SealstreamError('oidc', 'the provider’s keys could not be read');
    try {
      const { status, text } = await fetchBounded(url, { headers: { accept: 'application/json' } });
      return new Response(text, { status });
    } catch (error) {
      failedAt = now();
      throw error;
    }
  };
  const keys = createRemoteJWKSet(new URL(uri), {
    [customFetch]: fetchKeys,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: cooldownMs,
    timeoutDuration: timeoutMs,
  });
  const load = async (): Promise<void> => {
    await keys.reload();
    loadedAt = now();
  };

  return {
    load,
    async find(header, token) {
      const ageMs = now() - loadedAt;
      if (ageMs > trustMs) await load();
      else if (ageMs > freshMs) load().catch(() => {});
      return keys(header, token);
    },
  };
}
