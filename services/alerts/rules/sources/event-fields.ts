import { type Column, documents, type Place } from '../field.js';

const named: readonly (readonly [names: readonly string[], columns: readonly Column[]])[] = [
  [['id'], ['id']],
  [['action', 'event'], ['action']],
  [['category'], ['category']],
  [['time', 'occurred_at'], ['occurred_at']],
  [
    ['actor', 'user'],
    ['actor_id', 'actor_email'],
  ],
  // Whoever an event is about, as far as it says: of somebody who is not signed in only a name may be known.
  [['account'], ['actor_id', 'actor_email', 'actor_name']],
  [['actor.id', 'actor_id', 'user_id', 'userId'], ['actor_id']],
  [['actor.name', 'actor_name'], ['actor_name']],
  [['actor.email', 'actor_email', 'email'], ['actor_email']],
  [['actor.type', 'actor_type'], ['actor_type']],
  [
    ['target', 'resource'],
    ['target_id', 'target_name'],
  ],
  [['target.type', 'target_type', 'resource_type', 'resourceType'], ['target_type']],
  [['target.id', 'target_id', 'resource_id', 'resourceId'], ['target_id']],
  [['target.name', 'target_name'], ['target_name']],
  [['related'], ['related_type', 'related_id']],
  [['related.type'], ['related_type']],
  [['related.id'], ['related_id']],
  [['outcome'], ['outcome']],
  [['success'], ['success']],
  [['reason'], ['reason']],
  [['kind'], ['kind']],
  [['scope'], ['scope']],
  [['organization', 'organization_id'], ['organization_id']],
  [['application', 'application_id'], ['application_id']],
  [['auth_method'], ['auth_method']],
  [['service'], ['service']],
  [['correlation', 'correlation_id'], ['correlation_id']],
  [['request', 'request_id'], ['request_id']],
  [['trace', 'trace_id'], ['trace_id']],
  [['session', 'session_id'], ['session_id']],
  [['details_schema'], ['details_schema']],
  [['ip'], ['ip']],
  [['user_agent'], ['user_agent']],
  [['message'], ['message']],
  [['path'], ['path']],
];

const columnsByName: ReadonlyMap<string, readonly Column[]> = new Map(
  named.flatMap(([names, columns]) => names.map((name) => [name, columns] as const)),
);

/** What our own fields are called, for a message. */
export const eventFieldNames: readonly string[] = [...columnsByName.keys(), ...documents.map((name) => `${name}.NAME`)];

const onColumns = (columns: readonly Column[]): Place[] => columns.map((column) => ({ kind: 'column', column }));

/** The places of one of our own fields, `details.region` included; undefined where there is no such field. */
export function eventField(name: string): Place[] | undefined {
  const columns = columnsByName.get(name);
  if (columns) return onColumns(columns);
  const [first, ...path] = pathOf(name);
  const document = documents.find((known) => known === first);
  return document && path.every((key) => key !== '') ? [{ kind: 'document', document, path }] : undefined;
}

/** A dotted path; a dot that belongs to a key has a backslash before it. */
export const pathOf = (name: string): string[] => name.split(/(?<!\\)\./).map((key) => key.replaceAll('\\.', '.'));
