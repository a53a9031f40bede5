import { encodeIngestCursor, type IngestCursor } from '../../core/cursor/index.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { Caller } from '../auth/caller.js';
import { Problem } from '../errors.js';
import type { AlertOutlet, AlertSubscription } from './alert-subscription.js';
import { alertsFrame, socketFormat } from './frames.js';
import type { LiveMetrics } from './metrics.js';
import type { Outgoing } from './outgoing.js';
import { problemAnswer, type SubscribeAlertsMessage, type SubscribeMessage } from './protocol.js';
import type { Outlet, Subscription } from './subscription.js';

/** What a subscription is, whatever it is called. */
export type Wanted = Omit<SubscribeMessage, 'type' | 'kind' | 'id'>;

/** Opens a subscription for a caller. Throws a Problem that says what is wrong with it. */
export type OpenSubscription = (caller: Caller, wanted: Wanted, outlet: Outlet) => Promise<Subscription>;

/** The same, of changes of alerts. */
export type OpenAlertSubscription = (
  caller: Caller,
  wanted: Pick<SubscribeAlertsMessage, 'filter'>,
  outlet: AlertOutlet,
) => Promise<AlertSubscription>;

/** The subscriptions of one connection, by the ids that the peer gave them. Throws not-found for an id that is not open. */
export interface SubscriptionSet {
  /** Throws a Problem for an id that is open, one too many, or what `openSubscription` refuses. */
  open(caller: Caller, message: SubscribeMessage | SubscribeAlertsMessage): Promise<void>;
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
  openAlertSubscription,
  outgoing,
  most,
  metrics,
  log,
}: {
  openSubscription: OpenSubscription;
  openAlertSubscription: OpenAlertSubscription;
  outgoing: Outgoing;
  most: number;
  metrics: LiveMetrics;
  log: Logger;
}): SubscriptionSet {
  const open = new Map<string, Subscription | AlertSubscription>();

  const outletOf = (id: string): Outlet => ({
    format: socketFormat(id),
    room: outgoing,
    subscribed: (cursor) => outgoing.send({ type: 'subscribed', id, cursor }),
    events: outgoing.write,
    caughtUp: (cursor) => outgoing.send({ type: 'caught_up', id, cursor }),
    dropped: (count, from, to) => outgoing.send({ type: 'dropped', id, count, from, to }),
  });

  const alertOutletOf = (id: string): AlertOutlet => ({
    room: outgoing,
    subscribed: () => outgoing.send({ type: 'subscribed', id }),
    alerts: (changes) => outgoing.write(alertsFrame(id, changes)),
    dropped: (count) => outgoing.send({ type: 'dropped', id, count }),
  });

  const find = (id: string): Subscription | AlertSubscription => {
    const subscription = open.get(id);
    if (!subscription) throw new Problem('not-found', `no subscription ${JSON.stringify(id)} is open`);
    return subscription;
  };

  /** Where it stood; false where it is not open. */
  const stop = (id: string): Said | false => {
    const subscription = open.get(id);
    if (!subscription) return false;
    open.delete(id);
    metrics.subscriptions.dec();
    subscription.stop();
    return cursorSaid(subscription.cursor);
  };

  const sayProblem = (id: string, problem: Problem, place: Said): void =>
    outgoing.send({ type: 'problem', id, problem: problemAnswer(problem), ...place });

  const fail = (id: string, error: unknown): void => {
    const place = stop(id);
    if (!place) return;
    if (!(error instanceof Problem)) log.error({ error: messageOf(error) }, 'a subscription failed');
    sayProblem(id, error instanceof Problem ? error : new Problem('internal', 'the subscription failed'), place);
  };

  return {
    async open(caller, message) {
      const { id } = message;
      if (open.has(id)) throw new Problem('conflict', `the subscription ${JSON.stringify(id)} is open already`);
      if (open.size >= most) throw new Problem('rate-limited', `a connection has at most ${most} subscriptions`);
      const subscription =
        message.kind === 'alerts'
          ? await openAlertSubscription(caller, message, alertOutletOf(id))
          : await openSubscription(caller, message, outletOf(id));
      open.set(id, subscription);
      metrics.subscriptions.inc();
      subscription.ended.catch((error) => {
        if (open.get(id) === subscription) fail(id, error);
      });
    },
    unsubscribe(id) {
      find(id);
      outgoing.send({ type: 'unsubscribed', id, ...stop(id) });
    },
    pause(id) {
      const subscription = find(id);
      subscription.pause();
      outgoing.send({ type: 'paused', id, ...toldOf(subscription) });
    },
    resume(id) {
      const subscription = find(id);
      outgoing.send({ type: 'resumed', id, ...toldOf(subscription) });
      subscription.resume();
    },
    acknowledge(id, to) {
      if (find(id).acknowledge(to)) return;
      throw new Problem('conflict', 'no message with this "to" waits to be acknowledged; only those of a window do');
    },
    closeAll(problem) {
      for (const id of [...open.keys()]) {
        const place = stop(id);
        if (problem && place) sayProblem(id, problem, place);
      }
    },
  };
}

type Said = { cursor?: string };

const cursorSaid = (cursor: IngestCursor | undefined): Said => (cursor ? { cursor: encodeIngestCursor(cursor) } : {});
const toldOf = ({ told }: Subscription | AlertSubscription): Said => (told === undefined ? {} : { cursor: told });
