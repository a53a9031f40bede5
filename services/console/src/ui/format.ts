/** Numbers, times and sizes as the reader's language writes them. Undefined `locale` is the browser's. */

/** Making a formatter takes longer than using it a thousand times. */
function keeping<O, F>(make: (locale: string | undefined, options: O) => F): (options: O, locale?: string) => F {
  const kept = new Map<string, F>();
  return (options, locale) => {
    const name = JSON.stringify([locale, options]);
    const format = kept.get(name) ?? make(locale, options);
    kept.set(name, format);
    return format;
  };
}
const numberFormat = keeping((locale, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options));
const dateFormat = keeping((locale, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options));

export const formatNumber = (value: number, locale?: string): string => numberFormat({}, locale).format(value);

/** 12.3K: where room is short. */
export const formatCompact = (value: number, locale?: string): string =>
  value < 10_000
    ? formatNumber(value, locale)
    : numberFormat({ notation: 'compact', maximumFractionDigits: 1 }, locale).format(value);

/** Of 1, as a whole percentage; `<1 %` rather than nought for what is there. */
export function formatShare(share: number, locale?: string): string {
  const format = numberFormat({ style: 'percent', maximumFractionDigits: 0 }, locale);
  return share > 0 && share < 0.01 ? `<${format.format(0.01)}` : format.format(share);
}

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
export function formatBytes(bytes: number, locale?: string): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), byteUnits.length - 1);
  const options = {
    style: 'unit',
    unit: byteUnits[step]!,
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  } as const;
  return numberFormat(options, locale).format(bytes / 1_000 ** step);
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** 420 ms, 2.4 s, 3 min 5 s, 2 h 10 min, 4 d 3 h. */
export function formatDuration(ms: number, locale?: string): string {
  const unit = (value: number, name: string, digits = 0): string =>
    numberFormat({ style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }, locale).format(
      value,
    );
  const two = (big: number, bigName: string, small: number, smallName: string): string =>
    small === 0 ? unit(big, bigName) : `${unit(big, bigName)} ${unit(small, smallName)}`;
  if (ms < second) return unit(Math.round(ms), 'millisecond');
  if (ms < minute) return unit(ms / second, 'second', 1);
  if (ms < hour) return two(Math.floor(ms / minute), 'minute', Math.floor((ms % minute) / second), 'second');
  if (ms < day) return two(Math.floor(ms / hour), 'hour', Math.floor((ms % hour) / minute), 'minute');
  return two(Math.floor(ms / day), 'day', Math.floor((ms % day) / hour), 'hour');
}

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', day],
  ['hour', hour],
  ['minute', minute],
  ['second', second],
];

const relativeFormat = keeping(
  (locale, options: Intl.RelativeTimeFormatOptions) => new Intl.RelativeTimeFormat(locale, options),
);

/** `3 min. ago`; within a few seconds `now`. */
export function formatRelative(atMs: number, nowMs: number, locale?: string): string {
  const format = relativeFormat({ numeric: 'auto', style: 'short' }, locale);
  const past = nowMs - atMs;
  const [unit, size] = steps.find(([, length]) => Math.abs(past) >= length) ?? ['second', second];
  const count = Math.trunc(past / size);
  return unit === 'second' && Math.abs(count) < 5 ? format.format(0, 'second') : format.format(-count, unit);
}

/** To the microsecond, as the event says it. */
export const formatUtc = (iso: string): string =>
  `${iso.slice(0, 10)} ${iso
    .slice(11)
    .replace(/Z$/, '')
    .replace(/(\.\d{3})0{3}$/, '$1')
    .replace(/\.0{3}$/, '')} UTC`;

export function formatLocal(
  iso: string,
  { locale, seconds = true }: { locale?: string; seconds?: boolean } = {},
): string {
  return dateFormat({ dateStyle: 'medium', timeStyle: seconds ? 'medium' : 'short' }, locale).format(new Date(iso));
}

/** The shortest that still tells the day: the time of today, to the second as what follows each other is mostly of one minute, else day and time. */
export function formatMoment(ms: number, nowMs: number, locale?: string): string {
  const at = new Date(ms);
  const now = new Date(nowMs);
  const sameDay = at.toDateString() === now.toDateString();
  const sameYear = at.getFullYear() === now.getFullYear();
  return dateFormat(
    {
      ...(sameDay ? {} : { day: 'numeric', month: 'short' }),
      ...(sameYear ? {} : { year: 'numeric' }),
      hour: '2-digit',
      minute: '2-digit',
      ...(sameDay ? { second: '2-digit' as const } : {}),
    },
    locale,
  ).format(at);
}

/** 21 Nov; with `year`, 2026. */
export const formatDay = (ms: number, year = false, locale?: string): string =>
  dateFormat(year ? { year: 'numeric' } : { day: 'numeric', month: 'short' }, locale).format(new Date(ms));

export const formatTime = (ms: number, seconds = false, locale?: string): string =>
  dateFormat({ timeStyle: seconds ? 'medium' : 'short' }, locale).format(new Date(ms));

/** What begins in the middle of one, as a sentence. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Those that stand more than once: a name of two must be told apart by something else. */
export const repeated = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.filter((name, at) => names.indexOf(name) !== at));

/** `1 event`, `2,000 events`. */
export const counted = (count: number, one: string, many = `${one}s`, locale?: string): string =>
  `${formatNumber(count, locale)} ${count === 1 ? one : many}`;
