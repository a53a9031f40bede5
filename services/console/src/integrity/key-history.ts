import { sha256 } from '@noble/hashes/sha2.js';
import {
  entryHashPrefix,
  entrySignaturePrefix,
  type RegistryEntry,
  readEntry,
  readSignedEntry,
} from '../../../core/registry/entry-reading.js';
import { createRegistryFold } from '../../../core/registry/fold.js';
import { toHex } from '../../../core/wire/bytes.js';
import { WireFault } from '../../../core/wire/fault.js';

/** Of a bundle, as far as its registry goes. */
export interface RegistryJson {
  deployment: { audience: string; root_key: string };
  registry: { records: { offset: number; append_time: number; value: string }[] };
}

/** An entry that the root key signed, and what it means beside those before it. */
export interface KeyChange {
  seq: number;
  /** In the registry topic: what the markers in the log name. */
  offset: number;
  at: string;
  change: 'registered' | 'added' | 'changed' | 'revoked' | 'incarnation' | 'organization';
  /** Hexadecimal, of keys. */
  keyId: string | undefined;
  producerId: string;
  name: string;
  organizations: string[];
  scopes: string[];
  /** Of an incarnation: the topic and its partitions; of an organization: its id. */
  subject: string;
}

export interface KeyHistory {
  /** The newest first. */
  changes: KeyChange[];
  /** Records that the root key did not sign, or that do not follow the ones before. */
  passedOver: number;
}

type Ed25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;

/** Reads the registry as every reader does: signatures by the root key that the bundle names, each entry after the one before. */
export async function readKeyHistory({ deployment, registry }: RegistryJson, verify: Ed25519): Promise<KeyHistory> {
  const rootKey = bytesOf(deployment.root_key);
  const keyIdOf = (key: Uint8Array): Uint8Array => sha256(joined(Uint8Array.of(1), key));
  const fold = createRegistryFold<Uint8Array>({ audience: deployment.audience, keyIdOf, importKey: (raw) => raw });
  const changes: KeyChange[] = [];
  for (const { offset, append_time, value } of registry.records) {
    try {
      const { bytes, signature } = readSignedEntry(bytesOf(value));
      if (!(await verify(rootKey, joined(entrySignaturePrefix, bytes), signature))) continue;
      const entry = readEntry(bytes);
      const before = fold.keys();
      fold.apply(offset, entry, sha256(joined(entryHashPrefix, bytes)));
      changes.push(changeOf(entry, offset, new Date(append_time).toISOString(), before));
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
    }
  }
  return { changes: changes.reverse(), passedOver: registry.records.length - changes.length };
}

type Known = { keyId: string; producerId: string; name: string; revoked: boolean }[];

function changeOf(entry: RegistryEntry<Uint8Array>, offset: number, at: string, before: Known): KeyChange {
  const keyId = entry.key_id.length > 0 ? toHex(entry.key_id) : undefined;
  const known = before.find((key) => key.keyId === keyId);
  const producerId = entry.producer_id || (known?.producerId ?? '');
  const others = before.some((key) => key.producerId === producerId && !key.revoked);
  const change =
    entry.kind === 'key_revoked'
      ? 'revoked'
      : entry.kind !== 'key'
        ? entry.kind
        : known
          ? 'changed'
          : others
            ? 'added'
            : 'registered';
  const subject =
    entry.kind === 'incarnation'
      ? `${entry.topic}, ${entry.partitions} partitions`
      : entry.kind === 'organization'
        ? entry.organization_id
        : '';
  return {
    seq: entry.seq,
    offset,
    at,
    change,
    keyId,
    producerId,
    name: entry.name || (known?.name ?? ''),
    organizations: entry.organizations,
    scopes: entry.scopes,
    subject,
  };
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
