import { badParameter } from './errors.js';
import { type Filter, type Parameters, readFilter, readParameters, splitParameters } from './filter.js';
import type { Direction } from './page-cursor.js';
import { type Given, one, wholeNumber } from './values.js';

/** What GET /api/audit was asked. */
export type ListRequest = { filter: Filter; filters: Parameters; limit: number } & (
  | { order: Direction; cursor: string | undefined }
  /** By number, for those who want pages: `skip` events come before the page. `page` and `total` are answered where it was given. */
  | { order: Direction; cursor: undefined; skip: number; page: number | undefined }
  /** Ingest order, for collectors: everything after `since`, each event once. */
  | { order: 'ingest'; since: string }
);

const limits = { fallback: 100, most: 1_000, mostPerPage: 200, mostSkipped: 10_000 };
const pagingNames = ['limit', 'per_page', 'cursor', 'page', 'offset', 'order', 'sort', 'since'];

export function readListRequest(query: Readonly<Record<string, unknown>>, { nowMs }: { nowMs: number }): ListRequest {
  const { filters, rest } = splitParameters(readParameters(query), pagingNames);
  const [limitGiven, perPage, cursorGiven, pageGiven, offset, orderGiven, sort, since] = pagingNames.map(rest);
  exclude([limitGiven, perPage]);
  exclude([orderGiven, sort]);
  exclude([cursorGiven, pageGiven, offset]);
  const filter = readFilter(filters, { nowMs });
  const limit = perPage
    ? wholeNumber(perPage, { min: 1, max: limits.mostPerPage })
    : limitGiven
      ? wholeNumber(limitGiven, { min: 1, max: pageGiven ? limits.mostPerPage : limits.most })
      : limits.fallback;
  const order = readOrder(orderGiven ?? sort);
  const shared = { filter, filters, limit };
  if (order === 'ingest') {
    const paging = cursorGiven ?? pageGiven ?? offset;
    if (paging) throw badParameter(paging.name, 'does not go with order=ingest, which continues by since');
    return { ...shared, order, since: since ? one(since) : 'beginning' };
  }
  if (since) throw badParameter('since', 'needs order=ingest');
  const given = pageGiven ?? offset;
  if (!given) return { ...shared, order, cursor: cursorGiven && one(cursorGiven) };
  const page = pageGiven && wholeNumber(pageGiven, { min: 1, max: limits.mostSkipped });
  const skip = page === undefined ? wholeNumber(given, { min: 0, max: limits.mostSkipped }) : (page - 1) * limit;
  if (skip > limits.mostSkipped) {
    throw badParameter(
      given.name,
      `leaves out more than ${limits.mostSkipped} events; narrow the filter, or page by cursor`,
    );
  }
  return { ...shared, order, cursor: undefined, skip, page };
}

/** At most one of them. */
function exclude(given: readonly (Given | undefined)[]): void {
  const [first, second] = given.filter((one) => one !== undefined);
  if (second) throw badParameter(second.name, `cannot stand beside ${first!.name}`);
}

function readOrder(given: Given | undefined): Direction | 'ingest' {
  const order = given ? one(given) : 'newest';
  const known = given?.name === 'sort' ? sorts : orders;
  const found = known[order];
  if (!found) throw badParameter(given!.name, `${JSON.stringify(order)} is none of ${Object.keys(known).join(', ')}`);
  return found;
}

const sorts: Readonly<Record<string, Direction>> = {
  newest: 'newest',
  oldest: 'oldest',
  desc: 'newest',
  asc: 'oldest',
};
const orders: Readonly<Record<string, Direction | 'ingest'>> = { ...sorts, ingest: 'ingest' };
