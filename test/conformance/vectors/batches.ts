import { publicKeyOf } from '../edwards.js';
import { sha256 } from '../merkle.js';
import { keyId, leafOf, partDigest, saltsOf, sealBatch } from '../reference.js';
import type { HeaderFields } from '../wire-types.js';
import type { ContextName } from './contexts.js';
import { LIMIT_EVENTS } from './limits.js';
import {
  bodyFields,
  bytesFor,
  contentFields,
  type EventFields,
  encodeParts,
  eventFields,
  headerFields,
  identityFields,
  LAST_US_OF_2199,
  MARKER,
  NO_CONTENT,
  NO_IDENTITY,
  NOW_US,
  SEEDS,
  smallestBody,
  uuid,
  WIDE_PRODUCER,
} from './material.js';

interface BatchPlan {
  name: string;
  events: EventFields[];
  header?: Partial<HeaderFields>;
  seed?: Buffer;
  /** Where it is judged; null where no context accepts it. */
  context?: ContextName;
}

const SCOPES = ['system', 'organization', 'application'];
const ACTOR_TYPES = ['none', 'user', 'service', 'api_token', 'oidc', 'system', 'anonymous'];
const OUTCOMES = ['success', 'failure', 'denied', 'validation_failed', 'partial'];

function numbered(count: number): EventFields[] {
  return Array.from({ length: count }, (_, index) =>
    eventFields({
      body: bodyFields({ id: uuid(index % 2 === 0 ? 7 : 8, `numbered/${index}`), target_id: `t-${index}` }),
    }),
  );
}

function everySymbol(): EventFields[] {
  return ACTOR_TYPES.map((actor_type, index) => {
    const symbols = { actor_type, scope: SCOPES[index % 3] ?? '', outcome: OUTCOMES[index % 5] ?? '' };
    return eventFields({ body: bodyFields({ ...symbols, kind: index % 2 === 0 ? 'event' : 'stateful' }) });
  });
}

const TEXTS = [
  ['two bytes', 'Zoë Müller, αβγ, Привет, שלום'],
  ['three bytes', '監査ログ €5 — ﬁn'],
  ['four bytes', '🔏 𝔸 👩‍🚀'],
  ['not normalised', 'e\u0301 is not \u00e9'],
  ['leading U+FEFF', '\ufeffkept'],
  ['NUL and controls', '\u0000\u0001\u001f\u007f\r\n'],
  ['edges of every length', '\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}'],
] as const;

const ADDRESSES = [
  ['IPv4', 'c000022c'],
  ['IPv4 of zeros', '00000000'],
  ['IPv6', '20010db8000000000000000000000017'],
  ['IPv6 of zeros', '00000000000000000000000000000000'],
  ['IPv6, v4-compatible', '000000000000000000000000c000022c'],
  ['IPv6, one bit short of v4-mapped', '00000000000000000000fffec000022c'],
  ['IPv6, NAT64', '0064ff9b0000000000000000c000022c'],
] as const;

function related(count: number) {
  return Array.from({ length: count }, (_, index) => ({ type: index % 5 === 0 ? '' : 'order', id: `o-${index}` }));
}

const THOUSAND = Array.from({ length: 1000 }, (_, index) => ({
  body: smallestBody({ id: uuid(7, `thousand/${index}`) }),
  identity: NO_IDENTITY,
  content: index % 100 === 0 ? contentFields() : NO_CONTENT,
}));

const acme = { producer_id: 'acme-api', key_id: keyId(publicKeyOf(SEEDS.acme)) };
const wide = { producer_id: WIDE_PRODUCER, key_id: keyId(publicKeyOf(SEEDS.wide)) };

