import type { Part } from './document.js';
import { Refused } from './fault.js';
import { textOf } from './parts.js';

const unitsUs: Readonly<Record<string, number>> = { s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10, w: 6.048e11 };

/** `15s`, `5m`, `1h`, `30d`, `2w` in microseconds. */
export function durationUs(part: Part, name: string, { maxUs, minUs = 1 }: { maxUs: number; minUs?: number }): number {
  const text = textOf(part, name, 32);
  const match = /^(\d{1,9})\s?([smhdw])$/.exec(text);
  if (!match) {
    throw new Refused('invalid', `${name} ${JSON.stringify(text)} is no stretch of time: write 30s, 5m, 1h, 7d`, part);
  }
  const us = Number(match[1]) * unitsUs[match[2]!]!;
  if (us < minUs) throw new Refused('invalid', `${name} has to be longer than nothing`, part);
  if (us > maxUs) throw new Refused('limit', `${name} ${text} is over the limit of ${durationText(maxUs)}`, part);
  return us;
}

export function durationText(us: number): string {
  const [unit, length] = Object.entries(unitsUs)
    .filter(([name, size]) => name !== 'w' && us % size === 0)
    .at(-1) ?? ['s', 1e6];
  return `${us / length}${unit}`;
}
