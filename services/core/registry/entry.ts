import { type KeyObject, sign, verify } from 'node:crypto';
import { sha256 } from '../seal/hash.js';
import type { SigningKey } from '../seal/signature.js';
import { WireFault } from '../wire/fault.js';
import { prefixes, types } from '../wire/schemas.js';
import {
  entryHashPrefix,
  entrySignaturePrefix,
  type RegistryEntry,
  readEntry,
  readSignedEntry,
} from './entry-reading.js';

const none = Buffer.alloc(0);

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
  const signature = sign(null, Buffer.concat([entrySignaturePrefix, bytes]), rootKey.privateKey);
  const value = Buffer.concat([prefixes.signedEntry, types.signedEntry.toBuffer({ entry: bytes, signature })]);
  return { value, hash: sha256(entryHashPrefix, bytes) };
}

/** Strict. Throws a WireFault for a value that is no canonical entry signed by the root key. */
export function openEntry(value: Buffer, rootPublicKey: KeyObject): { entry: RegistryEntry; hash: Buffer } {
  const { bytes, signature } = readSignedEntry(value);
  if (!verify(null, Buffer.concat([entrySignaturePrefix, bytes]), rootPublicKey, signature)) {
    throw new WireFault('bad_signature', 'the entry is not signed by the root key');
  }
  return { entry: readEntry(bytes), hash: sha256(entryHashPrefix, bytes) };
}
