import { idSql } from '../../../core/sql/bind.js';
import { inRange, ipRangeSql, parseIpRange } from '../../../core/sql/ip-range.js';
import { actorTypes, eventKinds, outcomes, scopes } from '../../../core/wire/symbols.js';
import { parseUuid } from '../../../core/wire/uuid.js';
import { actionName, actionNameSql, isActionName } from '../action-name.js';
import { any, type Condition } from './condition.js';
import { isLike, likeOf, lower, lowerPattern } from './pattern.js';
import { isAnything, plainText, QueryFault, type Value } from './syntax.js';
import { containing, exactly, inAnyCase, type TextColumn } from './text.js';

/** What a field of the query language says of a value. Throws QueryFault for a value that it cannot have. */
type Field = (value: Value) => Condition;

const id =
  (column: TextColumn): Field =>
  (value) =>
    exactly(column, value);
const name =
  (column: TextColumn): Field =>
  (value) =>
    inAnyCase(column, value);
const prose =
  (column: TextColumn): Field =>
  (value) =>
    containing(column, value);
const either =
  (...fields: readonly Field[]): Field =>
  (value) =>
    any(fields.map((field) => field(value)));

const actorId = id({ column: 'actor_id', of: ({ body }) => body.actor_id });
const actorEmail = name({ column: 'actor_email', of: ({ identity }) => identity.actor_email });
const targetId = id({ column: 'target_id', of: ({ body }) => body.target_id });
const targetName = prose({ column: 'target_name', of: ({ identity }) => identity.target_name });
const targetType = id({ column: 'target_type', of: ({ body }) => body.target_type });

function symbol(column: string, allowed: readonly string[], of: TextColumn['of']): Field {
  return (value) => {
    const text = plainText(value);
    if (text === undefined || !allowed.includes(lower(text)))
      throw new QueryFault(`is none of ${allowed.join(', ')}`, value);
    return exactly({ column: `toString(${column})`, of }, { ...value, pattern: [lower(text)] });
  };
}

const success: Field = (value) => {
  const text = plainText(value);
  if (text !== 'true' && text !== 'false') throw new QueryFault('is neither true nor false', value);
  const wanted = text === 'true';
  return {
    sql: () => `outcome ${wanted ? '=' : '!='} 'success'`,
    test: ({ body }) => (body.outcome === 'success') === wanted,
  };
};

/** As the parameter `action`: a part of it or a name that it goes by. In quotes the whole of it. */
const action: Field = (value) => {
  const text = plainText(value);
  if (text === undefined || value.quoted) {
    const pattern = lowerPattern(value.pattern);
    return exactly({ column: 'action', of: ({ body }) => body.action }, { ...value, pattern });
  }
  const name = actionName(text);
  return { sql: (bind) => actionNameSql(name, bind), test: (event) => isActionName(name, event) };
};

const ip: Field = (value) => {
  if (isAnything(value)) return { sql: () => `ip_bytes != ''`, test: ({ identity }) => identity.ip.length > 0 };
  const text = plainText(value);
  const range = text === undefined ? undefined : parseIpRange(text);
  if (!range) throw new QueryFault('is neither an address nor a CIDR block (10.0.0.0/8)', value);
  return { sql: (bind) => ipRangeSql(range, bind), test: ({ identity }) => inRange(identity.ip, range) };
};

const eventId: Field = (value) => {
  const text = plainText(value);
  const bytes = text === undefined ? undefined : parseUuid(lower(text));
  if (!bytes) throw new QueryFault('is no UUID', value);
  return {
    sql: (bind) => idSql(bytes, bind),
    test: ({ body }) => body.id.equals(bytes),
  };
};

/** Something else that the event speaks of: its type or its id. */
const related: Field = (value) => {
  const { pattern } = value;
  const text = plainText(value);
  const itemSql = (place: string): string => (text === undefined ? `item LIKE ${place}` : `item = ${place}`);
  return {
    sql: (bind) => {
      const place = bind('String', text ?? likeOf(pattern));
      return `arrayExists(item -> ${itemSql(place)}, related_id) OR arrayExists(item -> ${itemSql(place)}, related_type)`;
    },
    test: ({ body }) => body.related.some((one) => isLike(pattern, one.id) || isLike(pattern, one.type)),
  };
};

const listed: readonly (readonly [names: readonly string[], field: Field])[] = [
  [['id'], eventId],
  [['action', 'event'], action],
  [['category'], name({ column: 'category', of: ({ body }) => body.action.split('.', 1)[0]! })],
  [['actor', 'user'], either(actorId, actorEmail)],
  [['actor.id', 'actor_id', 'user_id', 'userId'], actorId],
  [['actor.name'], prose({ column: 'actor_name', of: ({ identity }) => identity.actor_name })],
  [['actor.email', 'email'], actorEmail],
  [['actor.type', 'actor_type'], symbol('actor_type', actorTypes, ({ body }) => body.actor_type)],
  [['target', 'resource'], either(targetId, targetName)],
  [['target.type', 'target_type', 'resource_type', 'resourceType'], targetType],
  [['target.id', 'target_id', 'resource_id', 'resourceId'], targetId],
  [['target.name'], targetName],
  [['related'], related],
  [['outcome'], symbol('outcome', outcomes, ({ body }) => body.outcome)],
  [['success'], success],
  [['reason'], name({ column: 'reason', of: ({ body }) => body.reason })],
  [['kind'], symbol('kind', eventKinds, ({ body }) => body.kind)],
  [['scope'], symbol('scope', scopes, ({ body }) => body.scope)],
  [['organization', 'organization_id'], id({ column: 'organization_id', of: ({ body }) => body.organization_id })],
  [['application', 'application_id'], id({ column: 'application_id', of: ({ body }) => body.application_id })],
  [['auth_method'], name({ column: 'auth_method', of: ({ body }) => body.auth_method })],
  [['service'], name({ column: 'service', of: ({ body }) => body.service })],
  [['correlation', 'correlation_id'], id({ column: 'correlation_id', of: ({ body }) => body.correlation_id })],
  [['request', 'request_id'], id({ column: 'request_id', of: ({ body }) => body.request_id })],
  [['trace', 'trace_id'], id({ column: 'trace_id', of: ({ body }) => body.trace_id })],
  [['session', 'session_id'], id({ column: 'session_id', of: ({ identity }) => identity.session_id })],
  [['details_schema'], id({ column: 'details_schema', of: ({ body }) => body.details_schema })],
  [['ip'], ip],
  [['user_agent'], prose({ column: 'user_agent', of: ({ identity }) => identity.user_agent })],
  [['message'], prose({ column: 'message', of: ({ content }) => content.message })],
  [['path'], prose({ column: 'path', of: ({ content }) => content.path })],
];

/** Fields by name, aliases included. `time` and the JSON documents are in compile.ts, because they compare. */
export const fields: ReadonlyMap<string, Field> = new Map(
  listed.flatMap(([names, field]) => names.map((known) => [known, field] as const)),
);
