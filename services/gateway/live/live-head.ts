import { encodeIngestCursor, type IngestCursor, type Position, positionOf } from '../../core/cursor/index.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { History } from '../query/history.js';
import { type Channel, createChannel, type Follower } from './channel.js';
import type { Interest } from './interest.js';
import type { LiveEvent } from './live-event.js';
import type { LiveReader } from './live-reader.js';
import type { LiveTail } from './live-tail.js';
import type { LiveMetrics } from './metrics.js';
import { createTexts } from './projection.js';
import type { Ring } from './ring.js';

/**
 * The newest point that events are handed on from. Everybody who follows stands at the same cursor, so each event is looked at once
 * for all who want the same.
 */
export interface LiveHead {
  /** Undefined while nothing is read. */
  readonly at: { readonly tail: LiveTail; readonly cursor: IngestCursor } | undefined;
  /**
   * Undefined unless the cursor is that of the head. `left` is called once, with where the follower stands, when it refused a message
   * or nothing is read any more.
   */
  join(
    cursor: IngestCursor,
    interest: Interest,
    follower: Follower,
    left: (cursor: IngestCursor) => void,
  ): { leave(): IngestCursor } | undefined;
  /** Calls back after every step, until the returned function is called. */
  onAdvance(callback: () => void): () => void;
  stop(): void;
}

/** Events of so long share a message; what comes after a longer silence waits for nothing. */
const tickMs = 20;
/** Of one message, before filters. */
const limits = { events: 500, bytes: 262_144 };
/** Of a partition's memory: what may wait to be handed on before reading pauses. */
const fullShare = 0.25;
/** After so long without anything new, ClickHouse is asked whether there is. */
const quietMs = 3_000;

interface Joined {
  channel: Channel;
  interest: Interest;
  left: (cursor: IngestCursor) => void;
}