const PLANS: BatchPlan[] = [
  { name: 'batch of 1: a signed event', events: numbered(1) },
  { name: 'batch of 2', events: numbered(2) },
  { name: 'batch of 3', events: numbered(3) },
  { name: 'batch of 7', events: numbered(7) },
  { name: 'batch of 1000', events: THOUSAND },
  { name: 'open', events: [], header: { kind: 'open', first_seq: 0n, prev: Buffer.alloc(32) } },
  { name: 'heartbeat', events: [], header: { kind: 'heartbeat' } },
  { name: 'close', events: [], header: { kind: 'close' } },
  { name: 'registry marker', events: [], header: MARKER, seed: SEEDS.root },
  {
    name: 'registry marker, the first',
    events: [],
    header: { ...MARKER, registry: 0n, prev: Buffer.alloc(32) },
    seed: SEEDS.root,
    context: 'before_first_marker',
  },
  { name: 'a key of one organization', events: numbered(2), header: acme, seed: SEEDS.acme },
  { name: 'every enum symbol', events: everySymbol() },
  { name: 'the smallest event', events: [{ body: smallestBody(), identity: NO_IDENTITY, content: NO_CONTENT }] },
  {
    name: 'empty parts in every combination',
    events: [
      eventFields(),
      eventFields({ identity: NO_IDENTITY }),
      eventFields({ content: NO_CONTENT }),
      eventFields({ identity: NO_IDENTITY, content: NO_CONTENT }),
      eventFields({ identity: { ...NO_IDENTITY, session_id: '\u0000' } }),
      eventFields({ content: { ...NO_CONTENT, message: '\u0000' } }),
    ],
  },
  {
    name: 'multi-byte UTF-8',
    events: TEXTS.map(([label, text]) =>
      eventFields({
        body: bodyFields({ actor_id: text, reason: label, related: [{ type: text, id: text }] }),
        identity: identityFields({ actor_name: text }),
        content: contentFields({ message: text, details: JSON.stringify({ text }) }),
      }),
    ),
  },
  {
    name: 'addresses',
    events: ADDRESSES.map(([label, ip]) =>
      eventFields({ body: bodyFields({ reason: label }), identity: { ...NO_IDENTITY, ip: Buffer.from(ip, 'hex') } }),
    ),
  },
  {
    name: 'related: none, one, 64 (a count of two bytes), 300',
    events: [0, 1, 64, 300].map((count) => eventFields({ body: bodyFields({ related: related(count) }) })),
  },
  {
    name: 'JSON text is kept to the byte and not judged',
    events: [
      eventFields({ content: contentFields({ details: '{ "a":1,"a":2 }\n', before: 'not JSON', after: '[1e999]' }) }),
    ],
  },
  {
    name: 'ids of version 7 and 8, every variant bit',
    events: (['7000-8000', '7fff-bfff', '8000-a000', '8abc-9000'] as const).map((middle) =>
      eventFields({
        body: bodyFields({ id: Buffer.from(`0197742a-2400-${middle}-123456789abc`.replaceAll('-', ''), 'hex') }),
      }),
    ),
  },
  {
    name: 'the earliest time, and ten minutes after the append time',
    events: [0n, 1n, NOW_US + 600_000_000n].map((occurred_at) => eventFields({ body: bodyFields({ occurred_at }) })),
  },
  {
    name: 'the last microsecond of 2199',
    events: [eventFields({ body: bodyFields({ occurred_at: LAST_US_OF_2199 }) })],
    context: 'appended_in_2199',
  },
  {
    name: 'actions at their limits',
    events: ['a', '0', 'a.b-c_d:e', '9.9', 'a'.repeat(128), 'a..', 'z:'].map((action) =>
      eventFields({ body: bodyFields({ action }) }),
    ),
  },
  {
    name: 'scope: what it needs and may also have',
    events: [
      eventFields({ body: bodyFields({ scope: 'system', organization_id: '', application_id: '' }) }),
      eventFields({ body: bodyFields({ scope: 'system' }) }),
      eventFields({ body: bodyFields({ scope: 'organization', application_id: '' }) }),
      eventFields({ body: bodyFields({ scope: 'organization' }) }),
    ],
  },
  { name: 'the last lane', events: numbered(1), header: { lane: 65_535, lanes: 65_536 } },
  { name: 'the only lane', events: numbered(1), header: { lane: 0, lanes: 1 } },
  { name: 'the highest sequence', events: numbered(3), header: { first_seq: 2n ** 53n - 4n } },
  { name: 'created at zero', events: numbered(1), header: { created_at: 0n } },
  { name: 'a header of 1,024 bytes', events: numbered(1), header: wide, seed: SEEDS.wide },
  ...LIMIT_EVENTS.map(({ name, event }) => ({ name, events: [event] })),
];

function sealPlan({ name, events, header = {}, seed = SEEDS.gateway, context = 'standard' }: BatchPlan) {
  const salt_seed = bytesFor(`salt_seed/${name}`, 32);
  const parts = events.map(encodeParts);
  const fields = headerFields(header);
  const sealed = sealBatch({ header: fields, seed, salt_seed, events: parts });
  const isLarge = events.length > 100;
  const details = parts.map((part, index) => {
    const salts = saltsOf(salt_seed, index);
    return {
      ...(isLarge
        ? {}
        : {
            body_fields: events[index]?.body,
            identity_fields: events[index]?.identity,
            content_fields: events[index]?.content,
          }),
      ...part,
      ...(isLarge ? {} : { identity_salt: salts.identity, content_salt: salts.content }),
      ...(isLarge
        ? {}
        : {
            identity_digest: partDigest(salts.identity, part.identity),
            content_digest: partDigest(salts.content, part.content),
          }),
      leaf: leafOf(part, salt_seed, index),
    };
  });
  return {
    name,
    context,
    seed,
    salt_seed,
    header_fields: { ...fields, count: events.length, root: sealed.root },
    events: details,
    root: sealed.root,
    header: sealed.header,
    header_hash: sealed.header_hash,
    signature: sealed.signature,
    value: sealed.value,
    value_sha256: sha256(sealed.value),
  };
}

/** Every valid record with all that lies between its fields and its bytes; events of a large one without the middle. */
export const BATCHES = PLANS.map(sealPlan);
