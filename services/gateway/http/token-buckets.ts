/** How much comes back each second, and how much may be taken at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

export interface TokenBuckets {
  /** Takes `cost` of the key's tokens and returns 0, or takes none and returns after how many ms there will be enough. */
  take(key: string, cost?: number): number;
  /** Whole tokens that the key had left when it last took some. */
  left(key: string): number;
  readonly size: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * A token bucket for each key, in memory. A cost above the burst is charged as the burst, so that it can pass at all. Of more than
 * `maxKeys` the longest unused is forgotten, which only ever gives tokens back.
 */
export function createTokenBuckets({
  perSecond,
  burst,
  maxKeys = 10_000,
  now = () => performance.now(),
}: Rate & { maxKeys?: number; now?: () => number }): TokenBuckets {
  const buckets = new Map<string, Bucket>();
  return {
    take(key, cost = 1) {
      const nowMs = now();
      const bucket = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > maxKeys) buckets.delete(buckets.keys().next().value!);
      bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * perSecond);
      bucket.atMs = nowMs;
      const charged = Math.min(cost, burst);
      if (bucket.tokens < charged) return Math.ceil(((charged - bucket.tokens) / perSecond) * 1_000);
      bucket.tokens -= charged;
      return 0;
    },
    left: (key) => Math.floor(buckets.get(key)?.tokens ?? burst),
    get size() {
      return buckets.size;
    },
  };
}
