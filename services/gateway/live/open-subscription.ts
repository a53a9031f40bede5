import { encodeIngestCursor, type IngestCursor } from '../../core/cursor/index.js';
import { SealstreamError } from '../../core/errors.js';
import type { AlertFeed } from '../alerts/stream/alert-feed.js';
import type { Caller } from '../auth/caller.js';
import { Problem } from '../errors.js';
import type { History } from '../query/history.js';
import { subscribeToAlerts } from './alert-subscription.js';
import type { createInterestReader, Interest } from './interest.js';
import type { LiveHead } from './live-head.js';
import type { LiveReader } from './live-reader.js';
import type { LiveMetrics } from './metrics.js';
import { type Outlet, type Subscription, subscribe } from './subscription.js';
import type { OpenAlertSubscription, OpenSubscription, Wanted } from './subscription-set.js';
import type { Watched } from './watched.js';

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
  {
    organization,
    watchedOf,
  }: { organization: string | undefined; watchedOf?: ((caller: Caller) => Watched) | undefined },
): OpenSubscription {
  const open = async (
    interest: Interest,
    { since, delivery, window }: Wanted,
    outlet: Outlet,
  ): Promise<Subscription> => {
    const start = since === 'now' ? await present(history, liveReader) : await history.start(since, 'since');
    outlet.subscribed(encodeIngestCursor(start));
    return subscribe({
      interest,
      start,
      delivery,
      window,
      head,
      history,
      outlet,
      metrics,
      isRetriable: (error) => error instanceof SealstreamError && error.retriable,
    });
  };
  return async (caller, wanted, outlet) => {
    const watched = watchedOf?.(caller);
    const { filter, fields } = wanted;
    let interest: Interest;
    try {
      interest = readInterest(caller, { filter, fields, organization });
    } catch (error) {
      if (error instanceof Problem) watched?.refused(wanted, error);
      throw error;
    }
    const subscription = await open(interest, wanted, outlet);
    watched?.begun(wanted, interest);
    const ended = (): void => watched?.ended(wanted, interest, subscription.delivered);
    subscription.ended.then(ended, ended);
    return subscription;
  };
}

/** Opens the subscriptions of alerts of one connection. */
export function createAlertSubscriptionOpener(
  { alertFeed, metrics }: { alertFeed: Pick<AlertFeed, 'follow'> | undefined; metrics: LiveMetrics },
  { organization }: { organization: string | undefined },
): OpenAlertSubscription {
  return async (caller, { filter }, { alerts, ...outlet }) => {
    if (!alertFeed) throw new Problem('not-found', 'no alerts are to be followed here');
    return subscribeToAlerts({
      follow: (follower) => alertFeed.follow(caller, { filter, organization }, follower),
      outlet: {
        ...outlet,
        alerts(changes) {
          alerts(changes);
          metrics.alertChanges.inc({ what: 'sent' }, changes.length);
        },
      },
      onDropped: (count) => metrics.alertChanges.inc({ what: 'dropped' }, count),
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
