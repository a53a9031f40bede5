import type { OffHours } from '../rules/extensions.js';

interface LocalTime {
  /** `2025-12-25`. */
  date: string;
  /** Monday is 1. */
  day: number;
  minute: number;
}

const dayNumbers: Readonly<Record<string, number>> = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 };

function createLocalTime(timeZone: string): (timeUs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (timeUs) => {
    const parts = Object.fromEntries(
      format.formatToParts(Math.floor(timeUs / 1_000)).map(({ type, value }) => [type, value]),
    );
    return {
      date: `${parts.year!.padStart(4, '0')}-${parts.month}-${parts.day}`,
      day: dayNumbers[parts.weekday!]!,
      minute: Number(parts.hour) * 60 + Number(parts.minute),
    };
  };
}

const dayBefore = (date: string): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/**
 * Whether a time lies outside of working hours. Where they run over midnight, the hours after it belong to the day on which they
 * began: on its being a working day, and no holiday, it depends whether anybody works.
 */
export function createOffHours({
  timeZone,
  days,
  fromMinute,
  toMinute,
  holidays,
}: OffHours): (timeUs: number) => boolean {
  const localTime = createLocalTime(timeZone);
  const works = (date: string, day: number): boolean => days.includes(day) && !holidays.includes(date);
  return (timeUs) => {
    const { date, day, minute } = localTime(timeUs);
    if (fromMinute < toMinute) return !(works(date, day) && minute >= fromMinute && minute < toMinute);
    if (minute >= fromMinute) return !works(date, day);
    return !(minute < toMinute && works(dayBefore(date), day === 1 ? 7 : day - 1));
  };
}
