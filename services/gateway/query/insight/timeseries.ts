import { formatTimestampUs } from '../../../core/event/index.js';
import { type Bind, timeSql } from '../../../core/sql/bind.js';
import { type Filter, filterSql } from '../filter.js';
import type { EventsTable, TenantScope } from '../scope.js';
import { readTop } from './facets.js';
import { type InsightField, isSql, shown } from './fields.js';
import { type Buckets, bucketsOver, type Interval, startOf } from './interval.js';

/** How many events there were, over time. */
export interface Timeseries {
  /** As `interval` takes it: 5m. */
  interval: string;
  interval_seconds: number;
  /** The time that is counted, its end excluded; null without events and without times asked for. Outer buckets may reach beyond it. */
  from: string | null;
  to: string | null;
  total: number;
  /** Without a gap: where nothing happened the count is 0. */
  buckets: { start: string; count: number }[];
  /** Of the most frequent values of the field; `counts` go with `buckets`. */
  series?: { value: string; total: number; counts: number[] }[];
  /** Events with other values or none, likewise. */
  other?: number[];
}

interface Query {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  /** Chosen by the length of the time where absent. */
  interval: Interval | undefined;
  by: { field: InsightField; top: number } | undefined;
  nowMs: number;
  signal?: AbortSignal | undefined;
}

interface Row {
  bucket: number;
  /** 1 for the most frequent value, and so on; 0 for every other. */
  series: number;
  events: number;
}

export async function readTimeseries(query: Query): Promise<Timeseries> {
  const { filter, by } = query;
  const range = await readRange(query);
  if (!range) return { ...described(bucketsOver({ fromUs: 0, toUs: 0 }, query.interval)), from: null, to: null };
  const buckets = bucketsOver(range, query.interval);
  const top = by ? (await readTop({ ...query, ...by })).top.map(([value]) => value) : [];
  const rows = buckets.count > 0 ? await readCounts(query, { ...range, filter, buckets, top }) : [];
  const whole = countsOf(rows, buckets, () => true);
  return {
    ...described(buckets),
    from: formatTimestampUs(range.fromUs),
    to: formatTimestampUs(range.toUs),
    total: sum(whole),
    buckets: whole.map((count, at) => ({
      start: formatTimestampUs(Math.max(0, startOf(buckets, buckets.first + at))),
      count,
    })),
    ...(by
      ? {
          series: top.map((value, at) => {
            const counts = countsOf(rows, buckets, ({ series }) => series === at + 1);
            return { value: shown(by.field, value), total: sum(counts), counts };
          }),
          other: countsOf(rows, buckets, ({ series }) => series === 0),
        }
      : {}),
  };
}

const described = ({ interval }: Buckets) => ({
  interval: interval.name,
  interval_seconds: interval.seconds,
  total: 0,
  buckets: [],
});

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

function countsOf(rows: readonly Row[], { first, count }: Buckets, of: (row: Row) => boolean): number[] {
  const counts = Array<number>(count).fill(0);
  for (const row of rows) if (of(row)) counts[row.bucket - first]! += row.events;
  return counts;
}

/** The time that was asked for; where an end is missing, up to the first or last event that matches, and to now. */
async function readRange({
  table,
  scope,
  filter,
  nowMs,
  signal,
}: Query): Promise<{ fromUs: number; toUs: number } | undefined> {
  const asked = (name: string): number | undefined =>
    filter.parts.find(({ field }) => field.names[0] === name)?.value as number | undefined;
  const [fromUs, toUs] = [asked('from'), asked('to')];
  if (fromUs !== undefined && toUs !== undefined) return { fromUs, toUs };
  const [found] = await table.selectObjects<{ events: number; first: number; last: number }>({
    name: 'time range',
    scope,
    columns: [
      'count() AS events',
      'toUnixTimestamp64Micro(min(occurred_at)) AS first',
      'toUnixTimestamp64Micro(max(occurred_at)) AS last',
    ],
    where: (bind) => filterSql(filter, bind),
    signal,
  });
  const nowUs = nowMs * 1_000;
  if (found!.events === 0) {
    if (fromUs !== undefined) return { fromUs, toUs: Math.max(fromUs, nowUs) };
    return toUs === undefined ? undefined : { fromUs: toUs, toUs };
  }
  return { fromUs: fromUs ?? found!.first, toUs: toUs ?? Math.max(found!.last + 1, nowUs) };
}

function readCounts(
  { table, scope, by, signal }: Query,
  {
    fromUs,
    toUs,
    filter,
    buckets,
    top,
  }: { fromUs: number; toUs: number; filter: Filter; buckets: Buckets; top: readonly string[] },
): Promise<Row[]> {
  const { few = false, key = '' } = by?.field ?? {};
  const seriesOf = (of: string, bind: Bind): string => {
    const cases = top.map((value, at) => `${isSql(by!.field, of, bind('String', value))}, ${at + 1}`);
    return cases.length > 0 ? `multiIf(${cases.join(', ')}, 0)` : '0';
  };
  return table.selectObjects<Row>({
    name: 'timeseries',
    scope,
    columns: (bind) => [
      `intDiv(toUnixTimestamp64Micro(occurred_at) - (${buckets.originUs}), ${buckets.widthUs}) AS bucket`,
      `${few ? key : seriesOf(key, bind)} AS key`,
      'count() AS counted',
    ],
    where: (bind) => [
      ...filterSql(filter, bind),
      `occurred_at >= ${timeSql(fromUs, bind)}`,
      `occurred_at < ${timeSql(toUs, bind)}`,
    ],
    rest: 'GROUP BY bucket, key',
    // Few keys are told apart once per bucket, which costs less than once per event.
    around: (counts, bind) =>
      `SELECT bucket, ${few ? seriesOf('key', bind) : 'key'} AS series, sum(counted) AS events
       FROM ${counts} GROUP BY bucket, series`,
    signal,
  });
}
