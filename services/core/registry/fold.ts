import { publicKeyFault } from '../seal/public-key.js';
import { sameBytes, toHex } from '../wire/bytes.js';
import { WireFault } from '../wire/fault.js';
import type { EntryKind, Scope } from '../wire/symbols.js';
import type { RegistryEntry } from './entry-reading.js';

/** What a registered key may do. `Key` is what the reader checks signatures with. */
export interface KeyGrant<Key> {
  keyId: string;
  /** Undefined only where the key was revoked before it was ever added. */
  publicKey: Key | undefined;
  rawPublicKey: Uint8Array;
  producerId: string;
  /** '*' is every organization. */
  organizations: ReadonlySet<string>;
  scopes: ReadonlySet<Scope>;
  name: string;
  revoked: boolean;
}

export interface Incarnation {
  topic: string;
  /** 16 bytes. */
  id: Uint8Array;
  partitions: number;
}

export interface RegistryFold<Key> {
  /**
   * Takes in the entry at the next registry offset, whose signature was found good and whose hash is given. Throws a WireFault, and
   * changes nothing, where it is no valid entry.
   */
  apply(offset: number, entry: RegistryEntry<Uint8Array>, hash: Uint8Array): void;
  /** Where the next entry goes. */
  readonly next: { seq: number; prev: Uint8Array };
  /** Registry offset of the newest valid entry, -1 before the first. */
  readonly newest: number;
  /** Whether the record at this registry offset was a valid entry. */
  holds(offset: number): boolean;
  /** The key as of the entries up to and including registry offset `asOf`. */
  keyAsOf(keyId: string, asOf: number): KeyGrant<Key> | undefined;
  /** Registry offsets at which what a key may do was said or changed, ascending. */
  changesOf(keyId: string): number[];
  incarnation(topic: string): Incarnation | undefined;
  keys(): KeyGrant<Key>[];
  organizations(): { id: string; name: string }[];
}

/** The rules of the registry (schemas/README.md §5) but for the signature: free of any engine, the same in a page. */
export function createRegistryFold<Key>({
  audience,
  keyIdOf,
  importKey,
}: {
  audience: string;
  keyIdOf: (publicKey: Uint8Array) => Uint8Array;
  importKey: (raw: Uint8Array) => Key;
}): RegistryFold<Key> {
  const versions = new Map<string, { offset: number; grant: KeyGrant<Key> }[]>();
  const incarnations = new Map<string, Incarnation>();
  const organizations = new Map<string, string>();
  let next: { seq: number; prev: Uint8Array } = { seq: 0, prev: new Uint8Array(32) };
  let newest = -1;
  const valid = new Set<number>();

  const latest = (keyId: string): KeyGrant<Key> | undefined => versions.get(keyId)?.at(-1)?.grant;

  const addVersion = (offset: number, grant: KeyGrant<Key>): void => {
    const known = versions.get(grant.keyId);
    if (known) known.push({ offset, grant });
    else versions.set(grant.keyId, [{ offset, grant }]);
  };

  const take = (offset: number, entry: RegistryEntry<Uint8Array>): void => {
    if (entry.kind === 'key') {
      const grant = grantOf(entry, importKey);
      if (!latest(grant.keyId)?.revoked) addVersion(offset, grant);
    } else if (entry.kind === 'key_revoked') {
      const keyId = toHex(entry.key_id);
      const grant = latest(keyId);
      // A revocation holds even for a key that was never added: it must not come in later.
      if (!grant?.revoked) addVersion(offset, { ...(grant ?? unseenGrant<Key>(keyId)), revoked: true });
    } else if (entry.kind === 'incarnation') {
      incarnations.set(entry.topic, { topic: entry.topic, id: entry.incarnation, partitions: entry.partitions });
    } else {
      organizations.set(entry.organization_id, entry.name);
    }
  };

  return {
    apply(offset, entry, hash) {
      checkPlace(entry, audience, next);
      checkFit(entry, keyIdOf);
      take(offset, entry);
      next = { seq: next.seq + 1, prev: hash };
      newest = offset;
      valid.add(offset);
    },
    keyAsOf(keyId, asOf) {
      const known = versions.get(keyId);
      if (!known) return undefined;
      for (let at = known.length - 1; at >= 0; at -= 1) if (known[at]!.offset <= asOf) return known[at]!.grant;
      return undefined;
    },
    changesOf: (keyId) => (versions.get(keyId) ?? []).map(({ offset }) => offset),
    holds: (offset) => valid.has(offset),
    incarnation: (topic) => incarnations.get(topic),
    keys: () => [...versions.values()].map((list) => list.at(-1)!.grant),
    organizations: () => [...organizations].map(([id, name]) => ({ id, name })),
    get next() {
      return next;
    },
    get newest() {
      return newest;
    },
  };
}

