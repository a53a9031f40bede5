import type { AuditEvent } from '../../client/event.js';
import type { Style } from '../output/style.js';
import type { Column } from '../output/table.js';
import { cellText, fieldName, valueAt } from './fields.js';

/** `2026-06-15 12:00:01`, UTC, to the second. */
export const shortTime = (rfc3339: string): string => rfc3339.slice(0, 19).replace('T', ' ');

const who = ({ actor }: AuditEvent): string => actor?.email ?? actor?.name ?? actor?.id ?? actor?.type ?? '';

/** Why it was no success, where that is said: shorter than both, and it says the same. */
const outcome = ({ outcome, reason }: AuditEvent): string => (outcome === 'success' ? outcome : reason || outcome);

const outcomeStyle = ({ outcome }: AuditEvent): Style | undefined =>
  outcome === 'success' ? undefined : outcome === 'partial' ? 'caution' : 'bad';

const target = ({ target }: AuditEvent): string =>
  [target?.type, target?.name ?? target?.id].filter((part) => part !== undefined).join(' ');

/** What is made of several fields, as one text. */
export const inWords: Readonly<Record<string, (event: AuditEvent) => string>> = { actor: who, target };

/** What people look for, said short. */
const shortColumns: Readonly<Record<string, Column<AuditEvent>>> = {
  time: { title: 'TIME (UTC)', of: ({ occurred_at }) => shortTime(occurred_at) },
  action: { title: 'ACTION', of: ({ action }) => action, atLeast: 20 },
  actor: { title: 'ACTOR', of: who, atLeast: 8 },
  target: { title: 'TARGET', of: target, atLeast: 8 },
  ip: { title: 'IP', of: ({ ip = '' }) => ip, atLeast: 15 },
  outcome: { title: 'OUTCOME', of: outcome, atLeast: 8, style: outcomeStyle },
  organization: { title: 'ORGANIZATION', of: ({ organization_id = '' }) => organization_id, atLeast: 8 },
  service: { title: 'SERVICE', of: ({ service = '' }) => service, atLeast: 6 },
  correlation: { title: 'CORRELATION', of: ({ correlation_id = '' }) => correlation_id, atLeast: 8 },
  message: { title: 'MESSAGE', of: ({ message = '' }) => message, atLeast: 16 },
  id: { title: 'ID', of: ({ id }) => id },
};

export const defaultColumns = ['time', 'action', 'actor', 'ip', 'outcome'];
export const wideColumns = [...defaultColumns, 'id'];
/** From this width on there is room for the ids. */
export const wide = 118;

/** Columns by names: the short ones, any field of an event, or a value within its documents. Throws for any other. */
export const eventColumns = (names: readonly string[]): Column<AuditEvent>[] =>
  names.map((given) => {
    const short = shortColumns[given];
    if (short) return short;
    const name = fieldName(given);
    return { title: given.toUpperCase(), of: (event) => cellText(valueAt(event, name)), atLeast: 8 };
  });

/** An event's fields, one under the other, the most asked for first. */
export function eventFields(event: AuditEvent): [string, unknown][] {
  const { actor, target, ...rest } = event;
  const named = ['id', 'occurred_at', 'action', 'outcome', 'reason', 'message'];
  const flat = (prefix: string, part: object | undefined): [string, unknown][] =>
    Object.entries(part ?? {}).map(([name, value]) => [`${prefix}.${name}`, value]);
  const of = (name: string): [string, unknown] => [name, rest[name as keyof typeof rest]];
  const others = Object.keys(rest).filter((name) => !named.includes(name) && name !== 'category');
  return [...named.map(of), ...flat('actor', actor), ...flat('target', target), ...others.map(of)];
}
