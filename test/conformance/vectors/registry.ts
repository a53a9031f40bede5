import { varintsOf } from '../avro.js';
import { add, decodePoint, ed25519Sign, encodePoint, pointOfOrderEight, publicKeyOf } from '../edwards.js';
import { encodeEntry, encodeSignedEntry, entryHash, keyId, signedEntryBytes } from '../reference.js';
import { referenceFoldRegistry, type SealedEntry, sealEntry } from '../reference-registry.js';
import { ENTRY, SIGNED_BATCH_PREFIX, SIGNED_ENTRY } from '../schemas.js';
import type { EntryFields } from '../wire-types.js';
import { changeBehindPrefix, padVarint, setVarint, spanAt } from './draft.js';
import { AUDIENCE, bytesFor, NOW_US, SEEDS, STANDARD } from './material.js';
import type { RulingName } from './rulings.js';

const ABSENT: EntryFields = {
  audience: AUDIENCE,
  seq: 0n,
  prev: Buffer.alloc(32),
  created_at: NOW_US,
  kind: 'organization',
  key_id: Buffer.alloc(0),
  algorithm: 0,
  public_key: Buffer.alloc(0),
  producer_id: '',
  organizations: [],
  scopes: [],
  topic: '',
  incarnation: Buffer.alloc(0),
  partitions: 0,
  organization_id: '',
  name: '',
};

type Facts = Partial<EntryFields>;

const INCARNATION: Facts = {
  kind: 'incarnation',
  topic: 'audit.events',
  incarnation: bytesFor('incarnation', 16),
  partitions: 6,
};
const ORGANIZATION: Facts = { kind: 'organization', organization_id: 'acme', name: 'Acme GmbH · Köln' };

function keyFacts(seed: Buffer, overrides: Facts = {}): Facts {
  const public_key = publicKeyOf(seed);
  const may = { producer_id: 'acme-api', organizations: ['acme'], scopes: ['organization', 'application'] };
  return { kind: 'key', key_id: keyId(public_key), algorithm: 1, public_key, name: 'a key', ...may, ...overrides };
}

function revocation(seed: Buffer): Facts {
  return { kind: 'key_revoked', key_id: keyId(publicKeyOf(seed)) };
}

const GATEWAY = keyFacts(SEEDS.gateway, {
  producer_id: 'gateway',
  organizations: ['*'],
  scopes: ['system', 'organization', 'application'],
});

interface ChainItem extends SealedEntry {
  fields: EntryFields;
}

function chain(facts: Facts[]): ChainItem[] {
  const items: ChainItem[] = [];
  for (const fact of facts) {
    const prev = items.at(-1)?.entry_hash ?? Buffer.alloc(32);
    const fields = { ...ABSENT, seq: BigInt(items.length), prev, ...fact };
    items.push({ fields, ...sealEntry(fields, SEEDS.root) });
  }
  return items;
}

/** Every kind of entry, each chained to the one before. */
export const REGISTRY_ENTRIES = chain([
  INCARNATION,
  ORGANIZATION,
  GATEWAY,
  keyFacts(SEEDS.acme),
  keyFacts(SEEDS.acme, { organizations: ['acme', 'initech'], scopes: ['application'], name: 'a key, replaced' }),
  revocation(SEEDS.acme),
  keyFacts(SEEDS.acme),
  { ...INCARNATION, incarnation: bytesFor('incarnation, the second', 16), partitions: 12 },
]);

export interface RegistryVector {
  name: string;
  values: Buffer[];
  /** Per value: whether the entry counts. */
  valid: boolean[];
  keys: ReturnType<typeof referenceFoldRegistry>['keys'];
  ruling?: RulingName;
}

function folded(name: string, values: Buffer[], valid: boolean[], ruling?: RulingName): RegistryVector {
  const input = { audience: AUDIENCE, root_public_key: STANDARD.root_public_key, values };
  const { keys } = referenceFoldRegistry(input);
  return { name, values, valid, keys, ...(ruling === undefined ? {} : { ruling }) };
}

const VALUES = REGISTRY_ENTRIES.map((item) => item.value);
const [head, second] = REGISTRY_ENTRIES as [ChainItem, ChainItem];

/** A bad entry between the first good one and the second, which must still count: what is skipped changes nothing. */
function skipped(name: string, value: Buffer, ruling?: RulingName): RegistryVector {
  return folded(`skipped: ${name}`, [head.value, value, second.value], [true, false, true], ruling);
}

