import { createPrivateKey } from 'node:crypto';
import { createDeployment } from '../../services/core/deployment.js';
import { createJudge, emptyLane, laneKey, newPartitionState } from '../../services/core/judge/index.js';
import {
  createRegistry,
  type KeyGrant,
  type RegistryEntry,
  type RegistryView,
  signEntry,
} from '../../services/core/registry/index.js';
import {
  createLeafHasher,
  createSealer,
  ed25519PublicKey,
  expandSalts,
  keyIdOf,
  merkleRoot,
  publicKeyFault,
  type SigningKey,
  signingKeyFromPem,
} from '../../services/core/seal/index.js';
import {
  decodeEvent,
  decodeFrame,
  decodeHeader,
  type ErasedBatch,
  encodeErasedBatch,
  encodeEvent,
  encodeHeader,
  type Header,
  prefixes,
  uuidFromKey,
  type WireBody,
  type WireContent,
  type WireEvent,
  type WireIdentity,
} from '../../services/core/wire/index.js';
import type { WireAdapter } from '../conformance/adapter.js';
import type { RegisteredKey } from '../conformance/wire-types.js';

const none = Buffer.alloc(0);
const emptyIdentity: WireIdentity = {
  actor_name: '',
  actor_email: '',
  target_name: '',
  ip: none,
  user_agent: '',
  session_id: '',
};
const emptyContent: WireContent = { message: '', path: '', details: '', before: '', after: '' };
const someBody: WireBody = {
  id: Buffer.alloc(16),
  occurred_at: 0,
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
  outcome: 'success',
  reason: '',
  auth_method: '',
  service: '',
  correlation_id: '',
  request_id: '',
  trace_id: '',
  details_schema: '',
};
const event = (part: Partial<WireEvent>): WireEvent => ({
  body: someBody,
  identity: emptyIdentity,
  content: emptyContent,
  ...part,
});
const parts = (part: Partial<ReturnType<typeof encodeEvent>>) => ({ ...encodeEvent(event({})), ...part });

/** The vectors' numbers are bigint where Avro says long; the product's are doubles, whose range the format keeps. */
const numbered = <T>(fields: object): T =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  ) as T;

function signingKey(seed: Buffer): SigningKey {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return signingKeyFromPem(key.export({ type: 'pkcs8', format: 'pem' }));
}

/** services/core as the frozen vectors see it. */
export const coreAdapter: WireAdapter = {
  encodeBody: (fields) => encodeEvent(event({ body: numbered<WireBody>(fields) })).body,
  encodeIdentity: (fields) => encodeEvent(event({ identity: fields })).identity,
  encodeContent: (fields) => encodeEvent(event({ content: fields })).content,
  encodeHeader: (fields) => encodeHeader(numbered<Header>(fields)),
  decodeBody(bytes) {
    const { body } = decodeEvent(parts({ body: bytes }));
    return { ...plain(body), occurred_at: BigInt(body.occurred_at), related: body.related.map(plain) };
  },
  decodeIdentity: (bytes) => plain(decodeEvent(parts({ identity: bytes })).identity),
  decodeContent: (bytes) => plain(decodeEvent(parts({ content: bytes })).content),
  decodeHeader(bytes) {
    const header = decodeHeader(bytes);
    const { first_seq, created_at, registry } = header;
    return { ...header, first_seq: BigInt(first_seq), created_at: BigInt(created_at), registry: BigInt(registry) };
  },
  sealBatch({ header, seed, salt_seed, events }) {
    const sealed = createSealer(signingKey(seed))(numbered<Header>(header), events, salt_seed);
    const leaves = createLeafHasher().ofParts(events, expandSalts(salt_seed, events.length));
    const frame = decodeFrame(sealed.value);
    return {
      leaves: events.map((_, index) => leaves.subarray(index * 32, index * 32 + 32)),
      root: merkleRoot(leaves),
      header: frame.header,
      header_hash: sealed.headerHash,
      signature: frame.signature,
      value: sealed.value,
    };
  },
  encodeErasedBatch: (fields) => encodeErasedBatch(fields as ErasedBatch),
  idFromIdempotencyKey: ({ secret, tenant, key, index }) => uuidFromKey(secret, tenant, key, index),
  isAcceptableKey: (publicKey) => publicKeyFault(publicKey) === undefined,
  keyId: keyIdOf,
  sealEntry(fields, rootSeed) {
    const { value, hash } = signEntry(numbered<RegistryEntry>(fields), signingKey(rootSeed));
    const bytes = value.subarray(prefixes.signedEntry.length, -64);
    // A length of one or two varint bytes stands before the entry.
    const entry = bytes.subarray(bytes[0]! < 0x80 ? 1 : bytes[1]! < 0x80 ? 2 : 3);
    return { entry, entry_hash: hash, signature: value.subarray(-64), value };
  },
  foldRegistry({ audience, root_public_key, values }) {
    const registry = createRegistry({ audience, rootPublicKey: ed25519PublicKey(root_public_key) });
    const valid = values.map((value, offset) => 'entry' in registry.fold(offset, value));
    const keys = registry
      .keys()
      .map(({ keyId, rawPublicKey, producerId, organizations, scopes, revoked }) => ({
        key_id: Buffer.from(keyId, 'hex'),
        public_key: Buffer.from(rawPublicKey),
        producer_id: producerId,
        organizations: [...organizations],
        scopes: [...scopes],
        revoked,
      }))
      .sort((a, b) => Buffer.compare(a.key_id, b.key_id));
    return { valid, keys };
  },
  judgeRecord(value, context) {
    const erased = new Set(
      context.erasures.map(({ header_hash, index, part }) => `${header_hash.toString('hex')}/${index}/${part}`),
    );
    const judge = createJudge({
      deployment: createDeployment(context.audience, context.root_public_key),
      erasures: (hash, index, part) => erased.has(`${hash}/${index}/${part}`),
    });
    const grants = new Map((context.registry?.keys ?? []).map((key) => [key.key_id.toString('hex'), grantOf(key)]));
    const registry: RegistryView = { heldThrough: Number.MAX_SAFE_INTEGER, keyAsOf: (keyId) => grants.get(keyId) };
    const state = newPartitionState(context.partition, context.registry ? Number(context.registry.offset) : -1);
    const record = { partition: context.partition, offset: 0, appendTimeMs: context.append_time_ms, value };
    const history = { same: undefined, prevUsedInLane: false, prevUsedInEpoch: undefined };
    for (;;) {
      const verdict = judge({ record, state, registry, history });
      if (verdict.kind === 'needs') {
        if (verdict.need.kind !== 'lane') throw new Error(`needs ${verdict.need.kind}`);
        state.lanes.set(laneKey(verdict.need.lane), emptyLane());
        continue;
      }
      const { reason, opened, faults } = verdict.judged;
      if (reason !== undefined) return { record: reason, events: [] };
      const events: (string | null)[] = Array(opened!.frame.count).fill(null);
      for (const fault of faults) events[fault.index] = fault.reason;
      return { record: null, events };
    }
  },
};

const plain = <T extends object>(fields: T): T => ({ ...fields });

const grantOf = (key: RegisteredKey): KeyGrant => ({
  keyId: key.key_id.toString('hex'),
  publicKey: key.public_key.length === 32 ? ed25519PublicKey(key.public_key) : undefined,
  rawPublicKey: key.public_key,
  producerId: key.producer_id,
  organizations: new Set(key.organizations),
  scopes: new Set(key.scopes) as KeyGrant['scopes'],
  name: '',
  revoked: key.revoked,
});
