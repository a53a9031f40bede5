import { badParameter } from './errors.js';
import { type Filter, type Parameters, readFilter, readParameters, splitParameters } from './filter.js';
import { one, wholeNumber } from './values.js';

/** What GET /api/audit was asked. */
export type ListRequest = { filter: Filter; filters: Parameters; limit: number } & (
  | { order: 'newest'; cursor: string | undefined }
  /** Ingest order, for collectors: everything after `since`, each event once. */
  | { order: 'ingest'; since: string }
);

const limits = { fallback: 100, most: 1_000 };
const pagingNames = ['limit', 'cursor', 'order', 'since'];

export function readListRequest(query: Readonly<Record<string, unknown>>, { nowMs }: { nowMs: number }): ListRequest {
  const { filters, rest } = splitParameters(readParameters(query), pagingNames);
  const [limitGiven, cursorGiven, orderGiven, sinceGiven] = pagingNames.map(rest);
  const filter = readFilter(filters, { nowMs });
  const limit = limitGiven ? wholeNumber(limitGiven, { min: 1, max: limits.most }) : limits.fallback;
  const order = orderGiven ? one(orderGiven) : 'newest';
  if (order === 'newest') {
    if (sinceGiven) throw badParameter('since', 'needs order=ingest');
    return { filter, filters, limit, order, cursor: cursorGiven && one(cursorGiven) };
  }
  if (order !== 'ingest') throw badParameter('order', `${JSON.stringify(order)} is neither newest nor ingest`);
  if (cursorGiven) throw badParameter('cursor', 'pages newest first; order=ingest continues by since');
  return { filter, filters, limit, order, since: sinceGiven ? one(sinceGiven) : 'beginning' };
}
