import { sha256, sha256Into } from './hash.js';

const emptyRoot = sha256('');

/** The RFC 6962 §2.1 Merkle tree hash over leaf hashes, 32 bytes each in one buffer. Of none: H(""). */
export function merkleRoot(leaves: Buffer): Buffer {
  let width = leaves.length / 32;
  if (width === 0) return emptyRoot;
  if (width === 1) return Buffer.from(leaves);
  // Level by level, an odd node going up as it is: the same tree as splitting at the largest power of two below n.
  const level = Buffer.from(leaves);
  const node = Buffer.alloc(65);
  node[0] = 1;
  while (width > 1) {
    const pairs = width >> 1;
    for (let pair = 0; pair < pairs; pair += 1) {
      level.copy(node, 1, pair * 64, pair * 64 + 64);
      sha256Into(level, pair * 32, node);
    }
    if (width & 1) level.copy(level, pairs * 32, (width - 1) * 32, width * 32);
    width = pairs + (width & 1);
  }
  return level.subarray(0, 32);
}
