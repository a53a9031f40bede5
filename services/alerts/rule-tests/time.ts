import { parseTimestampUs } from '../../core/event/index.js';
import type { Part } from '../rules/document.js';
import { durationUs } from '../rules/duration.js';
import { Refused } from '../rules/fault.js';
import { isText, kindOf } from '../rules/parts.js';

/** Monday noon: within working hours in most of the world. */
export const defaultStartUs = Date.UTC(2026, 2, 2, 12) * 1_000;

const longestUs = 400 * 86_400_000_000;

export function instantOf(part: Part, name: string): number {
  const us = isText(part) ? parseTimestampUs(part.value) : undefined;
  if (us !== undefined) return us;
  throw new Refused('invalid', `${name} has to be a time like "2026-03-02T12:00:00Z", not ${kindOf(part)}`, part);
}

/** `90s`, so long after the start; or a time of its own. */
export function momentOf(part: Part, name: string, startUs: number): number {
  const instant = isText(part) ? parseTimestampUs(part.value) : undefined;
  return instant ?? startUs + stretchOf(part, name);
}

/** As in a rule, but it may be nothing: `0s`. */
export const stretchOf = (part: Part, name: string): number => durationUs(part, name, { maxUs: longestUs, minUs: 0 });
