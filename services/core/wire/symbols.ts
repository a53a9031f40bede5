/** Enum symbols in wire order: the index is the byte on the wire and the value of the Enum8 column. */
export const scopes = ['system', 'organization', 'application'] as const;
export const actorTypes = ['none', 'user', 'service', 'api_token', 'oidc', 'system', 'anonymous'] as const;
export const eventKinds = ['event', 'stateful'] as const;
export const outcomes = ['success', 'failure', 'denied', 'validation_failed', 'partial'] as const;
export const recordKinds = ['open', 'data', 'heartbeat', 'close', 'registry'] as const;
export const entryKinds = ['key', 'key_revoked', 'incarnation', 'organization'] as const;

export type Scope = (typeof scopes)[number];
export type ActorType = (typeof actorTypes)[number];
export type EventKind = (typeof eventKinds)[number];
export type Outcome = (typeof outcomes)[number];
export type RecordKind = (typeof recordKinds)[number];
export type EntryKind = (typeof entryKinds)[number];
