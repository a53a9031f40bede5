/** A field of a rule, and where its values stand in our events. */
export interface Field {
  /** As the rule has it. */
  name: string;
  /** At least one; the field's values are those of all of them. */
  places: readonly Place[];
}

/** Where values stand: in a field of the event, or at a path in one of its JSON documents. */
export type Place =
  | { kind: 'column'; column: Column }
  | { kind: 'document'; document: Document; path: readonly string[] };

export const documents = ['details', 'before', 'after'] as const;
export type Document = (typeof documents)[number];

/** Fields of the event that hold text. Absent is ''. */
export const textColumns = [
  'scope',
  'organization_id',
  'application_id',
  'actor_type',
  'actor_id',
  'action',
  'kind',
  'target_type',
  'target_id',
  'outcome',
  'reason',
  'auth_method',
  'service',
  'correlation_id',
  'request_id',
  'trace_id',
  'details_schema',
  'actor_name',
  'actor_email',
  'target_name',
  'user_agent',
  'session_id',
  'message',
  'path',
] as const;
export type TextColumn = (typeof textColumns)[number];

/** Beside texts: `success` is `true` or `false`, of the outcome; the address as text, the time as RFC 3339; lists. */
export const columns = [
  ...textColumns,
  'id',
  'category',
  'success',
  'ip',
  'occurred_at',
  'related_type',
  'related_id',
] as const;
export type Column = (typeof columns)[number];

export const placeKey = (place: Place): string =>
  place.kind === 'column' ? place.column : JSON.stringify([place.document, ...place.path]);
