import { createPublicKey, type KeyObject, verify, webcrypto } from 'node:crypto';
import { createNodeTreeHasher } from '../tlog/node.js';
import type { Platform } from './platform.js';
import type { BundleInput } from './read-bundle.js';
import { type BundleVerdict, type VerifyOptions, verifyBundle as verify1 } from './verify-bundle.js';

const keptKeys = 256;

/** Node's crypto. One per thread. */
export function createNodePlatform(): Platform {
  const keys = new Map<string, KeyObject>();
  const keyOf = (raw: Uint8Array): KeyObject => {
    const x = Buffer.from(raw).toString('base64url');
    const known = keys.get(x);
    if (known) return known;
    if (keys.size >= keptKeys) keys.clear();
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    keys.set(x, key);
    return key;
  };
  return {
    hasher: createNodeTreeHasher(),
    webcrypto: webcrypto as Platform['webcrypto'],
    ed25519(publicKey, message, signature) {
      try {
        return verify(null, message, keyOf(publicKey), signature);
      } catch {
        return false;
      }
    },
    fromBase64: strictBase64,
  };
}

/** Buffer passes over what it does not know; so the length must be what the text's says, and the end must be written as it would be. */
function strictBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (bytes.length !== (text.length / 4) * 3 - padding || text.includes('-') || text.includes('_')) return undefined;
  const tail = bytes.length % 3 === 0 ? bytes.length - 3 : bytes.length - (bytes.length % 3);
  return text.length === 0 || text.endsWith(bytes.toString('base64', Math.max(0, tail))) ? bytes : undefined;
}

/** Judges an evidence bundle offline (docs/guides/verify.md). Throws UnreadableBundle and UnreadableTrust, nothing else. */
export const verifyBundle = (bundle: BundleInput, options: VerifyOptions = {}): Promise<BundleVerdict> =>
  verify1(bundle, { ...options, platform: createNodePlatform() });

export * from './public.js';
