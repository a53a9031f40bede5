import type { KeyObject } from 'node:crypto';
import { ed25519PublicKey, keyIdOf } from '../seal/signature.js';
import { WireFault } from '../wire/fault.js';
import { openEntry } from './entry.js';
import type { RegistryEntry } from './entry-reading.js';
import {
  createRegistryFold,
  type KeyGrant as Grant,
  type Incarnation as Incarnated,
  type RegistryFold,
} from './fold.js';

/** What a registered key may do. */
export type KeyGrant = Grant<KeyObject>;

export interface Incarnation extends Incarnated {
  id: Buffer;
}

/** What a judge asks of the registry. */
export interface RegistryView {
  /** The offset below which this view has read the registry topic: a marker that points at or above it must wait. */
  readonly heldThrough: number;
  /** The key as of the entries up to and including registry offset `asOf`. */
  keyAsOf(keyId: string, asOf: number): KeyGrant | undefined;
}

export interface Registry extends RegistryView, Omit<RegistryFold<KeyObject>, 'apply' | 'next' | 'incarnation'> {
  /** Folds the next record of the registry topic, in offset order. Returns why it was skipped, or the entry. */
  fold(offset: number, value: Buffer): { entry: RegistryEntry } | { skipped: string };
  /** Where the next entry goes. */
  readonly next: { seq: number; prev: Buffer };
  incarnation(topic: string): Incarnation | undefined;
}

/** The registry folded from its topic (schemas/README.md §5). */
export function createRegistry({ audience, rootPublicKey }: { audience: string; rootPublicKey: KeyObject }): Registry {
  const folded = createRegistryFold<KeyObject>({ audience, keyIdOf, importKey: ed25519PublicKey });
  let heldThrough = 0;
  return {
    ...folded,
    fold(offset, value) {
      heldThrough = Math.max(heldThrough, offset + 1);
      try {
        const { entry, hash } = openEntry(value, rootPublicKey);
        folded.apply(offset, entry, hash);
        return { entry };
      } catch (error) {
        if (error instanceof WireFault) return { skipped: error.message };
        throw error;
      }
    },
    incarnation: (topic) => folded.incarnation(topic) as Incarnation | undefined,
    get next() {
      const { seq, prev } = folded.next;
      return { seq, prev: Buffer.from(prev) };
    },
    get newest() {
      return folded.newest;
    },
    get heldThrough() {
      return heldThrough;
    },
  };
}
