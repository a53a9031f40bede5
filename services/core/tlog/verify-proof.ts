import { sameBytes, toHex } from '../wire/bytes.js';
import { refuse } from './errors.js';
import { hashBytes, requireHash, type TreeHasher } from './hashing.js';
import {
  consistencySpans,
  inclusionSpans,
  rangeSpans,
  requireIndex,
  requireRange,
  requireSizes,
  splitOf,
} from './spans.js';

/**
 * Checks that the entry `index` of the tree has this leaf hash (RFC 9162 §2.1.3.2). Returns when it has, throws otherwise:
 * `root_mismatch` when the proof leads elsewhere, `bad_range`, `bad_hash`, `bad_proof` when it is none.
 */
export function verifyInclusion({
  hasher,
  leafHash,
  index,
  size,
  proof,
  root,
}: {
  hasher: TreeHasher;
  leafHash: Uint8Array;
  index: number;
  size: number;
  proof: Uint8Array[];
  root: Uint8Array;
}): void {
  requireIndex(index, size);
  requireHash(leafHash, 'the leaf hash');
  requireHash(root, 'the root');
  requireProof(proof, inclusionSpans(index, size).length, `entry ${index} in a tree of size ${size}`);
  let position = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (position % 2 === 1 || position === last) {
      hash = hasher.node(sibling, hash);
      // On the right edge a node without a sibling goes up as it is.
      while (position % 2 === 0 && position > 0) {
        position /= 2;
        last = half(last);
      }
    } else {
      hash = hasher.node(hash, sibling);
    }
    position = half(position);
    last = half(last);
  }
  requireRoot(hash, root, `the inclusion of entry ${index} in the tree of size ${size}`);
}

/**
 * Checks that the older tree is the beginning of the newer (RFC 9162 §2.1.4.2); of equal sizes, that they are one tree. Throws as
 * `verifyInclusion` does. The empty tree is the beginning of every tree and needs no proof: sizes of 0 are refused.
 */
export function verifyConsistency({
  hasher,
  oldSize,
  oldRoot,
  size,
  root,
  proof,
}: {
  hasher: TreeHasher;
  oldSize: number;
  oldRoot: Uint8Array;
  size: number;
  root: Uint8Array;
  proof: Uint8Array[];
}): void {
  requireSizes(oldSize, size);
  requireHash(oldRoot, 'the older root');
  requireHash(root, 'the newer root');
  requireProof(proof, consistencySpans(oldSize, size).length, `sizes ${oldSize} and ${size}`);
  let position = oldSize - 1;
  let last = size - 1;
  while (position % 2 === 1) {
    position = half(position);
    last = half(last);
  }
  // Where the older tree is one perfect subtree, the proof leaves it out. (Then the shifts above have ended at 0.)
  const [first, ...others] = position === 0 ? [oldRoot, ...proof] : proof;
  let oldHash = first ?? oldRoot;
  let newHash = oldHash;
  for (const sibling of others) {
    if (position % 2 === 1 || position === last) {
      oldHash = hasher.node(sibling, oldHash);
      newHash = hasher.node(sibling, newHash);
      while (position % 2 === 0 && position > 0) {
        position /= 2;
        last = half(last);
      }
    } else {
      newHash = hasher.node(newHash, sibling);
    }
    position = half(position);
    last = half(last);
  }
  requireRoot(oldHash, oldRoot, `consistency with the older tree of size ${oldSize}`);
  requireRoot(newHash, root, `consistency with the newer tree of size ${size}`);
}

/**
 * Checks that `leafHashes` (32 bytes each, in one piece) are exactly those of the entries [start, end) of the tree: none left out,
 * none added, none exchanged. The proof holds the roots of the largest subtrees outside the range, from left to right.
 * Throws as `verifyInclusion` does.
 */
export function verifyRange({
  hasher,
  start,
  end,
  leafHashes,
  size,
  proof,
  root,
}: {
  hasher: TreeHasher;
  start: number;
  end: number;
  leafHashes: Uint8Array;
  size: number;
  proof: Uint8Array[];
  root: Uint8Array;
}): void {
  requireRange(start, end, size);
  requireHash(root, 'the root');
  if (leafHashes.length !== (end - start) * hashBytes) {
    refuse(
      'bad_hash',
      `${leafHashes.length} bytes are not the ${end - start} leaf hashes of entries ${start} to ${end}`,
    );
  }
  requireProof(proof, rangeSpans(start, end, size).length, `entries ${start} to ${end} of a tree of size ${size}`);
  let used = 0;
  // As deep as the tree is high: 53 at most.
  const rootOf = (from: number, to: number): Uint8Array => {
    if (start <= from && to <= end) {
      return hasher.root(leafHashes.subarray((from - start) * hashBytes, (to - start) * hashBytes));
    }
    if (to <= start || from >= end) {
      used += 1;
      return proof[used - 1]!;
    }
    const middle = from + splitOf(to - from);
    const left = rootOf(from, middle);
    return hasher.node(left, rootOf(middle, to));
  };
  requireRoot(rootOf(0, size), root, `entries ${start} to ${end} of the tree of size ${size}`);
}

const half = (value: number): number => Math.floor(value / 2);

function requireProof(proof: Uint8Array[], length: number, what: string): void {
  if (proof.length !== length)
    refuse('bad_proof', `the proof for ${what} has ${proof.length} hashes; it takes ${length}`);
  for (const hash of proof) requireHash(hash, `a hash of the proof for ${what}`);
}

function requireRoot(computed: Uint8Array, root: Uint8Array, what: string): void {
  if (!sameBytes(computed, root)) {
    refuse('root_mismatch', `the proof of ${what} leads to the root ${toHex(computed)}, not ${toHex(root)}`);
  }
}
