/** Bounds of delivery, with what happens at each. */
export interface DeliveryLimits {
  /** Alerts that wait for a channel; further ones go to the dead letters as `queue_full`. */
  queued: number;
  /** Messages of a channel that are tried again at the same time; while there are so many, alerts wait. */
  retrying: number;
  /** Messages that `redeliver` may have waiting for a channel. */
  redelivering: number;
  /** After so many the message goes to the dead letters. With the waits below, three quarters of an hour. */
  attempts: number;
  firstWaitMs: number;
  mostWaitMs: number;
  connectTimeoutMs: number;
  /** Of one attempt, all of it. */
  attemptTimeoutMs: number;
  /** A worker that has died holds its channels for so long. */
  leaseMs: number;
  /** How often Redis is asked for what other processes queued. */
  pollMs: number;
  /** How long Redis may take to answer. */
  redisTimeoutMs: number;
  /** For so long the same occasion of the same alert is not told to the same channel again. */
  rememberMs: number;
  /** How long a message whose burial failed waits for ClickHouse. */
  burialWaitMs: number;
}

export const deliveryLimits: DeliveryLimits = {
  queued: 1_000,
  retrying: 4,
  redelivering: 100,
  attempts: 16,
  firstWaitMs: 1_000,
  mostWaitMs: 300_000,
  connectTimeoutMs: 5_000,
  attemptTimeoutMs: 10_000,
  leaseMs: 15_000,
  pollMs: 250,
  redisTimeoutMs: 5_000,
  rememberMs: 86_400_000,
  burialWaitMs: 10_000,
};

/** How long to wait after the nth failed attempt: doubling, drawn from the upper half, and never sooner than the receiver asked for. */
export function waitAfter(
  attempts: number,
  { firstWaitMs, mostWaitMs }: Pick<DeliveryLimits, 'firstWaitMs' | 'mostWaitMs'>,
  { afterMs = 0, random = Math.random }: { afterMs?: number | undefined; random?: () => number } = {},
): number {
  const fullMs = Math.min(firstWaitMs * 2 ** Math.min(attempts - 1, 30), mostWaitMs);
  return Math.round(Math.max(afterMs, fullMs / 2 + (random() * fullMs) / 2));
}