function checkPlace(entry: RegistryEntry<Uint8Array>, audience: string, next: { seq: number; prev: Uint8Array }): void {
  if (entry.audience !== audience) throw new WireFault('wrong_audience', `the entry is for ${entry.audience}`);
  if (entry.seq !== next.seq || !sameBytes(entry.prev, next.prev)) {
    throw new WireFault('bad_header', `entry ${entry.seq} does not follow entry ${next.seq - 1}`);
  }
}

/** The fields that each kind uses besides those that place the entry; every other is absent. */
const usedFields: Record<EntryKind, readonly (keyof RegistryEntry)[]> = {
  key: ['key_id', 'algorithm', 'public_key', 'producer_id', 'organizations', 'scopes', 'name'],
  key_revoked: ['key_id'],
  incarnation: ['topic', 'incarnation', 'partitions'],
  organization: ['organization_id', 'name'],
};
const placeFields: readonly (keyof RegistryEntry)[] = ['audience', 'seq', 'prev', 'created_at', 'kind'];

/** schemas/README.md §5: a valid entry's fields fit its kind. */
function checkFit(entry: RegistryEntry<Uint8Array>, keyIdOf: (publicKey: Uint8Array) => Uint8Array): void {
  const refuse = (detail: string): never => {
    throw new WireFault('bad_header', `entry of kind ${entry.kind}: ${detail}`);
  };
  const used = [...placeFields, ...usedFields[entry.kind]];
  for (const [name, value] of Object.entries(entry) as [keyof RegistryEntry, RegistryEntry[keyof RegistryEntry]][]) {
    const absent = typeof value === 'number' ? value === 0 : value.length === 0;
    if (!absent && !used.includes(name)) refuse(`${name} is not used`);
  }
  if (entry.created_at < 0) refuse('created_at is negative');
  if (entry.kind === 'key') {
    const fault = publicKeyFault(entry.public_key);
    if (fault) refuse(fault);
    if (entry.algorithm !== 1 || !sameBytes(entry.key_id, keyIdOf(entry.public_key))) refuse('algorithm or key_id');
    if (entry.producer_id === '') refuse('no producer_id');
  }
  if (entry.kind === 'key_revoked' && entry.key_id.length !== 32) refuse('key_id');
  if (entry.kind === 'incarnation' && (entry.topic === '' || entry.incarnation.length !== 16 || entry.partitions < 1)) {
    refuse('topic, incarnation or partitions');
  }
  if (entry.kind === 'organization' && entry.organization_id === '') refuse('no organization_id');
}

const unseenGrant = <Key>(keyId: string): KeyGrant<Key> => ({
  keyId,
  publicKey: undefined,
  rawPublicKey: new Uint8Array(0),
  producerId: '',
  organizations: new Set(),
  scopes: new Set(),
  name: '',
  revoked: true,
});

function grantOf<Key>(entry: RegistryEntry<Uint8Array>, importKey: (raw: Uint8Array) => Key): KeyGrant<Key> {
  return {
    keyId: toHex(entry.key_id),
    publicKey: importKey(entry.public_key),
    rawPublicKey: Uint8Array.from(entry.public_key),
    producerId: entry.producer_id,
    organizations: new Set(entry.organizations),
    scopes: new Set(entry.scopes),
    name: entry.name,
    revoked: false,
  };
}
