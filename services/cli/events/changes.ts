import type { AuditEvent } from '../../client/event.js';

/** What an event changed, in a line: `role: viewer → admin, seats: 5 → 7`. */
export function changeText({ before, after }: AuditEvent): string {
  if (before === undefined && after === undefined) return '';
  if (!isObject(before ?? {}) || !isObject(after ?? {})) return arrow(before, after);
  const [was, is] = [(before ?? {}) as Fields, (after ?? {}) as Fields];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names
    .filter((name) => short(was[name]) !== short(is[name]))
    .map((name) => `${name}: ${arrow(was[name], is[name])}`)
    .join(', ');
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const arrow = (was: unknown, is: unknown): string =>
  was === undefined ? short(is) : is === undefined ? `${short(was)} → –` : `${short(was)} → ${short(is)}`;
const short = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
