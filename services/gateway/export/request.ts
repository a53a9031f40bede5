import { badParameter } from '../query/errors.js';
import type { RawQuery } from '../query/event-queries.js';
import { type Filter, readFilter, readParameters, splitParameters } from '../query/filter.js';
import type { Direction } from '../query/page-cursor.js';
import { flag, type Given, symbols, wholeNumber } from '../query/values.js';
import { type ExportField, readFields } from './fields.js';
import { type ExportFormat, exportFormats } from './formats.js';

/** What an export was asked for. */
export interface ExportRequest {
  filter: Filter;
  format: ExportFormat;
  fields: readonly ExportField[];
  /** Of a CSV file, that spreadsheets take its letters for UTF-8. */
  byteOrder: boolean;
  direction: Direction;
  /** The first so many events only; undefined for all of them. */
  limit: number | undefined;
}

const names = ['format', 'fields', 'bom', 'order', 'sort', 'limit'] as const;
const directions: Readonly<Record<string, Direction>> = {
  newest: 'newest',
  oldest: 'oldest',
  desc: 'newest',
  asc: 'oldest',
};

export function readExportRequest(
  query: RawQuery,
  { nowMs, mostEvents }: { nowMs: number; mostEvents: number },
): ExportRequest {
  const { filters, rest } = splitParameters(readParameters(query), names);
  const [formatGiven, fields, bom, order, sort, limit] = names.map(rest);
  if (order && sort) throw badParameter('sort', 'cannot stand beside order');
  const format = formatGiven ? oneOf(formatGiven, exportFormats) : 'json';
  if (bom && format !== 'csv') throw badParameter('bom', 'is for format=csv only');
  const ordering = order ?? sort;
  return {
    filter: readFilter(filters, { nowMs }),
    format,
    fields: readFields(fields),
    byteOrder: bom ? flag(bom) : false,
    direction: ordering ? directions[oneOf(ordering, Object.keys(directions))]! : 'newest',
    limit: limit && wholeNumber(limit, { min: 1, max: mostEvents }),
  };
}

function oneOf<T extends string>(given: Given, allowed: readonly T[]): T {
  const [value, second] = symbols(given, allowed);
  if (second !== undefined) throw badParameter(given.name, 'is given more than once');
  return value!;
}
