import type { AlertFollower } from '../alerts/stream/alert-feed.js';
import type { Problem } from '../errors.js';
import { createFlow, type Room } from './flow.js';
import type { Subscription } from './subscription.js';

/** What a subscription of alerts says to its subscriber. */
export interface AlertOutlet {
  readonly room: Room;
  subscribed(): void;
  /** Each the JSON text of a change. */
  alerts(changes: readonly string[]): void;
  dropped(count: number): void;
}

/** It has no cursor: what was not sent is listed by GET /api/alerts. */
export type AlertSubscription = Pick<
  Subscription,
  'ended' | 'pause' | 'resume' | 'acknowledge' | 'stop' | 'delivered'
> & {
  readonly cursor: undefined;
  readonly told: undefined;
};

/** What waits for a subscriber that is slow or pauses. */
export const alertQueueLimits = { changes: 1_000, bytes: 2_097_152 };
/** Of one message. */
const messageLimits = { changes: 100, bytes: 262_144 };

/** So many changes were left out where it stands. */
interface Gap {
  dropped: number;
}

/**
 * Hands on changes of alerts in their order. For who is slow a bounded number waits; beyond it what comes is left out, and said, exactly and in
 * its place.
 */
export async function subscribeToAlerts({
  follow,
  outlet,
  onDropped,
  limits = alertQueueLimits,
}: {
  follow: (follower: AlertFollower) => Promise<{ leave(): void }>;
  outlet: AlertOutlet;
  onDropped: (count: number) => void;
  limits?: typeof alertQueueLimits;
}): Promise<AlertSubscription> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const flow = createFlow({ room: outlet.room, window: undefined, signal });
  const waiting: (string | Gap)[] = [];
  let waitingBytes = 0;
  let waitingChanges = 0;
  let delivered = 0;
  let isOpen = false;
  let isPumping = false;
  let settle!: { resolve: () => void; reject: (problem: Problem) => void };
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });

  // Whoever holds it hears of it.
  ended.catch(() => {});

  const take = (change: string): void => {
    if (signal.aborted) return;
    if (waitingChanges >= limits.changes || waitingBytes + change.length > limits.bytes) {
      const last = waiting.at(-1);
      if (typeof last === 'object') last.dropped += 1;
      else waiting.push({ dropped: 1 });
      onDropped(1);
      return;
    }
    waiting.push(change);
    waitingChanges += 1;
    waitingBytes += change.length;
    void pump();
  };

  const sendNext = (): void => {
    const [first] = waiting;
    if (typeof first === 'object') {
      waiting.shift();
      outlet.dropped(first.dropped);
      return;
    }
    const message: string[] = [];
    let bytes = 0;
    for (let next = waiting[0]; typeof next === 'string' && message.length < messageLimits.changes; next = waiting[0]) {
      if (message.length > 0 && bytes + next.length > messageLimits.bytes) break;
      message.push(next);
      bytes += next.length;
      waiting.shift();
    }
    waitingChanges -= message.length;
    waitingBytes -= bytes;
    delivered += message.length;
    outlet.alerts(message);
  };

  const pump = async (): Promise<void> => {
    if (isPumping || !isOpen) return;
    isPumping = true;
    while (waiting.length > 0 && !signal.aborted) {
      await flow.ready();
      if (!signal.aborted && flow.allowance > 0) sendNext();
    }
    isPumping = false;
  };

  /** What still waits is left out. */
  const stop = (): void => {
    if (signal.aborted) return;
    following.leave();
    stopped.abort();
    const unsent = waiting.reduce((sum, one) => sum + (typeof one === 'object' ? one.dropped : 1), 0);
    if (unsent > 0) outlet.dropped(unsent);
    onDropped(waitingChanges);
    waiting.length = 0;
    settle.resolve();
  };

  const following = await follow({
    take,
    end(problem) {
      settle.reject(problem);
    },
  });
  outlet.subscribed();
  isOpen = true;
  void pump();

  return {
    cursor: undefined,
    told: undefined,
    get delivered() {
      return delivered;
    },
    ended,
    pause: flow.pause,
    resume() {
      flow.resume();
      void pump();
    },
    acknowledge: () => false,
    stop,
  };
}
