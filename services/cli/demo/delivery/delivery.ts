import type { EventInput } from '../../../core/event/index.js';

/** A way into the audit log. */
export interface Delivery {
  /** For the person: `signed by the demo's own key, through Kafka`. */
  readonly how: string;
  readonly sent: number;
  readonly acknowledged: number;
  /** The first event that was given up, if any. */
  readonly failure: Error | undefined;
  /** Takes the event; a promise where there is no room until others are through. */
  send(event: EventInput): Promise<void> | undefined;
  /** Resolves once everything taken is acknowledged or given up. */
  close(): Promise<void>;
}

/** Counts what is under way, and makes the sender wait while that is too much. */
export function createFlow(mostUnderWay: number): {
  readonly sent: number;
  readonly acknowledged: number;
  readonly failure: Error | undefined;
  take(count: number): void;
  settle(count: number, error?: Error): void;
  room(): Promise<void> | undefined;
  idle(): Promise<void>;
} {
  let [sent, acknowledged, failed] = [0, 0, 0];
  let failure: Error | undefined;
  let waiting: { until: number; go: () => void }[] = [];
  const underWay = (): number => sent - acknowledged - failed;
  const whenAtMost = (until: number): Promise<void> =>
    new Promise((go) => {
      waiting.push({ until, go });
    });
  return {
    get sent() {
      return sent;
    },
    get acknowledged() {
      return acknowledged;
    },
    get failure() {
      return failure;
    },
    take(count) {
      sent += count;
    },
    settle(count, error) {
      if (error) failed += count;
      else acknowledged += count;
      failure ??= error;
      const now = underWay();
      for (const { go } of waiting.filter(({ until }) => until >= now)) go();
      waiting = waiting.filter(({ until }) => until < now);
    },
    room: () => (underWay() < mostUnderWay ? undefined : whenAtMost(mostUnderWay / 2)),
    idle: () => (underWay() === 0 ? Promise.resolve() : whenAtMost(0)),
  };
}
