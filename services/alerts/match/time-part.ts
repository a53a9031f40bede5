import { parseTimestampUs } from '../../core/event/time.js';
import type { TimePart, TimeTest } from '../rules/expression.js';
import type { Read } from './view.js';

const dayMs = 86_400_000;

/** The wall clock of a time zone as if it were UTC, in milliseconds since 1970. */
export function wallClock(timeZone: string): (ms: number) => number {
  if (timeZone === 'UTC') return (ms) => ms;
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
  };
}

/** The week of ISO 8601: the one with its year's first Thursday is the first. */
function isoWeek(wallMs: number): number {
  const day = Math.floor(wallMs / dayMs);
  const thursday = day - ((day + 3) % 7) + 3;
  const year = new Date(thursday * dayMs).getUTCFullYear();
  return Math.floor((thursday - Date.UTC(year, 0, 1) / dayMs) / 7) + 1;
}

const parts: Readonly<Record<TimePart, (wallMs: number) => number>> = {
  minute: (ms) => new Date(ms).getUTCMinutes(),
  hour: (ms) => new Date(ms).getUTCHours(),
  day: (ms) => new Date(ms).getUTCDate(),
  week: isoWeek,
  month: (ms) => new Date(ms).getUTCMonth() + 1,
  year: (ms) => new Date(ms).getUTCFullYear(),
};

/** Some value is an RFC 3339 time of which this holds. */
export function compileTime({ part, comparison, number, timeZone }: TimeTest): (read: Read) => boolean {
  const wall = wallClock(timeZone);
  const of = parts[part];
  const holds = compare(comparison);
  return ({ values }) =>
    values.some((value) => {
      const us = typeof value === 'string' ? parseTimestampUs(value) : undefined;
      return us !== undefined && holds(of(wall(Math.floor(us / 1_000))), number);
    });
}

export function compare(comparison: TimeTest['comparison']): (found: number, number: number) => boolean {
  switch (comparison) {
    case 'lt':
      return (found, number) => found < number;
    case 'lte':
      return (found, number) => found <= number;
    case 'gt':
      return (found, number) => found > number;
    case 'gte':
      return (found, number) => found >= number;
    case 'eq':
      return (found, number) => found === number;
  }
}
