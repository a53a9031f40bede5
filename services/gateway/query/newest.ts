import { decodeEventRows, type EventRow, eventColumns } from '../../core/rows/index.js';
import { type Bind, timeSql } from '../../core/sql/bind.js';
import { limits } from '../../core/wire/limits.js';
import { isTooLarge } from './clickhouse-errors.js';
import { type Filter, filterSql, stretchOf } from './filter.js';
import type { Direction, PageEnd } from './page-cursor.js';
import type { EventsTable, TenantScope } from './scope.js';

export interface NewestPage {
  rows: EventRow[];
  /** Where the next page begins; undefined at the end. */
  end: PageEnd | undefined;
}

const place = ['occurred_at', 'partition', 'offset', 'idx', 'incarnation'] as const;
const orderBy = (direction: Direction): string =>
  `ORDER BY ${place.map((column) => `${column} ${direction === 'newest' ? 'DESC' : 'ASC'}`).join(', ')}`;

const dayUs = 86_400_000_000;

/**
 * How far back is looked first, in microseconds; where that holds a page, no more is looked at. Of one organization that spares the
 * parts of earlier months. Of several, whose events do not lie together, all that matches would be sorted.
 */
const looksBackUs = { one: [7 * dayUs], several: [dayUs / 4, 7 * dayUs] };

/** Events after the page end, or after so many events. A page of large events holds fewer than `limit`. */
export async function readNewest(query: {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  /** Conditions beside the filter's. */
  within?: (bind: Bind) => readonly string[];
  /** Newest first where absent. */
  direction?: Direction;
  after: PageEnd | undefined;
  /** Events to leave out before the page. */
  skip?: number;
  limit: number;
  /** How far is looked first, in microseconds, by whoever knows how many events there are in a stretch of time. */
  looksUs?: readonly number[];
  nowMs: number;
  signal?: AbortSignal | undefined;
}): Promise<NewestPage> {
  for (const bound of looksOf(query)) {
    const page = await readPage(query, bound);
    if (page.end) return page;
  }
  return readPage(query, undefined);
}

/** How far is looked each time, in microseconds since 1970, before all is looked at. */
function looksOf({
  scope,
  filter,
  after,
  direction = 'newest',
  looksUs,
  nowMs,
}: Parameters<typeof readNewest>[0]): number[] {
  const isOne = scope.kind === 'organizations' && scope.organizations.length === 1 && scope.organizations !== '*';
  const looks = looksUs ?? looksBackUs[isOne ? 'one' : 'several'];
  const { fromUs, toUs } = stretchOf(filter);
  if (direction === 'newest') {
    const start = after?.occurred_at ?? Math.min(toUs ?? nowMs * 1_000, nowMs * 1_000);
    return looks.map((look) => start - look).filter((bound) => bound > (fromUs ?? 0));
  }
  const start = after?.occurred_at ?? fromUs;
  if (start === undefined) return [];
  return looks.map((look) => start + look).filter((bound) => bound < (toUs ?? limits.occurredAtUs));
}

async function readPage(
  {
    table,
    scope,
    filter,
    within,
    direction = 'newest',
    after,
    skip = 0,
    limit,
    signal,
  }: Parameters<typeof readNewest>[0],
  /** No event beyond this time is looked at. */
  boundUs: number | undefined,
): Promise<NewestPage> {
  for (let fetched = limit; ; fetched = Math.ceil(fetched / 4)) {
    try {
      const bytes = await table.select({
        name: 'list',
        scope,
        columns: eventColumns,
        where: (bind) => [
          ...filterSql(filter, bind),
          ...(within?.(bind) ?? []),
          ...(after ? beyond(after, direction, bind) : []),
          ...(boundUs === undefined
            ? []
            : [`occurred_at ${direction === 'newest' ? '>=' : '<='} ${timeSql(boundUs, bind)}`]),
        ],
        rest: `${orderBy(direction)} LIMIT ${fetched + 1} OFFSET ${skip}`,
        // What a look did not find lies scattered: whole blocks are read then and the newest picked out of what matches, instead of
        // granule after granule in order.
        ...(boundUs === undefined && filter.parts.length > 0 ? { settings: { optimize_read_in_order: 0 } } : {}),
        signal,
      });
      const rows = decodeEventRows(bytes);
      return rows.length > fetched
        ? { rows: rows.slice(0, fetched), end: rows[fetched - 1] }
        : { rows, end: undefined };
    } catch (error) {
      if (!isTooLarge(error) || fetched === 1) throw error;
    }
  }
}

/** The first condition says less than the second and is what the primary key can use. */
function beyond(
  { occurred_at, partition, offset, idx, incarnation }: PageEnd,
  direction: Direction,
  bind: Bind,
): string[] {
  const time = timeSql(occurred_at, bind);
  const end = [
    time,
    bind('UInt32', partition),
    bind('UInt64', offset),
    bind('UInt16', idx),
    `toFixedString(unhex(${bind('String', incarnation.toString('hex'))}), 16)`,
  ];
  const sign = direction === 'newest' ? '<' : '>';
  return [`occurred_at ${sign}= ${time}`, `(${place.join(', ')}) ${sign} tuple(${end.join(', ')})`];
}
