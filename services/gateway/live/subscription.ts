import { setImmediate as breathe } from 'node:timers/promises';
import { encodeIngestCursor, type IngestCursor } from '../../core/cursor/index.js';
import type { History } from '../query/history.js';
import { createCatchUp } from './catch-up.js';
import type { Follower } from './channel.js';
import { createFlow, type Room } from './flow.js';
import { type FrameFormat, sharedMessage } from './frames.js';
import type { Interest } from './interest.js';
import type { LiveHead } from './live-head.js';
import type { LiveMetrics } from './metrics.js';
import { createWake } from './wake.js';

/** What a subscription says to its subscriber. */
export interface Outlet {
  readonly format: FrameFormat;
  readonly room: Room;
  subscribed(cursor: string): void;
  events(frame: Buffer): void;
  caughtUp(cursor: string): void;
  dropped(count: number, from: string, to: string): void;
}

/** `all`: whoever is slow goes on from history. `latest`: whoever is slow is told how many events passed. */
export const deliveries = ['all', 'latest'] as const;
export type Delivery = (typeof deliveries)[number];

export interface Subscription {
  /** Behind the last event that was handed to the outlet. */
  readonly cursor: IngestCursor;
  /** The cursor that was said last. */
  readonly told: string;
  /** Events that were handed to the outlet. */
  readonly delivered: number;
  /** Rejects when ClickHouse refuses the query; infrastructure that is away is waited for. */
  readonly ended: Promise<void>;
  /** Nothing is sent until `resume`. */
  pause(): void;
  resume(): void;
  /** False where no message with this `to` waits for it. */
  acknowledge(to: string): boolean;
  stop(): void;
}

/** How often ClickHouse is looked at again while it lags behind what memory holds, or while no live reader runs. */
const storedWaitMs = 250;
/** After so long without anything new, ClickHouse is asked whether there is. */
const quietMs = 3_000;
/** A subscriber whom no event concerns is still told now and then where it stands, so that it need not look through it all again. */
const idleCursorMs = 15_000;

/**
 * Hands on every accepted event at or above a cursor, once, each partition in its order: out of ClickHouse as long as memory does not
 * reach back to the cursor, out of memory from there, and with everybody else at the head of it. There is no queue: who is slow leaves
 * the head, falls out of memory and reads ClickHouse again.
 */
export function subscribe({
  interest,
  start,
  delivery = 'all',
  window,
  head,
  history,
  outlet,
  metrics,
  isRetriable,
  nowMs = Date.now,
}: {
  interest: Interest;
  start: IngestCursor;
  delivery?: Delivery | undefined;
  /** Events that may be out without being acknowledged. */
  window?: number | undefined;
  head: LiveHead;
  history: History;
  outlet: Outlet;
  metrics: LiveMetrics;
  /** Whether a failed read of history is worth another try. */
  isRetriable: (error: unknown) => boolean;
  nowMs?: () => number;
}): Subscription {
  const stopped = new AbortController();
  const { signal } = stopped;
  const wake = createWake(signal);
  const flow = createFlow({ room: outlet.room, window, signal });
  let own = start;
  let told = encodeIngestCursor(start);
  let toldAt = nowMs();
  let delivered = 0;
  let caughtUp = false;
  let dropped = { count: 0, to: told };
  let following: { leave(): IngestCursor; over(): void } | undefined;

  const sent = (frame: Buffer, events: number, to: string): void => {
    outlet.events(frame);
    flow.sent(events, to);
    delivered += events;
    told = to;
    toldAt = nowMs();
  };

  const sayDropped = (): void => {
    if (dropped.count === 0) return;
    outlet.dropped(dropped.count, told, dropped.to);
    told = dropped.to;
    dropped = { count: 0, to: told };
  };

  const send = (jsons: string[], to: IngestCursor): void => {
    sayDropped();
    const message = sharedMessage(jsons, encodeIngestCursor(to));
    sent(outlet.format.events(told, message), jsons.length, message.to);
    // Handed over is delivered: whatever is said on the connection from now on comes behind it.
    own = to;
  };

  const catchUp = createCatchUp({ interest, history, flow, metrics, send, signal });

  const follower: Follower = {
    format: outlet.format,
    offer({ events, to }, frame) {
      if (flow.allowance >= events) {
        sayDropped();
        sent(frame(told), events, to);
        return 'taken';
      }
      if (delivery === 'all') return 'refused';
      if (dropped.count === 0) void flow.ready().then(sayDropped);
      dropped = { count: dropped.count + events, to };
      return 'dropped';
    },
  };

  const follow = (): Promise<void> | undefined => {
    let over!: () => void;
    const left = new Promise<void>((resolve) => {
      over = resolve;
    });
    const joined = head.join(own, interest, follower, (at) => {
      own = at;
      following = undefined;
      over();
    });
    if (!joined) return undefined;
    following = { leave: joined.leave, over };
    return left;
  };

  const stand = (): IngestCursor => (following && head.at ? head.at.cursor : own);

  /** Memory says nothing new. Should ClickHouse know more, the live reader is stuck, as for a while after Kafka was away. */
  const lookBehind = async (): Promise<void> => {
    try {
      own = (await catchUp.fromHistory(own, undefined, quietMs)).cursor;
    } catch (error) {
      if (!isRetriable(error)) throw error;
    }
  };

  const step = async (): Promise<void> => {
    await flow.ready();
    if (signal.aborted) return;
    const { behind, ...read } = await catchUp.fromMemory(own, head.at);
    own = read.cursor;
    if (behind?.size === 0) {
      if (read.moved || signal.aborted) return;
      if (!caughtUp) outlet.caughtUp(encodeIngestCursor(own));
      caughtUp = true;
      const left = follow();
      if (left) return left;
      if (!(await wake.wait(quietMs))) await lookBehind();
      return;
    }
    if (caughtUp) metrics.fallbacks.inc();
    caughtUp = false;
    const stored = await catchUp.fromHistory(own, behind);
    own = stored.cursor;
    // Where ClickHouse has not stored yet what memory already let go, it will: nothing is skipped meanwhile.
    if (!stored.moved && !read.moved) await wake.wait(storedWaitMs, { always: true });
  };

  const tellIdle = (): void => {
    if (nowMs() - toldAt < idleCursorMs || flow.allowance === 0 || dropped.count > 0) return;
    const at = stand();
    if (encodeIngestCursor(at) === told) return;
    const message = sharedMessage([], encodeIngestCursor(at));
    sent(outlet.format.events(told, message), 0, message.to);
  };

  const run = async (): Promise<void> => {
    const off = head.onAdvance(wake.ring);
    const idle = setInterval(tellIdle, idleCursorMs / 3);
    idle.unref();
    try {
      while (!signal.aborted) {
        try {
          await step();
        } catch (error) {
          if (signal.aborted) return;
          if (!isRetriable(error)) throw error;
          await wake.wait(1_000, { always: true });
        }
        await breathe();
      }
    } finally {
      off();
      clearInterval(idle);
    }
  };

  return {
    get cursor() {
      return stand();
    },
    get told() {
      return told;
    },
    get delivered() {
      return delivered;
    },
    ended: run(),
    pause: flow.pause,
    resume: flow.resume,
    acknowledge: flow.acknowledge,
    stop() {
      if (signal.aborted) return;
      sayDropped();
      if (following) {
        own = following.leave();
        following.over();
        following = undefined;
      }
      stopped.abort();
    },
  };
}
