/** Field names and order are those of the .avsc files; int is a number, long a bigint, bytes and fixed a Buffer. */
export interface BodyFields {
  id: Buffer;
  occurred_at: bigint;
  scope: string;
  organization_id: string;
  application_id: string;
  actor_type: string;
  actor_id: string;
  action: string;
  kind: string;
  target_type: string;
  target_id: string;
  related: { type: string; id: string }[];
  outcome: string;
  reason: string;
  auth_method: string;
  service: string;
  correlation_id: string;
  request_id: string;
  trace_id: string;
  details_schema: string;
}

export interface IdentityFields {
  actor_name: string;
  actor_email: string;
  target_name: string;
  ip: Buffer;
  user_agent: string;
  session_id: string;
}

export interface ContentFields {
  message: string;
  path: string;
  details: string;
  before: string;
  after: string;
}

export interface HeaderFields {
  audience: string;
  producer_id: string;
  key_id: Buffer;
  epoch: Buffer;
  lane: number;
  lanes: number;
  partition: number;
  kind: string;
  first_seq: bigint;
  count: number;
  prev: Buffer;
  created_at: bigint;
  registry: bigint;
  schema_id: Buffer;
  root: Buffer;
}

export interface EntryFields {
  audience: string;
  seq: bigint;
  prev: Buffer;
  created_at: bigint;
  kind: string;
  key_id: Buffer;
  algorithm: number;
  public_key: Buffer;
  producer_id: string;
  organizations: string[];
  scopes: string[];
  topic: string;
  incarnation: Buffer;
  partitions: number;
  organization_id: string;
  name: string;
}

/** The raw bytes of an event's three parts, as a SignedBatch carries them. */
export interface EventParts {
  body: Buffer;
  identity: Buffer;
  content: Buffer;
}

export interface ErasablePart {
  tag: string;
  data: Buffer;
}

export interface ErasedEventParts {
  body: Buffer;
  identity: ErasablePart;
  content: ErasablePart;
}

export interface SignedBatchFields {
  header: Buffer;
  salt_seed: Buffer;
  events: EventParts[];
  signature: Buffer;
}

export interface ErasedBatchFields {
  header: Buffer;
  events: ErasedEventParts[];
  signature: Buffer;
}

/** What a reader knows of a producer's key as of a marker. */
export interface RegisteredKey {
  key_id: Buffer;
  public_key: Buffer;
  producer_id: string;
  organizations: string[];
  scopes: string[];
  revoked: boolean;
}

/** Everything but the record that the stateless part of judging depends on. `registry` is null before the first marker. */
export interface JudgeContext {
  audience: string;
  partition: number;
  append_time_ms: number;
  root_public_key: Buffer;
  registry: { offset: bigint; keys: RegisteredKey[] } | null;
  erasures: { header_hash: Buffer; index: number; part: 'identity' | 'content' }[];
}
