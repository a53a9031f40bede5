import { parseTimestampUs } from '../../core/event/time.js';
import { limits } from '../../core/wire/limits.js';
import { badParameter } from './errors.js';

/** A parameter as it was sent: under which of its names, and every value given. */
export interface Given {
  name: string;
  values: readonly string[];
}

export const one = ({ name, values }: Given): string => {
  if (values.length !== 1) throw badParameter(name, 'is given more than once');
  return values[0]!;
};

/** Values of a list that may also be written with commas; for parameters whose values hold none. */
export const listed = ({ name, values }: Given): string[] => {
  const items = values.flatMap((value) => value.split(',').map((item) => item.trim()));
  if (items.includes('')) throw badParameter(name, 'holds an empty item');
  return items;
};

const among = <T extends string>(name: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((symbol) => symbol === value);
  if (found === undefined) throw badParameter(name, `${JSON.stringify(value)} is none of ${allowed.join(', ')}`);
  return found;
};

export const symbol = <T extends string>(given: Given, allowed: readonly T[]): T =>
  among(given.name, one(given), allowed);

export const symbols = <T extends string>(given: Given, allowed: readonly T[]): T[] =>
  listed(given).map((item) => among(given.name, item, allowed));

export function flag(given: Given): boolean {
  const value = one(given);
  if (value !== 'true' && value !== 'false') throw badParameter(given.name, 'is neither true nor false');
  return value === 'true';
}

export function wholeNumber(given: Given, { min, max }: { min: number; max: number }): number {
  const value = one(given);
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) {
    throw badParameter(given.name, `${JSON.stringify(value)} is not a whole number from ${min} to ${max}`);
  }
  return number;
}

/** Microseconds since 1970 of an RFC 3339 time, of a day's first moment (UTC), or of milliseconds since 1970; undefined of anything else. */
export function parseTimeUs(value: string): number | undefined {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00Z` : value;
  // A plus sign that nobody wrote as %2B arrives as a space.
  const text = whole.replace(/ (\d{2}:\d{2})$/, '+$1');
  const us = /^\d{1,15}$/.test(value) ? Number(value) * 1_000 : parseTimestampUs(text);
  return us === undefined || us < 0 || us > limits.occurredAtUs ? undefined : us;
}

export function timeUs(given: Given): number {
  const us = parseTimeUs(one(given));
  if (us === undefined) {
    throw badParameter(
      given.name,
      `${JSON.stringify(one(given))} is no RFC 3339 time (2025-01-31T08:00:00Z), no day (2025-01-31) and not milliseconds since 1970`,
    );
  }
  return us;
}
