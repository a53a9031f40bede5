/** How many messages a channel may send now: a burst, then so many a minute. */
export interface TokenBucket {
  /** Whole tokens that are there. */
  available(nowMs: number): number;
  take(nowMs: number): void;
  /** When there will be one. */
  nextAtMs(nowMs: number): number;
}

const mostBurst = 5;

export function createTokenBucket(perMinute: number): TokenBucket {
  const burst = Math.min(mostBurst, perMinute);
  const perMs = perMinute / 60_000;
  let tokens = burst;
  let atMs = Number.NEGATIVE_INFINITY;
  const refill = (nowMs: number): void => {
    if (nowMs > atMs) {
      tokens = Math.min(burst, tokens + (Number.isFinite(atMs) ? (nowMs - atMs) * perMs : 0));
      atMs = nowMs;
    }
  };
  return {
    available(nowMs) {
      refill(nowMs);
      return Math.floor(tokens + 1e-9);
    },
    take(nowMs) {
      refill(nowMs);
      tokens -= 1;
    },
    nextAtMs(nowMs) {
      refill(nowMs);
      return tokens >= 1 ? nowMs : nowMs + Math.ceil((1 - tokens) / perMs);
    },
  };
}
