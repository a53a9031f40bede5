import { type KeyObject, sign, verify } from 'node:crypto';
import { sha256 } from '../seal/hash.js';
import type { SigningKey } from '../seal/signature.js';
import { WireFault } from '../wire/fault.js';
import { CanonicalReader } from '../wire/reader.js';
import { prefixes, types } from '../wire/schemas.js';
import { type EntryKind, entryKinds, type Scope, scopes } from '../wire/symbols.js';

/** One fact of the registry (schemas/registry.avsc). Fields that the kind does not use are empty, zero or []. */
export interface RegistryEntry {
  audience: string;
  seq: number;
  prev: Buffer;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  created_at: number;
  kind: EntryKind;
  key_id: Buffer;
  algorithm: number;
  public_key: Buffer;
  producer_id: string;
  organizations: string[];
  scopes: Scope[];
  topic: string;
  incarnation: Buffer;
  partitions: number;
  organization_id: string;
  name: string;
}

const none = Buffer.alloc(0);
const signaturePrefix = Buffer.from('sealstream/registry/v1\0', 'latin1');
const hashPrefix = Buffer.from('sealstream/registry-entry/v1\0', 'latin1');

/** The fields of a fact, the rest filled in with what "not used" is on the wire. */
export type RegistryFact = Pick<RegistryEntry, 'kind'> &
  Partial<Omit<RegistryEntry, 'kind' | 'audience' | 'seq' | 'prev' | 'created_at'>>;

export function completeEntry(
  fact: RegistryFact,
  place: Pick<RegistryEntry, 'audience' | 'seq' | 'prev' | 'created_at'>,
): RegistryEntry {
  return {
    ...place,
    key_id: none,
    algorithm: 0,
    public_key: none,
    producer_id: '',
    organizations: [],
    scopes: [],
    topic: '',
    incarnation: none,
    partitions: 0,
    organization_id: '',
    name: '',
    ...fact,
  };
}

/** The value of a record of the registry topic, and the entry's hash that the next entry carries as `prev`. */
export function signEntry(entry: RegistryEntry, rootKey: SigningKey): { value: Buffer; hash: Buffer } {
  const bytes = types.entry.toBuffer(entry);
  const signature = sign(null, Buffer.concat([signaturePrefix, bytes]), rootKey.privateKey);
  const value = Buffer.concat([prefixes.signedEntry, types.signedEntry.toBuffer({ entry: bytes, signature })]);
  return { value, hash: sha256(hashPrefix, bytes) };
}

/** Strict. Throws a WireFault for a value that is no canonical entry signed by the root key. */
export function openEntry(value: Buffer, rootPublicKey: KeyObject): { entry: RegistryEntry; hash: Buffer } {
  if (!value.subarray(0, 10).equals(prefixes.signedEntry)) throw new WireFault('bad_frame', 'no registry entry');
  const reader = new CanonicalReader(value).window(10, value.length);
  const bytes = value.subarray(reader.byteField(), reader.pos);
  const signature = value.subarray(reader.fixed(64), reader.pos);
  reader.done('the entry');
  if (!verify(null, Buffer.concat([signaturePrefix, bytes]), rootPublicKey, signature)) {
    throw new WireFault('bad_signature', 'the entry is not signed by the root key');
  }
  return { entry: readEntry(bytes), hash: sha256(hashPrefix, bytes) };
}

function readEntry(bytes: Buffer): RegistryEntry {
  const reader = new CanonicalReader(bytes);
  const text = (): string => bytes.toString('utf8', reader.stringField(), reader.pos);
  const field = (): Buffer => bytes.subarray(reader.byteField(), reader.pos);
  const list = <T>(item: () => T): T[] => {
    const count = reader.arrayCount();
    const items = [];
    for (let at = 0; at < count; at += 1) items.push(item());
    reader.endOfArray(count);
    return items;
  };
  const entry: RegistryEntry = {
    audience: text(),
    seq: reader.long(),
    prev: bytes.subarray(reader.fixed(32), reader.pos),
    created_at: reader.long(),
    kind: entryKinds[reader.enumeration(entryKinds.length)]!,
    key_id: field(),
    algorithm: reader.long(),
    public_key: field(),
    producer_id: text(),
    organizations: list(text),
    scopes: list(() => scopes[reader.enumeration(scopes.length)]!),
    topic: text(),
    incarnation: field(),
    partitions: reader.long(),
    organization_id: text(),
    name: text(),
  };
  reader.done('the entry');
  return entry;
}
