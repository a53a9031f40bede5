import type { Bind } from '../../core/sql/bind.js';
import type { WireEvent } from '../../core/wire/event.js';
import { badParameter } from './errors.js';
import { type FilterField, filterFields } from './filter-fields.js';
import { type Given, one } from './values.js';

/** A parsed filter. `parts` are joined by AND. */
export interface Filter {
  parts: readonly { field: FilterField<unknown>; value: unknown }[];
  /** Asked for by `organization_id`: which of the caller's tenants; undefined for all of them. */
  organizations: readonly string[] | undefined;
}

/** Parameters by name, every value given. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

const presetHours: Readonly<Record<string, number>> = { '24h': 24, '7d': 168, '30d': 720 };
const hourUs = 3_600_000_000;
/** Across all parameters of a request: each becomes a value of the query. */
const maxValues = 100;
const maxValueLength = 1_024;
/** The query language has a limit of its own, and says where it was passed. A cursor names every partition of the topic. */
const maxLengths: Readonly<Record<string, number>> = { q: 16_384, since: 8_192 };

/**
 * The parameters of a query string or of a subscription's filter object. Throws a Problem for what is no text, number or
 * boolean, or a list of them.
 */
export function readParameters(input: Readonly<Record<string, unknown>>): Parameters {
  const parameters = new Map<string, string[]>();
  let count = 0;
  for (const [name, given] of Object.entries(input)) {
    const values = (Array.isArray(given) ? given : [given]).map((value: unknown) => text(name, value));
    if (values.length === 0) throw badParameter(name, 'is an empty list; leave it out');
    count += values.length;
    if (count > maxValues) throw badParameter(name, `is one too many: at most ${maxValues} values in one request`);
    parameters.set(name, values);
  }
  return parameters;
}

function text(name: string, value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') throw badParameter(name, 'is no text, number or boolean');
  if (value === '') throw badParameter(name, 'is empty; leave it out');
  const most = maxLengths[name] ?? maxValueLength;
  if (value.length > most) throw badParameter(name, `is longer than ${most} characters`);
  if (!value.isWellFormed() || value.includes('\0')) throw badParameter(name, 'holds a character that no event can');
  return value;
}

/** Splits off what is no filter: parameters named in `others`, which the route reads itself. */
export function splitParameters(
  parameters: Parameters,
  others: readonly string[],
): { filters: Parameters; rest: (name: string) => Given | undefined } {
  return {
    filters: new Map([...parameters].filter(([name]) => !others.includes(name))),
    rest(name) {
      const values = parameters.get(name);
      return values && { name, values };
    },
  };
}

/** Throws a Problem for an unknown name, a bad value, two names of one filter, or times that exclude each other. */
export function readFilter(parameters: Parameters, { nowMs }: { nowMs: number }): Filter {
  const left = new Map(parameters);
  const take = (names: readonly string[]): Given | undefined => {
    const [first, second] = names.filter((name) => left.has(name));
    if (first === undefined) return undefined;
    if (second !== undefined) throw badParameter(second, `is another name of ${first}; give one of them`);
    const values = left.get(first)!;
    left.delete(first);
    return { name: first, values };
  };
  const parts: { field: FilterField<unknown>; value: unknown; name: string }[] = [];
  for (const field of filterFields) {
    const given = take(field.names);
    if (given) parts.push({ field, value: field.read(given, { nowMs }), name: given.name });
  }
  const preset = take(['preset']);
  const organizations = take(['organization_id'])?.values;
  const [unknown] = left.keys();
  if (unknown !== undefined) throw badParameter(unknown, `is no parameter here; known are ${knownNames.join(', ')}`);

  const [from, to] = ['from', 'to'].map((name) => parts.find(({ field }) => field.names[0] === name));
  if (preset) {
    const other = from ?? to;
    if (other) throw badParameter('preset', `cannot stand beside ${other.name}`);
    const field = filterFields.find(({ names }) => names[0] === 'from')!;
    parts.push({ field, value: nowMs * 1_000 - presetUs(preset), name: 'preset' });
  }
  if (from && to && (from.value as number) > (to.value as number)) {
    throw badParameter(from.name, `lies after ${to.name}`);
  }
  return { parts, organizations };
}

const knownNames = [...filterFields.flatMap(({ names }) => names), 'preset', 'organization_id'];

function presetUs(given: Given): number {
  const hours = presetHours[one(given)];
  if (hours === undefined) throw badParameter(given.name, `is none of ${Object.keys(presetHours).join(', ')}`);
  return hours * hourUs;
}

/** The filter as conditions to be joined by AND. */
export const filterSql = (filter: Filter, bind: Bind): string[] =>
  filter.parts.map(({ field, value }) => field.sql(value, bind));

/** The same said of an event in memory. */
export const matches = (filter: Filter, event: WireEvent): boolean =>
  filter.parts.every(({ field, value }) => field.test(value, event));

/** The stretch of time that the filter names by `from`, `to` or `preset`, in microseconds; the end is not in it. */
export function stretchOf({ parts }: Filter): { fromUs?: number; toUs?: number } {
  const us = (name: string): number | undefined =>
    parts.find(({ field }) => field.names[0] === name)?.value as number | undefined;
  const [fromUs, toUs] = [us('from'), us('to')];
  return { ...(fromUs === undefined ? {} : { fromUs }), ...(toUs === undefined ? {} : { toUs }) };
}
