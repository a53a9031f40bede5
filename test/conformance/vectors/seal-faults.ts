import { ed25519Sign, L, littleEndian, publicKeyOf, signOnlyCofactored, toLittleEndian } from '../edwards.js';
import { merkleTreeHash, sha256 } from '../merkle.js';
import { encodeBody, keyId, leafOf, signedBytes } from '../reference.js';
import { type Draft, draft, SALT_SEED } from './draft.js';
import { marker } from './header-faults.js';
import { bodyFields, bytesFor, rawEvent, SEEDS } from './material.js';
import { accepted, type JudgedVector, refused } from './types.js';

const NO_EVENTS: Draft = { events: [], header: { kind: 'heartbeat' } };
const strangerKey = keyId(publicKeyOf(SEEDS.stranger));
const retired = { producer_id: 'retired', key_id: keyId(publicKeyOf(SEEDS.retired)) };
const acmeKey = keyId(publicKeyOf(SEEDS.acme));
const unknownSchema = { schema_id: bytesFor('another schema', 32) };

const KEYS: JudgedVector[] = [
  refused('another schema', draft({ header: unknownSchema }).value, 'unknown_schema'),
  refused(
    'another schema in a heartbeat',
    draft({ events: [], header: { kind: 'heartbeat', ...unknownSchema } }).value,
    'unknown_schema',
    { ruling: 'schema_id_in_every_kind' },
  ),
  refused('another schema in a marker', draft(marker(unknownSchema)).value, 'unknown_schema', {
    ruling: 'schema_id_in_every_kind',
  }),
  refused('another audience', draft({ header: { audience: 'log.example.org/audit' } }).value, 'wrong_audience'),
  refused('no audience', draft({ header: { audience: '' } }).value, 'wrong_audience'),
  refused(
    'the audience with a slash behind it',
    draft({ header: { audience: 'log.example.com/audit/' } }).value,
    'wrong_audience',
  ),
  refused(
    'the audience in other letters',
    draft({ header: { audience: 'Log.example.com/audit' } }).value,
    'wrong_audience',
  ),
  refused('a marker of another audience', draft(marker({ audience: 'log.example.org/audit' })).value, 'wrong_audience'),
  refused('another partition', draft({ header: { partition: 2 } }).value, 'wrong_partition'),
  refused('a marker of another partition', draft(marker({ partition: 2, lane: 2 })).value, 'wrong_partition'),
  refused('data before the first marker', draft().value, 'no_registry', { context: 'before_first_marker' }),
  refused('a heartbeat before the first marker', draft(NO_EVENTS).value, 'no_registry', {
    context: 'before_first_marker',
  }),
  refused('an unknown key', draft({ header: { key_id: strangerKey }, seed: SEEDS.stranger }).value, 'unknown_key'),
  refused('a key id of zeros', draft({ header: { key_id: Buffer.alloc(32) } }).value, 'unknown_key'),
  refused(
    'data by the root key',
    draft({ header: { key_id: keyId(publicKeyOf(SEEDS.root)) }, seed: SEEDS.root }).value,
    'unknown_key',
    { ruling: 'root_key_signs_markers_only' },
  ),
  refused('a revoked key', draft({ header: retired, seed: SEEDS.retired }).value, 'revoked_key'),
  refused(
    "a producer's name with another's key",
    draft({ header: { key_id: acmeKey }, seed: SEEDS.acme }).value,
    'key_not_permitted',
  ),
  refused('a marker by a producer', draft(marker({ key_id: acmeKey })).value, 'key_not_permitted'),
  refused(
    'a marker by an unknown key',
    draft({ ...marker({ key_id: strangerKey }), seed: SEEDS.stranger }).value,
    'key_not_permitted',
    { ruling: 'marker_needs_no_registry' },
  ),
  refused(
    'the first marker by an unknown key',
    draft({ ...marker({ key_id: strangerKey }), seed: SEEDS.stranger }).value,
    'key_not_permitted',
    {
      context: 'before_first_marker',
      ruling: 'marker_needs_no_registry',
    },
  ),
  refused('a marker by a revoked key', draft({ ...marker(retired), seed: SEEDS.retired }).value, 'key_not_permitted', {
    ruling: 'marker_needs_no_registry',
  }),
  refused('a marker below the one before it', draft(marker({ registry: 39n })).value, 'marker_regressed'),
  accepted('a marker at the one before it', draft(marker({ registry: 40n })).value, { events: 0 }),
];

function withS(change: (s: bigint) => bigint): (signature: Buffer) => Buffer {
  return (signature) =>
    Buffer.concat([signature.subarray(0, 32), toLittleEndian(change(littleEndian(signature.subarray(32))))]);
}

function badSignature(name: string, changeSignature: NonNullable<Draft['changeSignature']>): JudgedVector {
  return refused(`signature: ${name}`, draft({ changeSignature }).value, 'bad_signature');
}