function wrong(name: string, facts: Facts, ruling?: RulingName): RegistryVector {
  const fields = { ...ABSENT, seq: 1n, prev: head.entry_hash, ...facts };
  return skipped(name, sealEntry(fields, SEEDS.root).value, ruling);
}

const NEXT = { ...ABSENT, seq: 1n, prev: head.entry_hash, ...GATEWAY };
const NEXT_ENTRY = encodeEntry(NEXT);
const NEXT_VALUE = sealEntry(NEXT, SEEDS.root).value;
const PLAIN = NEXT_VALUE.subarray(10);

function encodedAs(name: string, entry: Buffer): RegistryVector {
  return skipped(name, encodeSignedEntry(entry, ed25519Sign(SEEDS.root, signedEntryBytes(entry))));
}

const FORM: RegistryVector[] = [
  skipped('text', Buffer.from('{}')),
  skipped('no bytes', Buffer.alloc(0)),
  skipped('the prefix of SignedBatch', Buffer.concat([SIGNED_BATCH_PREFIX, PLAIN])),
  skipped('one byte short', NEXT_VALUE.subarray(0, -1)),
  skipped('a byte behind it', Buffer.concat([NEXT_VALUE, Buffer.alloc(1)])),
  ...varintsOf(SIGNED_ENTRY, PLAIN).map((span) =>
    skipped(
      `padded varint, ${span.path}`,
      changeBehindPrefix(NEXT_VALUE, (bytes) => padVarint(bytes, span)),
    ),
  ),
  ...varintsOf(ENTRY, NEXT_ENTRY).map((span) =>
    encodedAs(`padded varint, ${span.role} of ${span.path}`, padVarint(NEXT_ENTRY, span)),
  ),
  encodedAs('a byte behind the entry', Buffer.concat([NEXT_ENTRY, Buffer.alloc(1)])),
  encodedAs('kind 4', setVarint(NEXT_ENTRY, spanAt(ENTRY, NEXT_ENTRY, 'Entry.kind'), 4n)),
  encodedAs('scope 3', setVarint(NEXT_ENTRY, spanAt(ENTRY, NEXT_ENTRY, 'Entry.scopes[0]'), 3n)),
  encodedAs(
    'algorithm beyond an int',
    setVarint(NEXT_ENTRY, spanAt(ENTRY, NEXT_ENTRY, 'Entry.algorithm'), 2n ** 32n + 1n),
  ),
];

const wrongSignature = encodeSignedEntry(NEXT_ENTRY, ed25519Sign(SEEDS.root, NEXT_ENTRY));

const CHAIN: RegistryVector[] = [
  wrong('another audience', { ...GATEWAY, audience: 'log.example.org/audit' }),
  wrong('the sequence before', { ...GATEWAY, seq: 0n }),
  wrong('a sequence too far', { ...GATEWAY, seq: 2n }),
  wrong('prev of zeros', { ...GATEWAY, prev: Buffer.alloc(32) }),
  wrong('prev of the entry itself', { ...GATEWAY, prev: entryHash(NEXT_ENTRY) }),
  skipped('signed by a producer', sealEntry(NEXT, SEEDS.gateway).value),
  skipped('signed without its domain', wrongSignature),
  skipped('the first entry again', head.value),
];

const FIT = 'entry_fields_fit_kind';
const gatewayPublic = publicKeyOf(SEEDS.gateway);
const FIELDS: RegistryVector[] = [
  wrong('created_at -1', { ...GATEWAY, created_at: -1n }, FIT),
  wrong('key: the id of another key', { ...GATEWAY, key_id: keyId(publicKeyOf(SEEDS.acme)) }, FIT),
  wrong('key: an id of 31 bytes', { ...GATEWAY, key_id: keyId(gatewayPublic).subarray(1) }, FIT),
  wrong('key: algorithm 0', { ...GATEWAY, algorithm: 0 }, FIT),
  wrong('key: algorithm 2', { ...GATEWAY, algorithm: 2 }, FIT),
  wrong('key: 33 bytes of key', { ...GATEWAY, public_key: Buffer.concat([gatewayPublic, Buffer.alloc(1)]) }, FIT),
  wrong('key: no producer', { ...GATEWAY, producer_id: '' }, FIT),
  wrong('key: with a topic', { ...GATEWAY, topic: 'audit.events' }, FIT),
  wrong('key: with an organization_id', { ...GATEWAY, organization_id: 'acme' }, FIT),
  wrong('key_revoked: 31 bytes', { kind: 'key_revoked', key_id: Buffer.alloc(31) }, FIT),
  wrong('key_revoked: with a public key', { ...revocation(SEEDS.gateway), public_key: gatewayPublic }, FIT),
  wrong('key_revoked: with a scope', { ...revocation(SEEDS.gateway), scopes: ['system'] }, FIT),
  wrong('incarnation: 15 bytes', { ...INCARNATION, incarnation: Buffer.alloc(15) }, FIT),
  wrong('incarnation: no topic', { ...INCARNATION, topic: '' }, FIT),
  wrong('incarnation: no partitions', { ...INCARNATION, partitions: 0 }, FIT),
  wrong('organization: no id', { ...ORGANIZATION, organization_id: '' }, FIT),
  wrong('organization: with a key id', { ...ORGANIZATION, key_id: Buffer.alloc(32) }, FIT),
];

