import { publicKeyOf } from '../edwards.js';
import { sha256 } from '../merkle.js';
import { encodeBody, encodeContent, encodeIdentity, headerHash, keyId, SCHEMA_ID } from '../reference.js';
import type {
  BodyFields,
  ContentFields,
  EventParts,
  HeaderFields,
  IdentityFields,
  JudgeContext,
  RegisteredKey,
} from '../wire-types.js';

/** What every vector is made of. Nothing here is random or reads a clock: bytes come from hashes of their label. */
export function bytesFor(label: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < length; block++) blocks.push(sha256(Buffer.from(`${label}/${block}`)));
  return Buffer.concat(blocks).subarray(0, length);
}

export const AUDIENCE = 'log.example.com/audit';
export const PARTITION = 3;
/** 2025-06-15T15:06:40Z */
export const APPEND_TIME_MS = 1_750_000_000_000;
export const NOW_US = BigInt(APPEND_TIME_MS) * 1000n;
export const LAST_US_OF_2199 = 7_258_118_399_999_999n;

export const SEEDS = {
  root: bytesFor('seed/root', 32),
  gateway: bytesFor('seed/gateway', 32),
  acme: bytesFor('seed/acme', 32),
  ops: bytesFor('seed/ops', 32),
  wide: bytesFor('seed/wide', 32),
  retired: bytesFor('seed/retired', 32),
  stranger: bytesFor('seed/stranger', 32),
};

/** Makes the header of `headerFields` with this producer exactly 1,024 bytes long. */
export const WIDE_PRODUCER = 'w'.repeat(841);

const ALL_SCOPES = ['system', 'organization', 'application'];

function registered(seed: Buffer, producer: string, may: { organizations: string[]; scopes: string[] }): RegisteredKey {
  const public_key = publicKeyOf(seed);
  return { key_id: keyId(public_key), public_key, producer_id: producer, ...may, revoked: false };
}

export const KEYS: RegisteredKey[] = [
  registered(SEEDS.gateway, 'gateway', { organizations: ['*'], scopes: ALL_SCOPES }),
  registered(SEEDS.acme, 'acme-api', { organizations: ['acme'], scopes: ['organization', 'application'] }),
  registered(SEEDS.ops, 'ops', { organizations: ['acme', 'initech'], scopes: ALL_SCOPES }),
  registered(SEEDS.wide, WIDE_PRODUCER, { organizations: ['*'], scopes: ALL_SCOPES }),
  { ...registered(SEEDS.retired, 'retired', { organizations: ['*'], scopes: ALL_SCOPES }), revoked: true },
];

export const STANDARD: JudgeContext = {
  audience: AUDIENCE,
  partition: PARTITION,
  append_time_ms: APPEND_TIME_MS,
  root_public_key: publicKeyOf(SEEDS.root),
  registry: { offset: 40n, keys: KEYS },
  erasures: [],
};

/** Eight sequences into its lane, by the gateway's key. */
export function headerFields(overrides: Partial<HeaderFields> = {}): HeaderFields {
  return {
    audience: AUDIENCE,
    producer_id: 'gateway',
    key_id: keyId(publicKeyOf(SEEDS.gateway)),
    epoch: bytesFor('epoch', 16),
    lane: 1,
    lanes: 4,
    partition: PARTITION,
    kind: 'data',
    first_seq: 8n,
    count: 1,
    prev: headerHash(Buffer.from('the header before')),
    created_at: NOW_US,
    registry: 0n,
    schema_id: SCHEMA_ID,
    root: sha256(Buffer.alloc(0)),
    ...overrides,
  };
}

export const MARKER: Partial<HeaderFields> = {
  producer_id: 'registry',
  key_id: keyId(publicKeyOf(SEEDS.root)),
  kind: 'registry',
  lane: PARTITION,
  lanes: 6,
  first_seq: 0n,
  registry: 41n,
};

export function uuid(version: 7 | 8, label: string): Buffer {
  const id = Buffer.from(bytesFor(`uuid/${label}`, 16));
  if (version === 7) id.writeUIntBE(APPEND_TIME_MS, 0, 6);
  id[6] = version * 16 + ((id[6] ?? 0) % 16);
  id[8] = 0x80 + ((id[8] ?? 0) % 64);
  return id;
}

export function bodyFields(overrides: Partial<BodyFields> = {}): BodyFields {
  return {
    id: uuid(7, 'base'),
    occurred_at: NOW_US - 1_234_567n,
    scope: 'application',
    organization_id: 'acme',
    application_id: 'billing',
    actor_type: 'user',
    actor_id: 'u-42',
    action: 'invoice.approved',
    kind: 'stateful',
    target_type: 'invoice',
    target_id: 'inv-2025-0017',
    related: [
      { type: 'customer', id: 'c-7' },
      { type: 'order', id: 'o-9' },
    ],
    outcome: 'success',
    reason: 'within_limit',
    auth_method: 'passkey',
    service: 'billing-api',
    correlation_id: 'corr-1',
    request_id: 'req-1',
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    details_schema: 'invoice/3',
    ...overrides,
  };
}

/** The smallest body: one character of action, everything else absent. */
export function smallestBody(overrides: Partial<BodyFields> = {}): BodyFields {
  return bodyFields({
    scope: 'system',
    organization_id: '',
    application_id: '',
    actor_type: 'none',
    actor_id: '',
    action: 'a',
    kind: 'event',
    target_type: '',
    target_id: '',
    related: [],
    reason: '',
    auth_method: '',
    service: '',
    correlation_id: '',
    request_id: '',
    trace_id: '',
    details_schema: '',
    ...overrides,
  });
}

export function identityFields(overrides: Partial<IdentityFields> = {}): IdentityFields {
  return {
    actor_name: 'Ada Example',
    actor_email: 'ada@example.com',
    target_name: 'Invoice 17',
    ip: Buffer.from([192, 0, 2, 44]),
    user_agent: 'curl/8.5.0',
    session_id: 's-1',
    ...overrides,
  };
}

export const NO_IDENTITY: IdentityFields = {
  actor_name: '',
  actor_email: '',
  target_name: '',
  ip: Buffer.alloc(0),
  user_agent: '',
  session_id: '',
};

export function contentFields(overrides: Partial<ContentFields> = {}): ContentFields {
  return {
    message: 'Ada Example approved invoice 17.',
    path: '/invoices/17',
    details: '{"amount": 120.50, "currency":"EUR"}',
    before: '{"state":"open"}',
    after: '{"state":"approved"}',
    ...overrides,
  };
}

export const NO_CONTENT: ContentFields = { message: '', path: '', details: '', before: '', after: '' };

export interface EventFields {
  body: BodyFields;
  identity: IdentityFields;
  content: ContentFields;
}

export function eventFields(overrides: Partial<EventFields> = {}): EventFields {
  return { body: bodyFields(), identity: identityFields(), content: contentFields(), ...overrides };
}

export function encodeParts({ body, identity, content }: EventFields): EventParts {
  return { body: encodeBody(body), identity: encodeIdentity(identity), content: encodeContent(content) };
}

/** The base event's raw parts, with some of them replaced by bytes that may be wrong. */
export function rawEvent(overrides: Partial<EventParts> = {}): EventParts {
  return { ...encodeParts(eventFields()), ...overrides };
}
