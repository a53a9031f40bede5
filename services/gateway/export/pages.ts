import type { EventRow } from '../../core/rows/index.js';
import type { Bind } from '../../core/sql/bind.js';
import type { Filter } from '../query/filter.js';
import { readNewest } from '../query/newest.js';
import type { Direction, PageEnd } from '../query/page-cursor.js';
import type { EventsTable, TenantScope } from '../query/scope.js';
import type { ExportLimits } from './limits.js';

const leastRows = 16;
const firstRows = 256;

/**
 * Everything that a filter lets through, page by page. Each page is a query of its own, which begins where the last one ended: between
 * pages nothing is held in ClickHouse, however slowly the client takes what it gets.
 */
export async function* readPages(query: {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  /** Conditions beside the filter's. */
  within: (bind: Bind) => readonly string[];
  direction: Direction;
  most: number;
  nowMs: number;
  limits: Pick<ExportLimits, 'pageRows' | 'pageCharacters'>;
  signal: AbortSignal;
}): AsyncGenerator<EventRow[], void, undefined> {
  const { limits, most } = query;
  let after: PageEnd | undefined;
  let rowsAtOnce = Math.min(firstRows, limits.pageRows);
  let looksUs: number[] | undefined;
  for (let left = most; left > 0; ) {
    const limit = Math.min(rowsAtOnce, left);
    const { rows, end } = await readNewest({ ...query, after, limit, ...(looksUs ? { looksUs } : {}) });
    yield rows;
    if (!end) return;
    after = end;
    left -= rows.length;
    rowsAtOnce = nextRows(rows, limits);
    looksUs = nextLooks(rows, rowsAtOnce);
  }
}

/** As far as the next page will reach, going by how far this one did; then further, where there are fewer events. */
function nextLooks(rows: readonly EventRow[], wanted: number): number[] {
  const reachUs = Math.abs(rows[0]!.occurred_at - rows.at(-1)!.occurred_at);
  const nextUs = Math.ceil((reachUs * wanted) / rows.length) + 1_000;
  return [nextUs * 2, nextUs * 16];
}

/** As many rows as will fit, going by those that came. */
function nextRows(
  rows: readonly EventRow[],
  { pageRows, pageCharacters }: Parameters<typeof readPages>[0]['limits'],
): number {
  const characters = rows.reduce((sum, row) => sum + sizeOf(row), 0);
  const fitting = Math.floor((pageCharacters * rows.length) / characters);
  return Math.min(pageRows, Math.max(leastRows, Math.min(fitting, rows.length * 4)));
}

/** What is large in a row where anything is. */
const sizeOf = ({ details, before, after, message, user_agent }: EventRow): number =>
  512 + details.length + before.length + after.length + message.length + user_agent.length;