const HISTORIES: RegistryVector[] = [
  folded('no entries', [], []),
  folded(
    'every kind, chained',
    VALUES,
    VALUES.map(() => true),
  ),
  folded(
    'a chain whose second entry is missing',
    [head.value, ...VALUES.slice(2)],
    [true, ...VALUES.slice(2).map(() => false)],
  ),
  folded(
    'every value twice',
    VALUES.flatMap((value) => [value, value]),
    VALUES.flatMap(() => [true, false]),
  ),
  folded(
    'a key that may do nothing',
    chain([keyFacts(SEEDS.ops, { organizations: [], scopes: [], name: '' })]).map((item) => item.value),
    [true],
  ),
  folded(
    'revoked before it was added',
    chain([revocation(SEEDS.ops), keyFacts(SEEDS.ops)]).map((item) => item.value),
    [true, true],
    'revocation_outlives_absence',
  ),
];

export const REGISTRY_VECTORS: RegistryVector[] = [...HISTORIES, ...FORM, ...CHAIN, ...FIELDS];

/** Multiples of a point of order 8 are all there is of low order; y and y + p for the small ones, either sign bit. */
function lowOrderEncodings(): [string, Buffer][] {
  const torsion = pointOfOrderEight();
  const points = [torsion];
  for (let multiple = 2; multiple <= 8; multiple++) points.push(add(points.at(-1) ?? torsion, torsion));
  return points.map((point, index) => [`low order, ${index + 1} times a point of order 8`, encodePoint(point)]);
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

const ones = 'ff'.repeat(30);
const honest = decodePoint(gatewayPublic);
if (honest === undefined) throw new Error("the gateway's key does not decode");

/** Public keys at registration. */
export const PUBLIC_KEYS = [
  ...Object.entries(SEEDS).map(([name, seed]) => ({
    name: `honest: ${name}`,
    public_key: publicKeyOf(seed),
    accepted: true,
  })),
  ...lowOrderEncodings().map(([name, public_key]) => ({ name, public_key, accepted: false })),
  { name: 'identity with the sign bit', public_key: hex(`01${'00'.repeat(30)}80`), accepted: false },
  { name: 'y = -1 with the sign bit', public_key: hex(`ec${ones}ff`), accepted: false },
  { name: 'y = p', public_key: hex(`ed${ones}7f`), accepted: false },
  { name: 'y = p with the sign bit', public_key: hex(`ed${ones}ff`), accepted: false },
  { name: 'y = p + 1', public_key: hex(`ee${ones}7f`), accepted: false },
  { name: 'y = p + 1 with the sign bit', public_key: hex(`ee${ones}ff`), accepted: false },
  { name: 'y = p + 3: of full order, not canonical', public_key: hex(`f0${ones}7f`), accepted: false },
  { name: 'y = 2^255 - 1', public_key: hex(`ff${ones}7f`), accepted: false },
  { name: '31 bytes', public_key: gatewayPublic.subarray(1), accepted: false },
  { name: '33 bytes', public_key: Buffer.concat([gatewayPublic, Buffer.alloc(1)]), accepted: false },
  { name: 'no bytes', public_key: Buffer.alloc(0), accepted: false },
  {
    name: 'y = 2: no point of the curve',
    public_key: hex(`02${'00'.repeat(31)}`),
    accepted: false,
    ruling: 'key_must_decode',
  },
  {
    name: 'an honest key moved by a point of order 8',
    public_key: encodePoint(add(honest, pointOfOrderEight())),
    accepted: true,
    ruling: 'key_must_decode',
  },
].map((key) => ({ ...key, key_id: keyId(key.public_key) }));