const SIGNATURES: JudgedVector[] = [
  badSignature('zeros', () => Buffer.alloc(64)),
  badSignature('R with one bit turned', (signature) =>
    Buffer.from(signature.map((byte, at) => (at === 0 ? byte ^ 1 : byte))),
  ),
  badSignature('S with one bit turned', (signature) =>
    Buffer.from(signature.map((byte, at) => (at === 32 ? byte ^ 1 : byte))),
  ),
  badSignature(
    'S + L (malleable)',
    withS((s) => s + L),
  ),
  badSignature(
    'S + 8L',
    withS((s) => s + 8n * L),
  ),
  badSignature(
    'S of L itself',
    withS(() => L),
  ),
  badSignature(
    'L - S',
    withS((s) => L - s),
  ),
  badSignature('taken by the cofactored equation only', (_, header) =>
    signOnlyCofactored(SEEDS.gateway, signedBytes(header)),
  ),
  badSignature('over the header without its domain', (_, header) => signRaw(header)),
  badSignature("over the header with the registry's domain", (_, header) =>
    signRaw(Buffer.concat([Buffer.from('sealstream/registry/v1\0'), header])),
  ),
  badSignature('over the header hash', (_, header) => signRaw(sha256(Buffer.from('sealstream/header/v1\0'), header))),
  badSignature('of another header', () => draft({ header: { lane: 2 } }).signature),
  refused('signature: by another registered key', draft({ seed: SEEDS.acme }).value, 'bad_signature'),
  refused(
    'signature: of a marker by a producer, in the name of the root key',
    draft({ ...marker({}), seed: SEEDS.gateway }).value,
    'bad_signature',
  ),
];

function signRaw(message: Buffer): Buffer {
  return ed25519Sign(SEEDS.gateway, message);
}

function badRoot(name: string, root: Buffer): JudgedVector {
  return refused(`root: ${name}`, draft({ events: THREE, header: { root } }).value, 'bad_root');
}

const THREE = ['a', 'b', 'c'].map((action) => rawEvent({ body: encodeBody(bodyFields({ action })) }));
const LEAVES = THREE.map((event, index) => leafOf(event, SALT_SEED, index));
const [first = Buffer.alloc(0), second = Buffer.alloc(0), third = Buffer.alloc(0)] = LEAVES;
const node = (...parts: Buffer[]) => sha256(Buffer.from([1]), ...parts);

const ROOTS: JudgedVector[] = [
  badRoot('zeros', Buffer.alloc(32)),
  badRoot('of nothing', merkleTreeHash([])),
  badRoot('of the leaves in another order', merkleTreeHash([second, first, third])),
  badRoot('of the first two leaves', merkleTreeHash([first, second])),
  badRoot('with the last leaf doubled', merkleTreeHash([...LEAVES, third])),
  badRoot('split in the wrong place', node(first, node(second, third))),
  badRoot('of leaves hashed a second time', merkleTreeHash(LEAVES.map((leaf) => sha256(Buffer.from([0]), leaf)))),
  badRoot('of nodes without their prefix', sha256(sha256(first, second), third)),
  badRoot(
    'of events salted as if each were the first',
    merkleTreeHash(THREE.map((event) => leafOf(event, SALT_SEED, 0))),
  ),
  badRoot(
    'under another salt seed',
    merkleTreeHash(THREE.map((event, index) => leafOf(event, bytesFor('other', 32), index))),
  ),
];

/** Two things wrong at once: the first in the order decides. */
const IN_ORDER: JudgedVector[] = [
  refused('bad header before another schema', draft({ header: { ...unknownSchema, lane: -1 } }).value, 'bad_header'),
  refused(
    'another schema before another audience',
    draft({ header: { ...unknownSchema, audience: 'x' } }).value,
    'unknown_schema',
  ),
  refused(
    'another audience before another partition',
    draft({ header: { audience: 'x', partition: 2 } }).value,
    'wrong_audience',
  ),
  refused(
    'another partition before an unknown key',
    draft({ header: { partition: 2, key_id: strangerKey } }).value,
    'wrong_partition',
  ),
  refused('another partition before the first marker', draft({ header: { partition: 2 } }).value, 'wrong_partition', {
    context: 'before_first_marker',
  }),
  refused('an unknown key before a bad signature', draft({ header: { key_id: strangerKey } }).value, 'unknown_key'),
  refused(
    "a revoked key before another's name",
    draft({ header: { key_id: retired.key_id }, seed: SEEDS.retired }).value,
    'revoked_key',
  ),
  refused("another's name before a bad signature", draft({ header: { key_id: acmeKey } }).value, 'key_not_permitted'),
  refused(
    'a bad signature before a bad root',
    draft({ header: { root: Buffer.alloc(32) }, changeSignature: () => Buffer.alloc(64) }).value,
    'bad_signature',
  ),
  refused(
    'a bad root before a bad event',
    draft({ events: [rawEvent({ body: Buffer.alloc(0) })], header: { root: Buffer.alloc(32) } }).value,
    'bad_root',
  ),
  refused(
    'a marker by a producer before its regression',
    draft(marker({ key_id: acmeKey, registry: 1n })).value,
    'key_not_permitted',
  ),
  refused(
    'a bad signature before a regression',
    draft({ ...marker({ registry: 1n }), changeSignature: () => Buffer.alloc(64) }).value,
    'bad_signature',
  ),
];

export function sealFaults(): JudgedVector[] {
  return [...KEYS, ...SIGNATURES, ...ROOTS, ...IN_ORDER];
}
