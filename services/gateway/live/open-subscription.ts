import { encodeIngestCursor, type IngestCursor } from '../../core/cursor/index.js';
import { SealstreamError } from '../../core/errors.js';
import type { History } from '../query/history.js';
import type { createInterestReader } from './interest.js';
import type { LiveHead } from './live-head.js';
import type { LiveReader } from './live-reader.js';
import type { LiveMetrics } from './metrics.js';
import { subscribe } from './subscription.js';
import type { OpenSubscription } from './subscription-set.js';

export interface SubscriptionParts {
  history: History;
  liveReader: LiveReader;
  head: LiveHead;
  readInterest: ReturnType<typeof createInterestReader>;
  metrics: LiveMetrics;
}

/** Opens the subscriptions of one connection. `organization` is what its header X-Organization-Id chose. */
export function createSubscriptionOpener(
  { history, liveReader, head, readInterest, metrics }: SubscriptionParts,
  organization: string | undefined,
): OpenSubscription {
  return async (caller, { filter, since }, outlet) => {
    const interest = readInterest(caller, { filter, organization });
    const start = since === 'now' ? await present(history, liveReader) : await history.start(since, 'since');
    outlet.subscribed(encodeIngestCursor(start));
    return subscribe({
      interest,
      start,
      head,
      history,
      outlet,
      metrics,
      isRetriable: (error) => error instanceof SealstreamError && error.retriable,
    });
  };
}

/** Behind everything that is known by now: what memory has, and what ClickHouse has where it is ahead. */
async function present(history: History, { tail }: LiveReader): Promise<IngestCursor> {
  const stored = await history.start('now', 'since');
  if (!tail?.incarnation.equals(stored.incarnation)) return stored;
  const positions = new Map(stored.positions);
  for (const [partition, { next }] of tail.rings) {
    positions.set(partition, { offset: Math.max(next, positions.get(partition)?.offset ?? 0), idx: 0 });
  }
  return { ...stored, positions };
}
