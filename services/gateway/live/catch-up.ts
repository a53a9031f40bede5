import { encodeIngestCursor, type IngestCursor, type Position } from '../../core/cursor/index.js';
import { rowAnswer } from '../query/answer.js';
import type { History, Pace } from '../query/history.js';
import type { Flow } from './flow.js';
import { type Interest, isOf } from './interest.js';
import type { LiveHead } from './live-head.js';
import { lookUp, outOfReach } from './memory.js';
import type { LiveMetrics } from './metrics.js';

/** One step, from a cursor towards the head. It ends early when the subscription does. */
interface Step {
  cursor: IngestCursor;
  /** Whether it got anywhere. */
  moved: boolean;
}

/** The way of one subscription to the head of the log, as fast as its subscriber takes it. */
export interface CatchUp {
  /** `behind` are the partitions that memory does not reach back for, undefined for all of them. */
  fromMemory(cursor: IngestCursor, at: LiveHead['at']): Promise<Step & { behind: ReadonlySet<number> | undefined }>;
  /** One page out of ClickHouse, of these partitions only. */
  fromHistory(cursor: IngestCursor, only: ReadonlySet<number> | undefined, maxAgeMs?: number): Promise<Step>;
}

const limits = {
  /** Of one message. */
  messageEvents: 500,
  messageBytes: 262_144,
  historyRows: 5_000,
};

interface Item {
  partition: number;
  after: Position;
  json: string;
}

export function createCatchUp({
  interest,
  history,
  flow,
  metrics,
  send,
  signal,
}: {
  interest: Interest;
  history: History;
  flow: Flow;
  metrics: LiveMetrics;
  send: (jsons: string[], to: IngestCursor) => void;
  signal: AbortSignal;
}): CatchUp {
  const { scope, filter, projection } = interest;
  let pace: Pace | undefined;

  /** Sends in messages of bounded size, each ending behind its last event. */
  const sendAll = async (cursor: IngestCursor, items: readonly Item[], from: 'live' | 'history'): Promise<void> => {
    const positions = new Map(cursor.positions);
    let jsons: string[] = [];
    let bytes = 0;
    for (const [at, { partition, after, json }] of items.entries()) {
      if (jsons.length === 0) await flow.ready();
      if (signal.aborted) return;
      jsons.push(json);
      bytes += json.length;
      positions.set(partition, after);
      const most = Math.min(limits.messageEvents, flow.allowance);
      if (at < items.length - 1 && jsons.length < most && bytes < limits.messageBytes) continue;
      send(jsons, { incarnation: cursor.incarnation, positions: new Map(positions) });
      metrics.delivered.inc({ from }, jsons.length);
      jsons = [];
      bytes = 0;
    }
  };

  return {
    async fromMemory(cursor, at) {
      const behind = outOfReach(at, cursor);
      let now = cursor;
      let moved = false;
      if (!at || behind === undefined) return { cursor, moved, behind };
      for (const partition of at.tail.rings.keys()) {
        const found = lookUp(at, now, partition);
        if (!found) continue;
        const items = found.events
          .filter((event) => isOf(interest, event))
          .map((event) => ({
            partition,
            after: { offset: event.offset, idx: event.idx + 1 },
            json: projection.live(event),
          }));
        await sendAll(now, items, 'live');
        moved = true;
        if (signal.aborted) break;
        now = { ...now, positions: new Map(now.positions).set(partition, found.end) };
      }
      return { cursor: now, moved, behind };
    },
    async fromHistory(cursor, only, maxAgeMs = 0) {
      const limit = limits.historyRows;
      const page = await history.page({ scope, filter, cursor, limit, pace, only, maxAgeMs, signal });
      pace = page.pace;
      const items = page.rows.map((row) => ({
        partition: row.partition,
        after: { offset: row.offset, idx: row.idx + 1 },
        json: projection.stored(rowAnswer(row)),
      }));
      await sendAll(cursor, items, 'history');
      const moved = items.length > 0 || encodeIngestCursor(cursor) !== encodeIngestCursor(page.cursor);
      return { cursor: page.cursor, moved };
    },
  };
}
