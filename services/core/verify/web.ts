import { sha256 } from '@noble/hashes/sha2.js';
import { createTreeHasher } from '../tlog/index.js';
import { createWebVerifier, type WebSubtle } from '../tlog/web.js';
import type { Platform } from './platform.js';
import type { BundleInput } from './read-bundle.js';
import { type BundleVerdict, type VerifyOptions, verifyBundle as verify1 } from './verify-bundle.js';

/** A page's crypto: SHA-256 in JavaScript, because WebCrypto's is asynchronous; Ed25519 by WebCrypto. */
export function createWebPlatform(): Platform {
  const verify = createWebVerifier({ subtle: crypto.subtle as unknown as WebSubtle });
  return {
    hasher: createTreeHasher({ sha256 }),
    webcrypto: crypto as Platform['webcrypto'],
    async ed25519(publicKey, message, signature) {
      try {
        return await verify(publicKey, message, signature);
      } catch {
        return false;
      }
    },
    fromBase64(text) {
      if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
      const binary = atob(text);
      if (btoa(binary) !== text) return undefined;
      return Uint8Array.from(binary, (character) => character.charCodeAt(0));
    },
  };
}

/** Judges an evidence bundle in a page (docs/guides/verify.md). Throws UnreadableBundle and UnreadableTrust, nothing else. */
export const verifyBundle = (bundle: BundleInput, options: VerifyOptions = {}): Promise<BundleVerdict> =>
  verify1(bundle, { ...options, platform: createWebPlatform() });

export * from './public.js';
