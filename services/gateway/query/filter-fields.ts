import { anyOf, type Bind, timeSql } from '../../core/sql/bind.js';
import { type IpRange, inRange, ipRangeSql, parseIpRange } from '../../core/sql/ip-range.js';
import type { WireEvent } from '../../core/wire/event.js';
import { actorTypes, eventKinds, outcomes, scopes } from '../../core/wire/symbols.js';
import { type ActionName, actionName, actionNameSql, isActionName } from './action-name.js';
import { badParameter } from './errors.js';
import { type Condition, compileQuery, QueryFault } from './language/index.js';
import { flag, type Given, listed, one, symbols, timeUs } from './values.js';

/**
 * A filter: how its value is read, what it is in SQL, and the same said of an event in memory. Both must agree for every event:
 * history is filtered by the one, the live stream by the other.
 */
export interface FilterField<V> {
  /** The name, then its aliases. */
  names: readonly string[];
  read: (given: Given, context: ReadContext) => V;
  sql: (value: V, bind: Bind) => string;
  test: (value: V, event: WireEvent) => boolean;
}

/** What a value may depend on beside its text. */
export interface ReadContext {
  nowMs: number;
}

const field = <V>(definition: FilterField<V>): FilterField<unknown> => definition as FilterField<unknown>;

/** Any of the values, exactly. */
const exact = (
  names: readonly string[],
  column: string,
  of: (event: WireEvent) => string,
  read: (given: Given) => string[] = ({ values }) => [...values],
): FilterField<unknown> =>
  field<string[]>({
    names,
    read,
    sql: (values, bind) => anyOf(column, values, bind),
    test: (values, event) => values.includes(of(event)),
  });

const categoryOf = (event: WireEvent): string => event.body.action.split('.', 1)[0]!;
const lowerList = (given: Given): string[] => listed(given).map((item) => item.toLowerCase());

function ipRanges(given: Given): IpRange[] {
  return listed(given).map((item) => {
    const range = parseIpRange(item);
    if (!range) throw badParameter(given.name, `${JSON.stringify(item)} is neither an address nor a CIDR block`);
    return range;
  });
}

/** The query language (language/compile.ts). */
function query(given: Given, { nowMs }: ReadContext): Condition {
  const text = one(given);
  try {
    return compileQuery(text, { nowMs });
  } catch (error) {
    if (!(error instanceof QueryFault)) throw error;
    const { start, end } = error.span;
    const said = end > start ? `, at ${JSON.stringify(text.slice(start, Math.min(end, start + 40)))}` : '';
    throw badParameter(given.name, `character ${start + 1}${said}: ${error.message}`, { start, end });
  }
}

/** Every filter of GET /api/audit and of the stream. `organization_id` is not here: it chooses the tenant (scope.ts). */
export const filterFields: readonly FilterField<unknown>[] = [
  field<Condition>({
    names: ['q'],
    read: query,
    sql: (condition, bind) => condition.sql(bind),
    test: (condition, event) => condition.test(event),
  }),
  field<ActionName[]>({
    names: ['action', 'event'],
    read: (given) => listed(given).map(actionName),
    sql: (names, bind) => names.map((name) => actionNameSql(name, bind)).join(' OR '),
    test: (names, event) => names.some((name) => isActionName(name, event)),
  }),
  exact(['category'], 'category', categoryOf, lowerList),
  field<string[]>({
    names: ['actor', 'user'],
    read: ({ values }) => [...values],
    sql: (values, bind) => `${anyOf('actor_id', values, bind)} OR ${anyOf('actor_email', values, bind)}`,
    test: (values, { body, identity }) => values.includes(body.actor_id) || values.includes(identity.actor_email),
  }),
  exact(
    ['actor_type'],
    'toString(actor_type)',
    ({ body }) => body.actor_type,
    (given) => symbols(given, actorTypes),
  ),
  exact(['target_type', 'resource_type'], 'target_type', ({ body }) => body.target_type),
  exact(['target_id', 'resource_id'], 'target_id', ({ body }) => body.target_id),
  exact(
    ['outcome'],
    'toString(outcome)',
    ({ body }) => body.outcome,
    (given) => symbols(given, outcomes),
  ),
  field<boolean>({
    names: ['success'],
    read: flag,
    sql: (value) => `outcome ${value ? '=' : '!='} 'success'`,
    test: (value, { body }) => (body.outcome === 'success') === value,
  }),
  exact(
    ['kind'],
    'toString(kind)',
    ({ body }) => body.kind,
    (given) => symbols(given, eventKinds),
  ),
  field<IpRange[]>({
    names: ['ip'],
    read: ipRanges,
    sql: (ranges, bind) => ranges.map((range) => ipRangeSql(range, bind)).join(' OR '),
    test: (ranges, { identity }) => ranges.some((range) => inRange(identity.ip, range)),
  }),
  exact(['correlation_id'], 'correlation_id', ({ body }) => body.correlation_id),
  exact(['request_id'], 'request_id', ({ body }) => body.request_id),
  exact(['application_id'], 'application_id', ({ body }) => body.application_id),
  exact(
    ['scope'],
    'toString(scope)',
    ({ body }) => body.scope,
    (given) => symbols(given, scopes),
  ),
  field<number>({
    names: ['from', 'startTime'],
    read: timeUs,
    sql: (us, bind) => `occurred_at >= ${timeSql(us, bind)}`,
    test: (us, { body }) => body.occurred_at >= us,
  }),
  field<number>({
    names: ['to', 'endTime'],
    read: timeUs,
    sql: (us, bind) => `occurred_at < ${timeSql(us, bind)}`,
    test: (us, { body }) => body.occurred_at < us,
  }),
];
