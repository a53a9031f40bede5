import { createHash } from 'node:crypto';

export function sha256(...parts: Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

/** MTH of RFC 6962 section 2.1, over leaf hashes that already carry their 0x00. */
export function merkleTreeHash(leaves: Buffer[]): Buffer {
  if (leaves.length === 0) return sha256(Buffer.alloc(0));
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = merkleTreeHash(leaves.slice(0, split));
  const right = merkleTreeHash(leaves.slice(split));
  return sha256(Buffer.from([1]), left, right);
}
