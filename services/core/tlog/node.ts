import { hash, type KeyObject, sign, verify } from 'node:crypto';
import { ed25519PublicKey } from '../seal/signature.js';
import { merkleRoot } from '../seal/tree.js';
import { hashBytes, type Sha256, type TreeHasher } from './hashing.js';
import type { Sign, VerifySignature } from './signing.js';

/** `Buffer.from(…, 'latin1')` of a one-shot hash costs less than a digest buffer of its own. */
export const sha256: Sha256 = (bytes) => Buffer.from(hash('sha256', bytes, 'latin1' as 'hex'), 'latin1');

/** The hasher for Node: no allocation but the results. Not re-entrant, which synchronous hashing never is. */
export function createNodeTreeHasher(): TreeHasher {
  const pair = Buffer.alloc(1 + 2 * hashBytes, 1);
  let scratch = Buffer.alloc(4_096);
  return {
    sha256,
    leaf(entry) {
      if (entry.length >= scratch.length) scratch = Buffer.alloc(2 * entry.length);
      scratch.set(entry, 1);
      return sha256(scratch.subarray(0, 1 + entry.length));
    },
    node(left, right) {
      pair.set(left, 1);
      pair.set(right, 1 + hashBytes);
      return sha256(pair);
    },
    root: (leafHashes) => merkleRoot(Buffer.from(leafHashes.buffer, leafHashes.byteOffset, leafHashes.byteLength)),
  };
}

const keptKeys = 64;

/** Ed25519 by OpenSSL: RFC 8032, cofactorless, S < L. */
export function createNodeVerifier(): VerifySignature {
  const keys = new Map<string, KeyObject>();
  return (publicKey, message, signature) => {
    const name = publicKey.join();
    let key = keys.get(name);
    if (!key) {
      key = ed25519PublicKey(publicKey);
      if (keys.size >= keptKeys) keys.clear();
      keys.set(name, key);
    }
    return verify(null, message, key, signature);
  };
}

export const createNodeSigner =
  ({ privateKey }: { privateKey: KeyObject }): Sign =>
  (message) =>
    sign(null, message, privateKey);
