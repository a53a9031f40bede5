import { outcomes } from '../api/types.js';

/** A field of the query language, as it is offered to whoever types. */
export interface FieldHint {
  name: string;
  /** Other names of it. */
  also?: readonly string[];
  says: string;
  /** All that it can be; or, in `values`, what the gateway calls it where it knows its values. */
  symbols?: readonly string[];
  values?: string;
  /** What is typed behind it in place of a colon. */
  sign?: string;
}

const times = ['>now-15m', '>now-1h', '>now-24h', '>now-7d'] as const;

/** In the order in which they are offered. */
export const fieldHints: readonly FieldHint[] = [
  { name: 'action', also: ['event'], says: 'what was done', values: 'action' },
  { name: 'category', says: 'the first word of the action', values: 'category' },
  { name: 'outcome', says: 'how it ended', symbols: outcomes },
  { name: 'actor', also: ['user'], says: 'who did it: id or email', values: 'actor' },
  { name: 'actor.id', also: ['actor_id', 'user_id', 'userId'], says: 'who did it, by id', values: 'actor' },
  { name: 'actor.email', also: ['email'], says: 'who did it, by email', values: 'actor_email' },
  { name: 'actor.name', says: 'who did it, by a part of the name', values: 'actor_name' },
  { name: 'actor.type', also: ['actor_type'], says: 'what kind of actor', values: 'actor_type' },
  { name: 'target', also: ['resource'], says: 'what it was done to: id or name', values: 'target_id' },
  {
    name: 'target.type',
    also: ['target_type', 'resource_type', 'resourceType'],
    says: 'what kind of target',
    values: 'target_type',
  },
  {
    name: 'target.id',
    also: ['target_id', 'resource_id', 'resourceId'],
    says: 'what it was done to, by id',
    values: 'target_id',
  },
  { name: 'target.name', says: 'what it was done to, by a part of the name', values: 'target_name' },
  { name: 'ip', says: 'an address, or a block as in 10.0.0.0/8', values: 'ip' },
  { name: 'service', says: 'the service that said so', values: 'service' },
  { name: 'reason', says: 'why it was not successful', values: 'reason' },
  { name: 'auth_method', says: 'how the actor was signed in', values: 'auth_method' },
  { name: 'success', says: 'whether the outcome is success', symbols: ['true', 'false'] },
  { name: 'time', says: 'when it happened', symbols: times },
  { name: 'message', says: 'a part of the message' },
  { name: 'details.', says: 'a value within the details', sign: '' },
  { name: 'before.', says: 'a value of the state before', sign: '' },
  { name: 'after.', says: 'a value of the state after', sign: '' },
  { name: 'kind', says: 'event or stateful', symbols: ['event', 'stateful'] },
  { name: 'related', says: 'the type or id of anything else it is about' },
  { name: 'correlation', also: ['correlation_id'], says: 'the workflow', values: 'correlation_id' },
  { name: 'request', also: ['request_id'], says: 'the request', values: 'request_id' },
  { name: 'session', also: ['session_id'], says: 'the session', values: 'session_id' },
  { name: 'trace', also: ['trace_id'], says: 'the trace' },
  { name: 'user_agent', says: 'a part of the agent', values: 'user_agent' },
  { name: 'path', says: 'a part of the path' },
  { name: 'organization', also: ['organization_id'], says: 'the organization', values: 'organization_id' },
  { name: 'application', also: ['application_id'], says: 'the application', values: 'application_id' },
  { name: 'scope', says: 'system, organization or application', symbols: ['system', 'organization', 'application'] },
  { name: 'details_schema', says: 'the schema of the details', values: 'details_schema' },
  { name: 'id', says: 'the event itself' },
];

export const hintOf = (name: string): FieldHint | undefined =>
  fieldHints.find((hint) => hint.name === name || hint.also?.includes(name));
