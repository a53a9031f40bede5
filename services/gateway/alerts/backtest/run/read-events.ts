import { decodeEventRows, type EventRow, eventColumns, rowToWire } from '../../../../core/rows/index.js';
import { type Bind, timeSql } from '../../../../core/sql/bind.js';
import type { WireEvent } from '../../../../core/wire/index.js';
import { isTooLarge } from '../../../query/clickhouse-errors.js';
import type { EventsTable, TenantScope } from '../../../query/scope.js';

/** Events from `fromUs` until before `toUs`, by their own clock. */
export interface Stretch {
  fromUs: number;
  toUs: number;
}

export interface EventSource {
  table: EventsTable;
  /** The events of all of these, as far as each lets them be seen. */
  scopes: readonly TenantScope[];
  signal?: AbortSignal | undefined;
}

/** A condition over the columns of events; undefined for all events. */
export type Where = ((bind: Bind) => string) | undefined;

const mostBuckets = 2_000;
const leastBucketUs = 1_000_000;

const within = ({ fromUs, toUs }: Stretch, where: Where, bind: Bind): string[] => [
  `occurred_at >= ${timeSql(Math.max(0, fromUs), bind)} AND occurred_at < ${timeSql(Math.max(0, toUs), bind)}`,
  ...(where ? [where(bind)] : []),
];

/** How many events there are. */
export async function countEvents(
  { table, scopes, signal }: EventSource,
  stretch: Stretch,
  where?: Where,
): Promise<number> {
  let events = 0;
  for (const scope of scopes) {
    const [row] = await table.selectObjects<{ events: number }>({
      name: 'backtest_count',
      scope,
      columns: ['count() AS events'],
      where: (bind) => within(stretch, where, bind),
      signal,
    });
    events += row?.events ?? 0;
  }
  return events;
}

/** Stretches with about `pageRows` events each, in order; those without any are left out. */
export async function planReading(
  { table, scopes, signal }: EventSource,
  stretch: Stretch,
  where: Where,
  pageRows: number,
): Promise<(Stretch & { events: number })[]> {
  const bucketUs = Math.max(leastBucketUs, Math.ceil((stretch.toUs - stretch.fromUs) / mostBuckets));
  const counts = new Map<number, number>();
  for (const scope of scopes) {
    const rows = await table.selectObjects<{ bucket: number; events: number }>({
      name: 'backtest_plan',
      scope,
      columns: [
        `intDiv(toUnixTimestamp64Micro(occurred_at) - ${Math.floor(stretch.fromUs)}, ${bucketUs}) AS bucket`,
        'count() AS events',
      ],
      where: (bind) => within(stretch, where, bind),
      rest: 'GROUP BY bucket ORDER BY bucket',
      signal,
    });
    for (const { bucket, events } of rows) counts.set(bucket, (counts.get(bucket) ?? 0) + events);
  }
  const planned: (Stretch & { events: number })[] = [];
  for (const [bucket, events] of [...counts].sort(([a], [b]) => a - b)) {
    const fromUs = stretch.fromUs + bucket * bucketUs;
    const toUs = Math.min(stretch.toUs, fromUs + bucketUs);
    const last = planned.at(-1);
    if (last && last.events + events <= pageRows) {
      last.toUs = toUs;
      last.events += events;
    } else planned.push(...divided({ fromUs, toUs, events }, pageRows));
  }
  return planned;
}

/** A crowded bucket in equal parts; where all its events crowd into one of them, readStretch divides again. */
function divided({ fromUs, toUs, events }: Stretch & { events: number }, pageRows: number) {
  const parts = Math.min(Math.ceil(events / pageRows), Math.max(1, toUs - fromUs));
  const edges = Array.from({ length: parts + 1 }, (_, at) => Math.floor(fromUs + ((toUs - fromUs) * at) / parts));
  return edges.slice(1).map((edge, at) => ({ fromUs: edges[at]!, toUs: edge, events: Math.ceil(events / parts) }));
}

export interface ReadEvent {
  event: WireEvent;
  appendTimeUs: number;
}

/** All events of a stretch, in no order that matters. An answer that would be too large is asked for in halves. */
export async function readStretch(source: EventSource, stretch: Stretch, where: Where): Promise<ReadEvent[]> {
  const { table, scopes, signal } = source;
  const read: ReadEvent[] = [];
  for (const scope of scopes) {
    const one = { ...source, scopes: [scope] };
    try {
      const bytes = await table.select({
        name: 'backtest_read',
        scope,
        columns: eventColumns,
        where: (bind) => within(stretch, where, bind),
        signal,
      });
      for (const row of decodeEventRows(bytes)) read.push(wireOf(row));
    } catch (error) {
      const middleUs = Math.floor((stretch.fromUs + stretch.toUs) / 2);
      if (!isTooLarge(error) || middleUs <= stretch.fromUs) throw error;
      read.push(...(await readStretch(one, { ...stretch, toUs: middleUs }, where)));
      read.push(...(await readStretch(one, { ...stretch, fromUs: middleUs }, where)));
    }
  }
  return read;
}

const wireOf = (row: EventRow): ReadEvent => ({ event: rowToWire(row), appendTimeUs: row.append_time * 1_000 });
