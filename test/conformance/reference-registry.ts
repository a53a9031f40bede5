import { ed25519Sign, ed25519Verify, isAcceptableKey } from './edwards.js';
import { NonCanonicalError } from './faults.js';
import {
  decodeEntry,
  decodeSignedEntry,
  encodeEntry,
  encodeSignedEntry,
  entryHash,
  keyId,
  signedEntryBytes,
} from './reference.js';
import { SIGNED_ENTRY_PREFIX } from './schemas.js';
import type { EntryFields, RegisteredKey } from './wire-types.js';

/** Why an entry is skipped. The names are this implementation's: the format only knows valid and skipped. */
export type EntryFault = 'frame' | 'non_canonical' | 'audience' | 'seq' | 'prev' | 'signature' | 'fields';

export interface RegistryFold {
  /** One item per value: null where the entry is valid. */
  faults: (EntryFault | null)[];
  /** Ordered by key id. A key that was revoked before it was ever added has no public key. */
  keys: RegisteredKey[];
}

export interface RegistryInput {
  audience: string;
  root_public_key: Buffer;
  /** The registry topic's values in offset order. */
  values: Buffer[];
}

export interface SealedEntry {
  entry: Buffer;
  entry_hash: Buffer;
  signature: Buffer;
  value: Buffer;
}

export function sealEntry(fields: EntryFields, rootSeed: Buffer): SealedEntry {
  const entry = encodeEntry(fields);
  const signature = ed25519Sign(rootSeed, signedEntryBytes(entry));
  return { entry, entry_hash: entryHash(entry), signature, value: encodeSignedEntry(entry, signature) };
}

export function referenceFoldRegistry({ audience, root_public_key, values }: RegistryInput): RegistryFold {
  const keys = new Map<string, RegisteredKey>();
  let seq = 0n;
  let prev: Buffer = Buffer.alloc(32);
  const faults = values.map((value) => {
    const read = readEntry(value);
    if (typeof read === 'string') return read;
    const { fields, entry, signature } = read;
    if (fields.audience !== audience) return 'audience';
    if (fields.seq !== seq) return 'seq';
    if (!fields.prev.equals(prev)) return 'prev';
    if (!ed25519Verify(root_public_key, signedEntryBytes(entry), signature)) return 'signature';
    if (!fieldsFitKind(fields)) return 'fields';
    seq += 1n;
    prev = entryHash(entry);
    applyEntry(keys, fields);
    return null;
  });
  const inOrder = [...keys.values()].sort((a, b) => Buffer.compare(a.key_id, b.key_id));
  return { faults, keys: inOrder };
}

function readEntry(value: Buffer): { fields: EntryFields; entry: Buffer; signature: Buffer } | EntryFault {
  if (!value.subarray(0, 10).equals(SIGNED_ENTRY_PREFIX)) return 'frame';
  try {
    const { entry, signature } = decodeSignedEntry(value);
    return { fields: decodeEntry(entry), entry, signature };
  } catch (error) {
    if (error instanceof NonCanonicalError) return 'non_canonical';
    throw error;
  }
}

const USED_FIELDS: Record<string, (keyof EntryFields)[]> = {
  key: ['key_id', 'algorithm', 'public_key', 'producer_id', 'organizations', 'scopes', 'name'],
  key_revoked: ['key_id'],
  incarnation: ['topic', 'incarnation', 'partitions'],
  organization: ['organization_id', 'name'],
};
const COMMON_FIELDS: (keyof EntryFields)[] = ['audience', 'seq', 'prev', 'created_at', 'kind'];

function fieldsFitKind(fields: EntryFields): boolean {
  if (fields.created_at < 0n) return false;
  const used = [...COMMON_FIELDS, ...(USED_FIELDS[fields.kind] ?? [])];
  for (const [name, value] of Object.entries(fields)) {
    if (!used.includes(name as keyof EntryFields) && !isAbsent(value)) return false;
  }
  if (fields.kind === 'key') {
    const isKey = fields.algorithm === 1 && isAcceptableKey(fields.public_key);
    return isKey && fields.key_id.equals(keyId(fields.public_key)) && fields.producer_id !== '';
  }
  if (fields.kind === 'key_revoked') return fields.key_id.length === 32;
  if (fields.kind === 'incarnation') {
    return fields.topic !== '' && fields.incarnation.length === 16 && fields.partitions >= 1;
  }
  return fields.organization_id !== '';
}

function isAbsent(value: string | number | bigint | Buffer | string[]): boolean {
  return typeof value === 'object' ? value.length === 0 : value === '' || value === 0 || value === 0n;
}

function applyEntry(keys: Map<string, RegisteredKey>, fields: EntryFields): void {
  const { key_id, public_key, producer_id, organizations, scopes } = fields;
  const name = key_id.toString('hex');
  const known = keys.get(name);
  if (fields.kind === 'key' && known?.revoked !== true) {
    keys.set(name, { key_id, public_key, producer_id, organizations, scopes, revoked: false });
  }
  if (fields.kind === 'key_revoked') {
    const before = known ?? { key_id, public_key: Buffer.alloc(0), producer_id: '', organizations: [], scopes: [] };
    keys.set(name, { ...before, revoked: true });
  }
}
