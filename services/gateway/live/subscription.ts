import { setImmediate as breathe } from 'node:timers/promises';
import { encodeIngestCursor, type IngestCursor, type Position, positionOf } from '../../core/cursor/index.js';
import { rowToWire } from '../../core/rows/index.js';
import { answerOf } from '../query/answer.js';
import { type Filter, matches } from '../query/filter.js';
import type { History, Pace } from '../query/history.js';
import { inTenant, type TenantScope } from '../query/scope.js';
import type { LiveReader } from './live-reader.js';
import type { LiveTail } from './live-tail.js';
import type { LiveMetrics } from './metrics.js';
import type { Ring } from './ring.js';
import { createWake } from './wake.js';

/** What a subscription says to its subscriber. Resolves when there is room for more: that is all the back-pressure there is. */
export interface Outlet {
  subscribed(cursor: string): void;
  events(jsons: readonly string[], from: string, to: string): Promise<void>;
  caughtUp(cursor: string): Promise<void>;
}

export interface Subscription {
  /** Behind the last event that was handed to the outlet. */
  readonly cursor: IngestCursor;
  /** Rejects when ClickHouse refuses the query; infrastructure that is away is waited for. */
  readonly ended: Promise<void>;
  stop(): void;
}

const limits = {
  /** Events of one message, and of one look at memory. */
  messageEvents: 500,
  messageBytes: 262_144,
  historyRows: 5_000,
  lookEvents: 2_000,
};
/** How often ClickHouse is looked at again while it lags behind what memory holds, or while no live reader runs. */
const storedWaitMs = 250;
/** After so long without anything new, ClickHouse is asked whether there is. */
const quietMs = 3_000;
/** A subscriber whom no event concerns is still told now and then where it stands, so that it need not look through it all again. */
const idleCursorMs = 15_000;

/**
 * Hands on every accepted event at or above a cursor, once, each partition in its order: out of ClickHouse as long as memory does not
 * reach back to the cursor, out of memory from there on. There is no queue: who is slow falls out of memory and reads ClickHouse again.
 */
export function subscribe({
  scope,
  filter,
  start,
  liveReader,
  history,
  outlet,
  metrics,
  isRetriable,
  nowMs = Date.now,
}: {
  scope: TenantScope;
  filter: Filter;
  start: IngestCursor;
  liveReader: LiveReader;
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
  let cursor = start;
  let told = encodeIngestCursor(start);
  let toldAt = nowMs();
  let caughtUp = false;
  let pace: Pace | undefined;

  const send = async (jsons: string[], to: IngestCursor, from: 'live' | 'history'): Promise<void> => {
    const text = encodeIngestCursor(to);
    const room = outlet.events(jsons, told, text);
    // Handed over is delivered: whatever is said on the connection from now on comes behind it.
    cursor = to;
    told = text;
    toldAt = nowMs();
    metrics.delivered.inc({ from }, jsons.length);
    await room;
  };

  /** Sends in messages of bounded size, each ending behind its last event. */
  const sendAll = async (items: readonly Item[], from: 'live' | 'history'): Promise<void> => {
    const positions = new Map(cursor.positions);
    let jsons: string[] = [];
    let bytes = 0;
    for (const [at, { partition, after, json }] of items.entries()) {
      jsons.push(json);
      bytes += json.length;
      positions.set(partition, after);
      if (at < items.length - 1 && jsons.length < limits.messageEvents && bytes < limits.messageBytes) continue;
      await send(jsons, { incarnation: cursor.incarnation, positions: new Map(positions) }, from);
      if (signal.aborted) return;
      jsons = [];
      bytes = 0;
    }
  };

  /** One page out of ClickHouse for the partitions whose past memory does not reach. Returns whether it got anywhere. */
  const readHistory = async (only: ReadonlySet<number> | undefined, maxAgeMs = 0): Promise<boolean> => {
    const page = await history.page({
      scope,
      filter,
      cursor,
      limit: limits.historyRows,
      pace,
      only,
      maxAgeMs,
      signal,
    });
    pace = page.pace;
    const items = page.rows.map((row) => ({
      partition: row.partition,
      after: { offset: row.offset, idx: row.idx + 1 },
      json: JSON.stringify(answerOf(rowToWire(row), row.append_time)),
    }));
    await sendAll(items, 'history');
    if (signal.aborted) return true;
    const moved = encodeIngestCursor(cursor) !== encodeIngestCursor(page.cursor);
    cursor = page.cursor;
    return moved || items.length > 0;
  };

  const readMemory = async ({ rings }: LiveTail): Promise<boolean> => {
    let moved = false;
    for (const [partition, ring] of rings) {
      const position = positionOf(cursor, partition);
      if (!inReach(ring, position)) continue;
      const { items, end } = look(partition, ring, position);
      moved = true;
      await sendAll(items, 'live');
      if (signal.aborted) return true;
      cursor = { ...cursor, positions: new Map(cursor.positions).set(partition, end) };
    }
    return moved;
  };

  const look = (partition: number, ring: Ring, position: Position): { items: Item[]; end: Position } => {
    const found = ring.read(position, limits.lookEvents);
    const last = found.at(-1);
    const end =
      last && found.length === limits.lookEvents
        ? { offset: last.offset, idx: last.idx + 1 }
        : { offset: ring.next, idx: 0 };
    const items = found
      .filter(({ event }) => inTenant(scope, event.body) && matches(filter, event))
      .map(({ offset, idx, json }) => ({ partition, after: { offset, idx: idx + 1 }, json }));
    return { items, end };
  };

  /** Partitions that memory does not reach back far enough for; undefined for all of them. */
  const outOfReach = (tail: LiveTail | undefined): ReadonlySet<number> | undefined => {
    if (!tail?.incarnation.equals(cursor.incarnation)) return undefined;
    const below = [...tail.rings].filter(([partition, ring]) => positionOf(cursor, partition).offset < ring.from);
    return new Set(below.map(([partition]) => partition));
  };

  /** Memory says nothing new. Should ClickHouse know more, the live reader is stuck, as for a while after Kafka was away. */
  const lookBehind = async (): Promise<void> => {
    try {
      await readHistory(undefined, quietMs);
    } catch (error) {
      if (!isRetriable(error)) throw error;
    }
  };

  const step = async (): Promise<void> => {
    const { tail } = liveReader;
    const behind = outOfReach(tail);
    const inMemory = behind === undefined ? false : await readMemory(tail!);
    if (behind?.size === 0) {
      if (inMemory) return;
      if (!caughtUp) await outlet.caughtUp(encodeIngestCursor(cursor));
      caughtUp = true;
      pace = undefined;
      if (!(await wake.wait(quietMs))) await lookBehind();
    } else {
      if (caughtUp) metrics.fallbacks.inc();
      caughtUp = false;
      // Where ClickHouse has not stored yet what memory already let go, it will: nothing is skipped meanwhile.
      if (!(await readHistory(behind)) && !inMemory) await wake.wait(storedWaitMs, { always: true });
    }
    if (nowMs() - toldAt >= idleCursorMs && encodeIngestCursor(cursor) !== told) await send([], cursor, 'live');
  };

  const run = async (): Promise<void> => {
    const off = liveReader.onAdvance(wake.ring);
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
    }
  };

  return {
    get cursor() {
      return cursor;
    },
    ended: run(),
    stop: () => stopped.abort(),
  };
}

interface Item {
  partition: number;
  after: Position;
  json: string;
}

/** Whether memory holds everything from the position on and has something above it. */
const inReach = (ring: Ring, position: Position): boolean =>
  position.offset >= ring.from && position.offset < ring.next;
