import type { OffHours } from '../rules/extensions.js';
import type { ComparisonName, CorrelationType, CountCondition } from '../rules/rule.js';

/**
 * How the entries of one rule and group are judged. `each`: every entry is a hit; `new_value` and `impossible_travel` compare with what
 * came before; the others are Sigma's correlations. A window slides and is closed on both sides: an entry at `t` sees `[t − reach, t]`.
 */
export interface Window {
  kind: 'each' | 'new_value' | 'impossible_travel' | CorrelationType;
  /** Of a correlation. */
  condition: CountCondition;
  /** How many rules a correlation refers to. */
  inputs: number;
  /** How far back entries matter, µs. */
  reachUs: number;
  /** Only of impossible_travel. */
  travel?: { speedKmh: number; distanceKm: number };
  /** Hits within working hours are none. */
  offHours?: OffHours | undefined;
}

/**
 * Whether more entries can only make more hits: then a hit may be given at once, and is never taken back. Sums are not, since a number
 * may be below zero; what compares with the past is not, since the past may still come.
 */
export function isEarly({ kind, condition }: Pick<Window, 'kind' | 'condition'>): boolean {
  if (kind === 'each') return true;
  if (kind === 'new_value' || kind === 'impossible_travel' || kind === 'value_sum') return false;
  return condition.every(({ comparison }) => comparison === 'gt' || comparison === 'gte');
}

const comparing: Readonly<Record<ComparisonName, (count: number, value: number) => boolean>> = {
  gt: (count, value) => count > value,
  gte: (count, value) => count >= value,
  lt: (count, value) => count < value,
  lte: (count, value) => count <= value,
  eq: (count, value) => count === value,
  neq: (count, value) => count !== value,
};

export const holds = (condition: CountCondition, count: number): boolean =>
  condition.every(({ comparison, value }) => comparing[comparison](count, value));
