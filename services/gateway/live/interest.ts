import { type Caller, checkPermission } from '../auth/caller.js';
import { readFields } from '../export/fields.js';
import { callerScopes, systemScope } from '../query/asking.js';
import { badParameter } from '../query/errors.js';
import { type Filter, matches, type Parameters, readFilter, readParameters } from '../query/filter.js';
import { inTenant, type TenantScope } from '../query/scope.js';
import type { LiveEvent } from './live-event.js';
import { createProjection, type Projection } from './projection.js';

/** What somebody wants to see of the events. Equal keys mean the same. */
export interface Interest {
  readonly key: string;
  readonly scope: TenantScope;
  readonly filter: Filter;
  readonly projection: Projection;
}

export const isOf = ({ scope, filter }: Interest, { event }: LiveEvent): boolean =>
  inTenant(scope, event.body) && matches(filter, event);

export interface Asked {
  filter: Readonly<Record<string, unknown>>;
  fields?: readonly string[] | undefined;
  /** What the header X-Organization-Id chose. */
  organization: string | undefined;
}

/** Reads what a caller asks for. Throws a Problem that says what is wrong with it. */
export function createInterestReader({
  nowMs = Date.now,
}: {
  nowMs?: () => number;
}): (caller: Caller, asked: Asked) => Interest {
  const identity = createIdentity();

  const keyOf = (scope: TenantScope, parameters: Parameters, projection: Projection, now: number): string => {
    const seen =
      scope.kind === 'system'
        ? 'system'
        : [
            scope.organizations === '*' ? '*' : [...scope.organizations].sort(),
            // What is hidden may change while it is held, so the same is only what is the same object.
            identity(scope.hidden?.everywhere),
            identity(scope.hidden?.of),
          ];
    const sorted = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([seen, sorted, dependsOnNow(parameters) ? now : 0, projection.key]);
  };

  return (caller, { filter: given, fields, organization }) => {
    const now = nowMs();
    const parameters = readParameters(given);
    const filter = readFilter(parameters, { nowMs: now });
    const scope = scopeOf({ caller, given, asked: filter.organizations, organization });
    const projection = createProjection(readFields(fields && { name: 'fields', values: fields }));
    return { key: keyOf(scope, parameters, projection, now), scope, filter, projection };
  };
}

/** Whether the same text means another time when it is read later: `now-15m`, a preset. */
const dependsOnNow = (parameters: Parameters): boolean =>
  parameters.has('preset') || (parameters.get('q')?.some((text) => text.includes('now')) ?? false);

/** A number for each object. */
function createIdentity(): (of: object | undefined) => number {
  const numbers = new WeakMap<object, number>();
  let last = 0;
  return (of) => {
    if (of === undefined) return 0;
    let number = numbers.get(of);
    if (number === undefined) {
      last += 1;
      number = last;
      numbers.set(of, number);
    }
    return number;
  };
}

/** `scope: "system"` asks for the system scope, which has a permission of its own; anything else is within the organizations. */
function scopeOf({
  caller,
  given,
  asked,
  organization,
}: {
  caller: Caller;
  given: Readonly<Record<string, unknown>>;
  asked: readonly string[] | undefined;
  organization: string | undefined;
}): TenantScope {
  const scopes = [given.scope].flat();
  if (scopes.length === 1 && scopes[0] === 'system') {
    checkPermission(caller, 'view:system_audit_logs');
    return systemScope(asked);
  }
  if (scopes.some((scope) => String(scope).includes('system'))) {
    throw badParameter('scope', 'events of the system scope need a subscription of their own');
  }
  checkPermission(caller, 'view:audit_logs');
  return callerScopes(caller, organization)(asked);
}
