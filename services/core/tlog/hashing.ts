import { refuse } from './errors.js';

/** SHA-256, synchronous, 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export const hashBytes = 32;

/** The hashes of an RFC 6962 tree (§2.1). Given to everything here that hashes; `tlog/node.ts` has a faster one. */
export interface TreeHasher {
  sha256: Sha256;
  /** H(0x00 ‖ entry). */
  leaf(entry: Uint8Array): Uint8Array;
  /** H(0x01 ‖ left ‖ right). */
  node(left: Uint8Array, right: Uint8Array): Uint8Array;
  /** The Merkle tree hash over leaf hashes, 32 bytes each in one piece; of none, H(""). */
  root(leafHashes: Uint8Array): Uint8Array;
}

export function createTreeHasher({ sha256 }: { sha256: Sha256 }): TreeHasher {
  const node = (left: Uint8Array, right: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(1 + 2 * hashBytes);
    bytes[0] = 1;
    bytes.set(left, 1);
    bytes.set(right, 1 + hashBytes);
    return sha256(bytes);
  };
  return {
    sha256,
    node,
    leaf(entry) {
      const bytes = new Uint8Array(1 + entry.length);
      bytes.set(entry, 1);
      return sha256(bytes);
    },
    root(leafHashes) {
      let level = splitHashes(leafHashes);
      if (level.length === 0) return sha256(new Uint8Array(0));
      // Level by level, an odd node going up as it is: the same tree as splitting at the largest power of two below n.
      while (level.length > 1) {
        const above: Uint8Array[] = [];
        for (let at = 0; at + 1 < level.length; at += 2) above.push(node(level[at]!, level[at + 1]!));
        if (level.length % 2 === 1) above.push(level.at(-1)!);
        level = above;
      }
      return new Uint8Array(level[0]!);
    },
  };
}

/** The hashes of one piece, as views of it. */
export function splitHashes(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length % hashBytes !== 0) refuse('bad_hash', `${bytes.length} bytes are no whole number of 32-byte hashes`);
  return Array.from({ length: bytes.length / hashBytes }, (_, at) =>
    bytes.subarray(at * hashBytes, (at + 1) * hashBytes),
  );
}

export function requireHash(hash: Uint8Array, what: string): void {
  if (hash.length !== hashBytes) refuse('bad_hash', `${what} has ${hash.length} bytes; a SHA-256 hash has 32`);
}
