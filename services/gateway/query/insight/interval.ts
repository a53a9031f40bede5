import { badParameter } from '../errors.js';
import { type Given, one } from '../values.js';

/** A width of buckets. Buckets begin at multiples of it since 1970 in UTC; those of whole weeks on Mondays. */
export interface Interval {
  /** As it is written: 15m. */
  name: string;
  seconds: number;
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const steps = ['1s', '5s', '15s', '1m', '5m', '15m', '1h', '3h', '6h', '12h', '1d', '1w', '4w', '52w'];

export const mostBuckets = 2_000;
/** So many at most where the width is chosen for the caller. */
const wantedBuckets = 100;

function intervalOf(name: string): Interval | undefined {
  const [, digits, unit] = /^([1-9]\d{0,2})([smhdw])$/.exec(name) ?? [];
  return digits === undefined ? undefined : { name, seconds: Number(digits) * units[unit!]! };
}

/** The interval that a parameter names; undefined for `auto`. Throws a Problem. */
export function readInterval(given: Given | undefined): Interval | undefined {
  const name = given ? one(given) : 'auto';
  const interval = intervalOf(name);
  if (!interval && name !== 'auto') {
    throw badParameter(given!.name, `${JSON.stringify(name)} is neither auto nor a number with s, m, h, d or w: 15m`);
  }
  return interval;
}

/** Where buckets are: `first` and so on, as indices; a bucket begins at origin + index × width. */
export interface Buckets {
  interval: Interval;
  /** Microseconds. */
  widthUs: number;
  originUs: number;
  first: number;
  count: number;
}

/** A Monday before 1970, so that no index is negative. */
const mondayUs = -3 * 86_400_000_000;

function place(interval: Interval, { fromUs, toUs }: { fromUs: number; toUs: number }): Buckets {
  const widthUs = interval.seconds * 1_000_000;
  const originUs = interval.seconds % units.w! === 0 ? mondayUs : 0;
  const first = Math.floor((fromUs - originUs) / widthUs);
  const count = toUs > fromUs ? Math.floor((toUs - 1 - originUs) / widthUs) - first + 1 : 0;
  return { interval, widthUs, originUs, first, count };
}

/** The buckets over a time, its end excluded. Throws a Problem for an interval that makes too many. */
export function bucketsOver(range: { fromUs: number; toUs: number }, asked: Interval | undefined): Buckets {
  if (asked) {
    const buckets = place(asked, range);
    if (buckets.count <= mostBuckets) return buckets;
    const { interval } = bucketsOver(range, undefined);
    throw badParameter(
      'interval',
      `${asked.name} makes ${buckets.count} buckets of that time, at most ${mostBuckets}; ${interval.name} would do`,
    );
  }
  const placed = steps.map((name) => place(intervalOf(name)!, range));
  return placed.find(({ count }) => count <= wantedBuckets) ?? placed.at(-1)!;
}

/** Microseconds since 1970. */
export const startOf = ({ originUs, widthUs }: Buckets, index: number): number => originUs + index * widthUs;
