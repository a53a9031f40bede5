import type { AuditEvent } from '../../client/event.js';
import { eventFieldNames } from '../../core/event/field-names.js';
import { usageError } from '../errors.js';

/** Short names for fields that are asked for often. */
const shortNames: Readonly<Record<string, string>> = {
  time: 'occurred_at',
  organization: 'organization_id',
  application: 'application_id',
  correlation: 'correlation_id',
  request: 'request_id',
};
const groups = ['actor', 'target'];
const documents = ['details', 'before', 'after'];

/** The name of a field, or of a value within details, before or after (`details.region`). Throws for what an event has not. */
export function fieldName(given: string): string {
  const name = shortNames[given] ?? given;
  const inDocument = documents.some((document) => name.startsWith(`${document}.`) && name.length > document.length + 1);
  if (inDocument || groups.includes(name) || (eventFieldNames as readonly string[]).includes(name)) return name;
  const known = [...Object.keys(shortNames), ...groups, ...eventFieldNames].join(', ');
  throw usageError(`--fields: ${JSON.stringify(given)} is no field of an event. Known are ${known}, and details.NAME.`);
}

/** The names of a comma list, each once. */
export function splitNames(list: string): string[] {
  const names = list.split(',').map((name) => name.trim());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw usageError(`--fields names ${JSON.stringify(twice)} twice.`);
  return names;
}

/** The value at a path of names; undefined where there is none. Only what the event itself holds is looked at. */
export function valueAt(event: AuditEvent, name: string): unknown {
  let value: unknown = event;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** A value in a cell: text as it is, anything else as JSON. */
export const cellText = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** The event with only these fields, nested as it is. */
export function pick(event: AuditEvent, names: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    const value = valueAt(event, name);
    if (value === undefined) continue;
    const steps = name.split('.');
    const last = steps.pop()!;
    let into = picked;
    for (const step of steps) {
      if (!Object.hasOwn(into, step)) Object.defineProperty(into, step, plain({}));
      into = into[step] as Record<string, unknown>;
    }
    Object.defineProperty(into, last, plain(value));
  }
  return picked;
}

/** Set as JSON.parse sets it: a member may be called __proto__. */
const plain = (value: unknown): PropertyDescriptor => ({
  value,
  enumerable: true,
  configurable: true,
  writable: true,
});