export function createLiveHead({
  liveReader,
  history,
  metrics,
  log,
  nowMs = () => performance.now(),
}: {
  liveReader: LiveReader;
  history: Pick<History, 'start'>;
  metrics: LiveMetrics;
  log: Logger;
  nowMs?: () => number;
}): LiveHead {
  const channels = new Map<string, Channel>();
  const joined = new Map<Follower, Joined>();
  const listeners = new Set<() => void>();
  let at: { tail: LiveTail; cursor: IngestCursor } | undefined;
  /** ClickHouse knows more than the live reader: nobody joins until that reads on. */
  let stuck = false;
  let steppedAt = Number.NEGATIVE_INFINITY;
  let movedAt = nowMs();
  /** What a ring had taken when all of it was handed on. */
  let handedOn = new WeakMap<Ring, number>();
  const waiting: (() => void)[] = [];
  let scheduled: { cancel(): void } | undefined;

  const remove = (follower: Follower): Joined | undefined => {
    const one = joined.get(follower);
    if (!one) return undefined;
    joined.delete(follower);
    one.channel.followers.delete(follower);
    if (one.channel.followers.size === 0) channels.delete(one.interest.key);
    return one;
  };

  const dismissAll = (): void => {
    const { cursor } = at!;
    for (const follower of [...joined.keys()]) remove(follower)?.left(cursor);
  };

  /** Takes up another reading, or gives up a stretch that memory let go before it was handed on. */
  const adopt = (tail: LiveTail | undefined): void => {
    if (at) dismissAll();
    stuck = false;
    handedOn = new WeakMap();
    const ends = (rings: LiveTail['rings']): [number, Position][] =>
      [...rings].map(([partition, { next }]) => [partition, { offset: next, idx: 0 }]);
    at = tail && { tail, cursor: { incarnation: tail.incarnation, positions: new Map(ends(tail.rings)) } };
    noteDrained();
  };

  const isWhole = ({ tail, cursor }: NonNullable<typeof at>): boolean =>
    tail.rings.size === cursor.positions.size &&
    [...tail.rings].every(([partition, { from }]) => positionOf(cursor, partition).offset >= from);

  /** Hands on at most one message to each. Returns whether there is more. */
  const step = (): boolean => {
    const { tail, cursor } = at!;
    const { events, positions, more } = nextEvents(tail.rings, cursor);
    if (positions === undefined) return false;
    const next = { incarnation: cursor.incarnation, positions };
    movedAt = nowMs();
    stuck = false;
    if (events.length > 0 && channels.size > 0) {
      const to = encodeIngestCursor(next);
      const texts = createTexts();
      let taken = 0;
      let dropped = 0;
      for (const channel of [...channels.values()]) {
        const published = channel.publish(events, to, texts);
        taken += published.taken;
        dropped += published.dropped;
        for (const follower of published.refused) remove(follower)?.left(cursor);
      }
      metrics.delivered.inc({ from: 'live' }, taken);
      metrics.dropped.inc(dropped);
    }
    at = { tail, cursor: next };
    return more;
  };

  /** Whether much of what memory may hold waits to be handed on: were more read meanwhile, everybody would fall out of it. */
  const isFull = (): boolean =>
    [...(at?.tail.rings.values() ?? [])].some(
      (ring) => ring.pushedBytes - (handedOn.get(ring) ?? 0) > ring.maxBytes * fullShare,
    );
  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      // A tick more would serve nobody.
      scheduled?.cancel();
      scheduled = undefined;
      schedule(0);
    });
  const noteDrained = (): void => {
    for (const ring of at?.tail.rings.values() ?? []) handedOn.set(ring, ring.pushedBytes);
    for (const resolve of waiting.splice(0)) resolve();
  };

  const advance = (): void => {
    scheduled = undefined;
    steppedAt = nowMs();
    if (at && !isWhole(at)) adopt(liveReader.tail);
    const more = at ? step() : false;
    for (const listener of listeners) listener();
    if (more) schedule(0);
    else noteDrained();
  };

  const schedule = (waitMs: number): void => {
    if (scheduled) return;
    if (waitMs <= 0) {
      const immediate = setImmediate(advance);
      scheduled = { cancel: () => clearImmediate(immediate) };
    } else {
      const timer = setTimeout(advance, waitMs);
      scheduled = { cancel: () => clearTimeout(timer) };
    }
  };

  const off = liveReader.onAdvance(() => {
    if (liveReader.tail !== at?.tail) {
      adopt(liveReader.tail);
      for (const listener of listeners) listener();
    }
    schedule(steppedAt + tickMs - nowMs());
    return isFull() ? drained() : undefined;
  });
  adopt(liveReader.tail);

  /** Should ClickHouse know more, the live reader is stuck, as for a while after Kafka was away. */
  const lookBehind = async (): Promise<void> => {
    const looked = at;
    if (!looked || stuck || joined.size === 0 || nowMs() - movedAt < quietMs) return;
    movedAt = nowMs();
    try {
      const stored = await history.start('now', 'since');
      if (at !== looked) return;
      const isAhead = [...stored.positions].some(
        ([partition, { offset }]) => offset > positionOf(looked.cursor, partition).offset,
      );
      if (stored.incarnation.equals(looked.cursor.incarnation) && !isAhead) return;
      stuck = true;
      dismissAll();
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'what ClickHouse holds cannot be looked up');
    }
  };
  const quiet = setInterval(() => void lookBehind(), quietMs / 3);
  quiet.unref();

  return {
    get at() {
      return at;
    },
    join(cursor, interest, follower, left) {
      if (!at || stuck || !isSame(cursor, at.cursor)) return undefined;
      const channel = channels.get(interest.key) ?? createChannel(interest);
      channels.set(interest.key, channel);
      channel.followers.add(follower);
      joined.set(follower, { channel, interest, left });
      return {
        leave() {
          remove(follower);
          return at!.cursor;
        },
      };
    },
    onAdvance(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    stop() {
      off();
      clearInterval(quiet);
      scheduled?.cancel();
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

function isSame(one: IngestCursor, other: IngestCursor): boolean {
  if (!one.incarnation.equals(other.incarnation)) return false;
  for (const partition of one.positions.keys()) if (!other.positions.has(partition)) return false;
  for (const [partition, { offset, idx }] of other.positions) {
    const position = positionOf(one, partition);
    if (position.offset !== offset || position.idx !== idx) return false;
  }
  return true;
}

/** What is new above the cursor, as much as fits into a message; no positions where nothing is. */
function nextEvents(
  rings: ReadonlyMap<number, Ring>,
  cursor: IngestCursor,
): { events: LiveEvent[]; positions: Map<number, Position> | undefined; more: boolean } {
  const events: LiveEvent[] = [];
  let positions: Map<number, Position> | undefined;
  let bytes = 0;
  for (const [partition, ring] of rings) {
    const position = positionOf(cursor, partition);
    if (position.offset >= ring.next) continue;
    if (events.length >= limits.events || bytes >= limits.bytes) return { events, positions, more: true };
    positions ??= new Map(cursor.positions);
    let end: Position = { offset: ring.next, idx: 0 };
    for (const event of ring.read(position, limits.events + 1)) {
      if (events.length >= limits.events || bytes >= limits.bytes) {
        end = { offset: event.offset, idx: event.idx };
        break;
      }
      events.push(event);
      bytes += event.bytes;
    }
    positions.set(partition, end);
  }
  const more = positions !== undefined && [...rings].some(([at, { next }]) => positions.get(at)!.offset < next);
  return { events, positions, more };
}
