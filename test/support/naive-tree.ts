import { createHash } from 'node:crypto';

const sha256 = (...pieces: Uint8Array[]): Buffer => {
  const digest = createHash('sha256');
  for (const piece of pieces) digest.update(piece);
  return digest.digest();
};
const splitOf = (width: number): number => 2 ** Math.floor(Math.log2(width - 1));

/** RFC 6962 §2.1 word for word, recursion and all: what the log's trees are compared with. */
export const naiveLeaf = (entry: Uint8Array): Buffer => sha256(Buffer.from([0]), entry);

export function naiveRoot(leaves: Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return Buffer.from(leaves[0]!);
  const split = splitOf(leaves.length);
  return sha256(Buffer.from([1]), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

/** PATH(m, D[n]). */
export function naivePath(index: number, leaves: Uint8Array[]): Buffer[] {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  return index < split
    ? [...naivePath(index, leaves.slice(0, split)), naiveRoot(leaves.slice(split))]
    : [...naivePath(index - split, leaves.slice(split)), naiveRoot(leaves.slice(0, split))];
}

/** PROOF(m, D[n]). */
export function naiveConsistency(oldSize: number, leaves: Uint8Array[], isWhole = true): Buffer[] {
  if (oldSize === leaves.length) return isWhole ? [] : [naiveRoot(leaves)];
  const split = splitOf(leaves.length);
  return oldSize <= split
    ? [...naiveConsistency(oldSize, leaves.slice(0, split), isWhole), naiveRoot(leaves.slice(split))]
    : [...naiveConsistency(oldSize - split, leaves.slice(split), false), naiveRoot(leaves.slice(0, split))];
}
