import type { ActorType, EventKind, Outcome, Scope } from '../../core/wire/symbols.js';
import { AuditClientError } from '../errors.js';

/** One value, or any of several. */
export type AnyOf<T> = T | readonly T[];
/** A Date, RFC 3339, a day (its first moment, UTC), or milliseconds since 1970. */
export type Time = Date | string | number;

/** The filters of GET /api/audit and of the stream, under the gateway's names. All that are given must fit. docs/guides/query.md. */
export interface AuditFilter {
  /** The query language: `action:auth.* -outcome:success "exact phrase"`. */
  q?: string | undefined;
  /** A part of the action's name, or another name of it. */
  action?: AnyOf<string> | undefined;
  /** The action's first word. */
  category?: AnyOf<string> | undefined;
  /** Exact id or email. */
  actor?: AnyOf<string> | undefined;
  actor_type?: AnyOf<ActorType> | undefined;
  target_type?: AnyOf<string> | undefined;
  target_id?: AnyOf<string> | undefined;
  outcome?: AnyOf<Outcome> | undefined;
  success?: boolean | undefined;
  kind?: AnyOf<EventKind> | undefined;
  /** An address or a CIDR block. */
  ip?: AnyOf<string> | undefined;
  correlation_id?: AnyOf<string> | undefined;
  request_id?: AnyOf<string> | undefined;
  organization_id?: AnyOf<string> | undefined;
  application_id?: AnyOf<string> | undefined;
  /** `system` asks for the events of the platform itself, which has a permission of its own and cannot stand beside the others. */
  scope?: AnyOf<Scope> | undefined;
  /** Occurred at or after. */
  from?: Time | undefined;
  /** Occurred before. */
  to?: Time | undefined;
  /** The last so many hours or days, instead of `from` and `to`. */
  preset?: '24h' | '7d' | '30d' | undefined;
}
export type FilterName = keyof AuditFilter;

const names: Readonly<Record<FilterName, true>> = {
  q: true,
  action: true,
  category: true,
  actor: true,
  actor_type: true,
  target_type: true,
  target_id: true,
  outcome: true,
  success: true,
  kind: true,
  ip: true,
  correlation_id: true,
  request_id: true,
  organization_id: true,
  application_id: true,
  scope: true,
  from: true,
  to: true,
  preset: true,
};
/** Every filter there is. */
export const filterNames = Object.keys(names) as FilterName[];

export type Parameters = Record<string, string | string[]>;

/**
 * A filter as parameters. Throws for an unknown name and for an empty list: left out quietly, either would let through what somebody
 * meant to keep out.
 */
export function filterParameters(filter: AuditFilter): Parameters {
  const parameters: Parameters = {};
  for (const [name, value] of Object.entries(filter) as [string, AnyOf<Time | boolean> | undefined][]) {
    if (value === undefined) continue;
    if (!Object.hasOwn(names, name)) {
      throw bad(`${JSON.stringify(name)} is no filter; known are ${filterNames.join(', ')}`);
    }
    parameters[name] = Array.isArray(value) ? value.map((one) => text(name, one)) : text(name, value);
    if (parameters[name].length === 0) throw bad(`the filter ${name} is empty; leave it out`);
  }
  return parameters;
}

function text(name: string, value: unknown): string {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw bad(`the filter ${name} is a Date that is no time`);
    return value.toISOString();
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw bad(`the filter ${name} is no text, number, boolean or Date`);
}

/** Where events of the filter's scope are, and the filter without what the path says. */
export function scopePath({ scope, ...filter }: AuditFilter): { path: string; filter: AuditFilter } {
  const asked = scope === undefined ? [] : [scope].flat();
  if (!asked.includes('system')) return { path: '/api/audit', filter: { ...filter, scope } };
  if (asked.length > 1) throw bad('the scope system cannot stand beside others: ask for each by itself');
  return { path: '/api/audit/system', filter };
}

const bad = (message: string): AuditClientError => new AuditClientError('client_config', message);
