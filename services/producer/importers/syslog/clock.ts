import type { ImportNote, RefusalReason } from '../importer.js';
import type { Stamp } from './line.js';
import { parseTimeZone, type TimeZone } from './time-zone.js';

/** When a line was written, or why that cannot be said. */
export type Reading = { us: number; note: ImportNote | undefined } | { fault: RefusalReason; detail: string };

export interface SyslogClock {
  /** Lines are given in the order of the file: the year and the hour that exists twice are told from the line before. */
  read(stamp: Stamp): Reading;
}

const dayMs = 86_400_000;
/** Lines out of order by less than this are late, not of next year. */
const disorderMs = 31 * dayMs;
/** Within the hour that exists twice, a time that falls back by less than this is a late line, not the second pass. */
const jitterMs = 2 * 60_000;
/** How far a log's clock may be ahead of ours. The judge refuses events that are more than ten minutes ahead. */
const aheadMs = 5 * 60_000;

/**
 * Syslog times carry no year and no zone. The first line's year is given or taken to be the newest that puts it in the past; after it,
 * a time that falls back by more than a month is the next year's.
 */
export function createSyslogClock({
  year: firstYear,
  timeZone,
  nowMs,
}: {
  year?: number | undefined;
  timeZone: string;
  nowMs: number;
}): SyslogClock {
  const zone = zoneOf(timeZone);
  let lastLocalMs: number | undefined;
  let lastUtcMs = Number.NEGATIVE_INFINITY;

  /** Without a line before, and no year given: the newest in which the date exists and lies in the past. */
  const newestYear = (stamp: Stamp): number => {
    const current = new Date(nowMs + dayMs).getUTCFullYear();
    for (let year = current; year > current - 9; year -= 1) {
      const ms = localMs(stamp, year);
      if (ms !== undefined && ms <= nowMs + dayMs) return year;
    }
    return current;
  };

  const yearOf = (stamp: Stamp): number => {
    if (stamp.year !== undefined) return stamp.year;
    if (lastLocalMs === undefined) return firstYear ?? newestYear(stamp);
    const year = new Date(lastLocalMs).getUTCFullYear();
    // 29 February of a year that has none still falls before 1 March.
    const ms = Date.UTC(year, stamp.month - 1, stamp.day, stamp.hour, stamp.minute, stamp.second);
    if (ms < lastLocalMs - disorderMs) return year + 1;
    if (ms > lastLocalMs + 365 * dayMs - disorderMs) return year - 1;
    return year;
  };

  const instantOf = (local: number, stamp: Stamp): { utcMs: number; note: ImportNote | undefined } => {
    if (stamp.offset !== undefined) return { utcMs: local - offsetMs(stamp.offset), note: undefined };
    const instants = zone(local);
    const found = instants.find(({ utcMs }) => utcMs >= lastUtcMs - jitterMs) ?? instants.at(-1)!;
    return { utcMs: found.utcMs, note: noteOf[found.note] };
  };

  return {
    read(stamp) {
      const year = yearOf(stamp);
      const local = localMs(stamp, year);
      if (local === undefined) return { fault: 'no such date', detail: `${stamp.text} does not exist in ${year}` };
      const { utcMs, note } = instantOf(local, stamp);
      if (utcMs > nowMs + aheadMs) {
        return {
          fault: 'in the future',
          detail: `${stamp.text} read as ${new Date(utcMs).toISOString()} lies in the future`,
        };
      }
      if (utcMs < 0)
        return {
          fault: 'before 1970',
          detail: `${stamp.text} read as ${new Date(utcMs).toISOString()} lies before 1970`,
        };
      lastLocalMs = local;
      lastUtcMs = utcMs;
      return { us: utcMs * 1_000 + stamp.us, note };
    },
  };
}

const noteOf = { '': undefined, gap: 'time_in_gap', twice: 'time_twice' } as const;

function zoneOf(name: string): TimeZone {
  const zone = parseTimeZone(name);
  if (!zone) throw new RangeError(`${JSON.stringify(name)} is neither an IANA time zone nor an offset such as +02:00`);
  return zone;
}

/** The local time as if it were UTC; undefined for a day that the month does not have. */
function localMs(stamp: Stamp, year: number): number | undefined {
  const ms = Date.UTC(year, stamp.month - 1, stamp.day, stamp.hour, stamp.minute, stamp.second);
  return stamp.day >= 1 && new Date(ms).getUTCDate() === stamp.day ? ms : undefined;
}

function offsetMs(text: string): number {
  if (text === 'Z') return 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(text)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
