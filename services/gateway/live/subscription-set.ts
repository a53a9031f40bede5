import { encodeIngestCursor } from '../../core/cursor/index.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { Caller } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { socketFormat } from './frames.js';
import type { LiveMetrics } from './metrics.js';
import type { Outgoing } from './outgoing.js';
import { problemAnswer, type SubscribeMessage } from './protocol.js';
import type { Outlet, Subscription } from './subscription.js';

/** What a subscription is, whatever it is called. */
export type Wanted = Omit<SubscribeMessage, 'type' | 'id'>;

/** Opens a subscription for a caller. Throws a Problem that says what is wrong with it. */
export type OpenSubscription = (caller: Caller, wanted: Wanted, outlet: Outlet) => Promise<Subscription>;

/** The subscriptions of one connection, by the ids that the peer gave them. Throws not-found for an id that is not open. */
export interface SubscriptionSet {
  /** Throws a Problem for an id that is open, one too many, or what `openSubscription` refuses. */
  open(caller: Caller, message: SubscribeMessage): Promise<void>;
  /** Ends one and says where it stood. */
  unsubscribe(id: string): void;
  pause(id: string): void;
  resume(id: string): void;
  /** Throws conflict where no message with this `to` waits for it. */
  acknowledge(id: string, to: string): void;
  /** Ends all. With a problem, says it to each with the cursor to resume from. */
  closeAll(problem?: Problem): void;
}

export function createSubscriptionSet({
  openSubscription,
  outgoing,
  most,
  metrics,
  log,
}: {
  openSubscription: OpenSubscription;
  outgoing: Outgoing;
  most: number;
  metrics: LiveMetrics;
  log: Logger;
}): SubscriptionSet {
  const open = new Map<string, Subscription>();

  const outletOf = (id: string): Outlet => ({
    format: socketFormat(id),
    room: outgoing,
    subscribed: (cursor) => outgoing.send({ type: 'subscribed', id, cursor }),
    events: outgoing.write,
    caughtUp: (cursor) => outgoing.send({ type: 'caught_up', id, cursor }),
    dropped: (count, from, to) => outgoing.send({ type: 'dropped', id, count, from, to }),
  });

  const find = (id: string): Subscription => {
    const subscription = open.get(id);
    if (!subscription) throw new Problem('not-found', `no subscription ${JSON.stringify(id)} is open`);
    return subscription;
  };

  const stop = (id: string): string | undefined => {
    const subscription = open.get(id);
    if (!subscription) return undefined;
    open.delete(id);
    metrics.subscriptions.dec();
    subscription.stop();
    return encodeIngestCursor(subscription.cursor);
  };

  const sayProblem = (id: string, problem: Problem, cursor: string): void =>
    outgoing.send({ type: 'problem', id, problem: problemAnswer(problem), cursor });

  const fail = (id: string, error: unknown): void => {
    const cursor = stop(id);
    if (cursor === undefined) return;
    if (!(error instanceof Problem)) log.error({ error: messageOf(error) }, 'a subscription failed');
    sayProblem(id, error instanceof Problem ? error : new Problem('internal', 'the subscription failed'), cursor);
  };

  return {
    async open(caller, message) {
      const { id } = message;
      if (open.has(id)) throw new Problem('conflict', `the subscription ${JSON.stringify(id)} is open already`);
      if (open.size >= most) throw new Problem('rate-limited', `a connection has at most ${most} subscriptions`);
      const subscription = await openSubscription(caller, message, outletOf(id));
      open.set(id, subscription);
      metrics.subscriptions.inc();
      subscription.ended.catch((error) => {
        if (open.get(id) === subscription) fail(id, error);
      });
    },
    unsubscribe(id) {
      find(id);
      const cursor = stop(id)!;
      outgoing.send({ type: 'unsubscribed', id, cursor });
    },
    pause(id) {
      const subscription = find(id);
      subscription.pause();
      outgoing.send({ type: 'paused', id, cursor: subscription.told });
    },
    resume(id) {
      const subscription = find(id);
      outgoing.send({ type: 'resumed', id, cursor: subscription.told });
      subscription.resume();
    },
    acknowledge(id, to) {
      if (find(id).acknowledge(to)) return;
      throw new Problem('conflict', 'no message with this "to" waits to be acknowledged; only those of a window do');
    },
    closeAll(problem) {
      for (const id of [...open.keys()]) {
        const cursor = stop(id)!;
        if (problem) sayProblem(id, problem, cursor);
      }
    },
  };
}
