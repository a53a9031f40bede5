import type { KeyObject } from 'node:crypto';
import { publicKeyFault } from '../seal/public-key.js';
import { ed25519PublicKey, keyIdOf } from '../seal/signature.js';
import { WireFault } from '../wire/fault.js';
import type { EntryKind, Scope } from '../wire/symbols.js';
import { openEntry, type RegistryEntry } from './entry.js';

/** What a registered key may do. */
export interface KeyGrant {
  keyId: string;
  /** Undefined only where the key was revoked before it was ever added. */
  publicKey: KeyObject | undefined;
  rawPublicKey: Buffer;
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
  id: Buffer;
  partitions: number;
}

/** What a judge asks of the registry. */
export interface RegistryView {
  /** The offset below which this view has read the registry topic: a marker that points at or above it must wait. */
  readonly heldThrough: number;
  /** The key as of the entries up to and including registry offset `asOf`. */
  keyAsOf(keyId: string, asOf: number): KeyGrant | undefined;
}

export interface Registry extends RegistryView {
  /** Folds the next record of the registry topic, in offset order. Returns why it was skipped, or the entry. */
  fold(offset: number, value: Buffer): { entry: RegistryEntry } | { skipped: string };
  /** Where the next entry goes. */
  readonly next: { seq: number; prev: Buffer };
  /** Registry offset of the newest valid entry, -1 before the first. */
  readonly newest: number;
  /** Whether the record at this registry offset was a valid entry. */
  holds(offset: number): boolean;
  incarnation(topic: string): Incarnation | undefined;
  /** The registry as it stands now. */
  keys(): KeyGrant[];
  organizations(): { id: string; name: string }[];
}

/** The registry folded from its topic (schemas/README.md §5). */
export function createRegistry({ audience, rootPublicKey }: { audience: string; rootPublicKey: KeyObject }): Registry {
  const versions = new Map<string, { offset: number; grant: KeyGrant }[]>();
  const incarnations = new Map<string, Incarnation>();
  const organizations = new Map<string, string>();
  let next = { seq: 0, prev: Buffer.alloc(32) as Buffer };
  let newest = -1;
  let heldThrough = 0;
  const valid = new Set<number>();

  const latest = (keyId: string): KeyGrant | undefined => versions.get(keyId)?.at(-1)?.grant;

  const addVersion = (offset: number, grant: KeyGrant): void => {
    const known = versions.get(grant.keyId);
    if (known) known.push({ offset, grant });
    else versions.set(grant.keyId, [{ offset, grant }]);
  };

  const apply = (offset: number, entry: RegistryEntry): void => {
    if (entry.kind === 'key') {
      const grant = grantOf(entry);
      if (!latest(grant.keyId)?.revoked) addVersion(offset, grant);
    } else if (entry.kind === 'key_revoked') {
      const keyId = entry.key_id.toString('hex');
      const grant = latest(keyId);
      // A revocation holds even for a key that was never added: it must not come in later.
      if (!grant?.revoked) addVersion(offset, { ...(grant ?? unseenGrant(keyId)), revoked: true });
    } else if (entry.kind === 'incarnation') {
      incarnations.set(entry.topic, { topic: entry.topic, id: entry.incarnation, partitions: entry.partitions });
    } else {
      organizations.set(entry.organization_id, entry.name);
    }
  };

  return {
    fold(offset, value) {
      heldThrough = Math.max(heldThrough, offset + 1);
      try {
        const { entry, hash } = openEntry(value, rootPublicKey);
        checkPlace(entry, audience, next);
        checkFit(entry);
        apply(offset, entry);
        next = { seq: next.seq + 1, prev: hash };
        newest = offset;
        valid.add(offset);
        return { entry };
      } catch (error) {
        if (error instanceof WireFault) return { skipped: error.message };
        throw error;
      }
    },
    keyAsOf(keyId, asOf) {
      const known = versions.get(keyId);
      if (!known) return undefined;
      for (let at = known.length - 1; at >= 0; at -= 1) if (known[at]!.offset <= asOf) return known[at]!.grant;
      return undefined;
    },
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
    get heldThrough() {
      return heldThrough;
    },
  };
}

function checkPlace(entry: RegistryEntry, audience: string, next: { seq: number; prev: Buffer }): void {
  if (entry.audience !== audience) throw new WireFault('wrong_audience', `the entry is for ${entry.audience}`);
  if (entry.seq !== next.seq || !entry.prev.equals(next.prev)) {
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
function checkFit(entry: RegistryEntry): void {
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
    if (entry.algorithm !== 1 || !entry.key_id.equals(keyIdOf(entry.public_key))) refuse('algorithm or key_id');
    if (entry.producer_id === '') refuse('no producer_id');
  }
  if (entry.kind === 'key_revoked' && entry.key_id.length !== 32) refuse('key_id');
  if (entry.kind === 'incarnation' && (entry.topic === '' || entry.incarnation.length !== 16 || entry.partitions < 1)) {
    refuse('topic, incarnation or partitions');
  }
  if (entry.kind === 'organization' && entry.organization_id === '') refuse('no organization_id');
}

const unseenGrant = (keyId: string): KeyGrant => ({
  keyId,
  publicKey: undefined,
  rawPublicKey: Buffer.alloc(0),
  producerId: '',
  organizations: new Set(),
  scopes: new Set(),
  name: '',
  revoked: true,
});

function grantOf(entry: RegistryEntry): KeyGrant {
  return {
    keyId: entry.key_id.toString('hex'),
    publicKey: ed25519PublicKey(entry.public_key),
    rawPublicKey: Buffer.from(entry.public_key),
    producerId: entry.producer_id,
    organizations: new Set(entry.organizations),
    scopes: new Set(entry.scopes),
    name: entry.name,
    revoked: false,
  };
}
