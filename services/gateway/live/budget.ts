/** A token bucket: `burst` at once, `perSecond` in the long run. */
export function createBudget({
  perSecond,
  burst,
  nowMs = () => performance.now(),
}: {
  perSecond: number;
  burst: number;
  nowMs?: () => number;
}): { take(): boolean } {
  let tokens = burst;
  let at = nowMs();
  return {
    take() {
      const now = nowMs();
      tokens = Math.min(burst, tokens + ((now - at) / 1_000) * perSecond);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
