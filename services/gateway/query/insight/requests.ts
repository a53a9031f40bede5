import { badParameter } from '../errors.js';
import { type Filter, type Parameters, readFilter, readParameters, splitParameters } from '../filter.js';
import { flag, type Given, listed, one, timeUs, wholeNumber } from '../values.js';
import { type InsightField, insightField } from './fields.js';
import { type Interval, readInterval } from './interval.js';

/** What a request says beside its filters, read precisely: every mistake names its parameter. */

type Query = Readonly<Record<string, unknown>>;
interface Context {
  nowMs: number;
}

interface Split {
  filters: Parameters;
  filter: Filter;
  rest: (name: string) => Given | undefined;
}

export const limits = { fields: 12, top: 200, seriesTop: 20, values: 100, page: 1_000, prefix: 256 };

function split(query: Query, names: readonly string[], { nowMs }: Context): Split {
  const { filters, rest } = splitParameters(readParameters(query), names);
  return { filters, filter: readFilter(filters, { nowMs }), rest };
}

export interface FacetsRequest {
  /** All filters that were given. */
  filter: Filter;
  facets: { field: InsightField; filter: Filter }[];
  top: number;
  labels: boolean;
}

const fallbackFields = ['action', 'category', 'outcome', 'actor', 'target_type', 'service'];

export function readFacetsRequest(query: Query, context: Context): FacetsRequest {
  const { filters, filter, rest } = split(query, ['fields', 'top', 'labels', 'exclude_own'], context);
  const [fields, top, labels, excludeOwn] = ['fields', 'top', 'labels', 'exclude_own'].map(rest);
  const named = [...new Set((fields ? listed(fields) : fallbackFields).map((name) => insightField(name, 'fields')))];
  if (named.length > limits.fields)
    throw badParameter('fields', `names ${named.length} fields, at most ${limits.fields}`);
  const without = ({ names }: InsightField): Filter =>
    readFilter(new Map([...filters].filter(([name]) => !names.includes(name))), context);
  const apart = excludeOwn ? flag(excludeOwn) : false;
  return {
    filter,
    facets: named.map((field) => ({ field, filter: apart ? without(field) : filter })),
    top: top ? wholeNumber(top, { min: 1, max: limits.top }) : 10,
    labels: labels ? flag(labels) : false,
  };
}

export interface TimeseriesRequest {
  filter: Filter;
  interval: Interval | undefined;
  by: { field: InsightField; top: number } | undefined;
}

export function readTimeseriesRequest(query: Query, context: Context): TimeseriesRequest {
  const { filter, rest } = split(query, ['interval', 'by', 'top'], context);
  const [interval, by, top] = ['interval', 'by', 'top'].map(rest);
  if (top && !by) throw badParameter('top', 'needs by, the field whose values are told apart');
  const most = top ? wholeNumber(top, { min: 1, max: limits.seriesTop }) : 8;
  return {
    filter,
    interval: readInterval(interval),
    by: by && { field: insightField(one(by), by.name), top: most },
  };
}

export interface ValuesRequest {
  filter: Filter;
  field: InsightField;
  prefix: string;
  limit: number;
}

export function readValuesRequest(field: string, query: Query, context: Context): ValuesRequest {
  // An empty prefix is what a field is before anything is typed.
  const { prefix: given, ...others } = query;
  const { filter, rest } = split(given === '' ? others : query, ['prefix', 'limit'], context);
  const [prefix, limit] = ['prefix', 'limit'].map(rest);
  if (prefix && one(prefix).length > limits.prefix) {
    throw badParameter('prefix', `is longer than ${limits.prefix} characters`);
  }
  return {
    filter,
    field: insightField(field, 'field'),
    prefix: prefix ? one(prefix) : '',
    limit: limit ? wholeNumber(limit, { min: 1, max: limits.values }) : 20,
  };
}

export interface PageRequest {
  filter: Filter;
  /** What a cursor is bound to. */
  filters: Parameters;
  cursor: string | undefined;
  limit: number;
  /** Microseconds since 1970. */
  atUs: number | undefined;
}

export function readPageRequest(query: Query, context: Context, { at: takesTime }: { at: boolean }): PageRequest {
  const names = ['limit', 'cursor', ...(takesTime ? ['at'] : [])];
  const { filters, filter, rest } = split(query, names, context);
  const [limit, cursor, at] = ['limit', 'cursor', 'at'].map(rest);
  return {
    filter,
    filters,
    cursor: cursor && one(cursor),
    limit: limit ? wholeNumber(limit, { min: 1, max: limits.page }) : 100,
    atUs: at && takesTime ? (one(at) === 'now' ? context.nowMs * 1_000 : timeUs(at)) : undefined,
  };
}

export function readActorRequest(query: Query, context: Context): { filter: Filter; timezone: string } {
  const { filter, rest } = split(query, ['timezone'], context);
  const timezone = rest('timezone');
  return { filter, timezone: timezone ? zoneOf(timezone) : 'UTC' };
}

/** An IANA time zone by its own name; ClickHouse and this runtime know the same ones. */
function zoneOf(given: Given): string {
  const name = one(given);
  if (/^[A-Za-z]/.test(name)) {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    } catch {
      // Said below, in the words of everything else.
    }
  }
  throw badParameter(given.name, `${JSON.stringify(name)} is no time zone of the IANA database, as Europe/Berlin is`);
}

/** A value of the path, checked as a parameter is. */
export function pathValue(name: string, value: string): string {
  return readParameters({ [name]: value }).get(name)![0]!;
}

/** Adds what the path says to a query, which may not say it too. */
export function withPath(query: Query, name: string, value: string, aliases: readonly string[] = []): Query {
  const twice = [name, ...aliases].find((other) => query[other] !== undefined);
  if (twice !== undefined) throw badParameter(twice, 'is said by the path');
  return { ...query, [name]: value };
}
