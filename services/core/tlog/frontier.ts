import { refuse } from './errors.js';
import { requireHash, type TreeHasher } from './hashing.js';
import { perfectSubtrees } from './spans.js';

/** What of a tree is needed to go on appending: the roots of its perfect subtrees, the largest (leftmost) first. */
export interface FrontierState {
  size: number;
  hashes: Uint8Array[];
}

/** A tree that only grows, in the memory of at most 53 hashes. */
export interface Frontier {
  readonly size: number;
  append(leafHash: Uint8Array): void;
  root(): Uint8Array;
  state(): FrontierState;
}

export const emptyFrontier: FrontierState = { size: 0, hashes: [] };

/** Throws `bad_range` or `bad_hash` where `from` is no frontier. */
export function createFrontier({
  hasher,
  from = emptyFrontier,
}: {
  hasher: TreeHasher;
  from?: FrontierState;
}): Frontier {
  requireFrontier(from);
  let { size } = from;
  const hashes = [...from.hashes];
  return {
    get size() {
      return size;
    },
    append(leafHash) {
      requireHash(leafHash, 'a leaf hash');
      if (size >= Number.MAX_SAFE_INTEGER) refuse('bad_range', 'the tree is full: 2^53 − 1 entries');
      let hash = leafHash;
      // Every set bit at the end of the size is a subtree as large as the one in hand.
      for (let left = size; left % 2 === 1; left = (left - 1) / 2) hash = hasher.node(hashes.pop()!, hash);
      hashes.push(hash);
      size += 1;
    },
    root: () => foldRight(hasher, hashes),
    state: () => ({ size, hashes: [...hashes] }),
  };
}

/** The root over neighbouring subtrees, the larger left: of none, H(""). */
export function foldRight(hasher: TreeHasher, hashes: Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return hasher.root(new Uint8Array(0));
  return hashes.reduceRight((right, left) => hasher.node(left, right));
}

function requireFrontier({ size, hashes }: FrontierState): void {
  if (!Number.isSafeInteger(size) || size < 0) refuse('bad_range', `the tree size is ${size}: not 0 to 2^53 − 1`);
  const count = perfectSubtrees({ start: 0, end: size }).length;
  if (hashes.length !== count) {
    refuse('bad_hash', `a tree of size ${size} has ${count} perfect subtrees; ${hashes.length} hashes were given`);
  }
  for (const hash of hashes) requireHash(hash, 'the root of a subtree');
}
