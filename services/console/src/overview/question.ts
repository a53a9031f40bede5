import type { Facets, Timeseries } from '../api/types.js';
import { spans, usualSpan } from '../explore/question.js';
import { writeQuery } from '../router/query.js';

/** Those of Explore that a picture of them makes sense for. */
export const ranges = spans.filter(({ ms }) => ms !== undefined) as readonly {
  name: string;
  label: string;
  ms: number;
}[];

export const rangeOf = (text: string) =>
  ranges.find(({ name }) => name === text) ?? ranges.find(({ name }) => name === usualSpan)!;

/** Explore, asked for the same events. */
export const exploreHref = (
  range: string,
  filters: Readonly<Record<string, string | readonly string[]>> = {},
): string =>
  `/${writeQuery({
    ...(range === usualSpan ? {} : { range: [range] }),
    ...Object.fromEntries(Object.entries(filters).map(([name, value]) => [name, [value].flat()])),
  })}`;

/** Between two moments that were dragged over. */
export const betweenHref = (
  from: string,
  to: string,
  filters: Readonly<Record<string, readonly string[]>> = {},
): string => `/${writeQuery({ from: [from], to: [to], ...filters })}`;

/** Sign-ins that did not succeed. */
export const failedSignIns = { category: ['auth'], outcome: ['failure', 'denied'] } as const;

export interface Series {
  value: string;
  label: string;
  total: number;
  counts: number[];
}

/** The largest ones, and the rest together. */
export function seriesOf(data: Timeseries): Series[] {
  const named = (data.series ?? []).map(({ value, total, counts }) => ({ value, label: value, total, counts }));
  const rest = data.other ?? [];
  const total = rest.reduce((sum, count) => sum + count, 0);
  return total === 0 ? named : [...named, { value: '', label: 'other', total, counts: rest }];
}

/** Heights of each on top of those before it. */
export function stacked(series: readonly Series[], buckets: number): number[][] {
  const below = new Array<number>(buckets).fill(0);
  return series.map(({ counts }) =>
    below.map((_, at) => {
      below[at]! += counts[at] ?? 0;
      return below[at]!;
    }),
  );
}

export interface Ranked {
  value: string;
  label: string;
  count: number;
}

export const rankedOf = (facets: Facets, field: string): Ranked[] =>
  (facets.facets[field]?.values ?? []).map(({ value, label, count }) => ({ value, label: label || value, count }));

/** How often something is, by its kind. */
export function tally<T>(items: readonly T[], kindOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(kindOf(item), (counts.get(kindOf(item)) ?? 0) + 1);
  return counts;
}
