import type { VerifySignature } from './signing.js';

/** What of WebCrypto is used: `crypto.subtle` of a page, or of Node. */
export interface WebSubtle {
  importKey(
    format: 'raw',
    key: Uint8Array,
    algorithm: string,
    extractable: boolean,
    usages: ['verify'],
  ): Promise<unknown>;
  verify(algorithm: string, key: never, signature: Uint8Array, data: Uint8Array): Promise<boolean>;
}

const keptKeys = 64;

/** Ed25519 by WebCrypto, for pages. */
export function createWebVerifier({ subtle }: { subtle: WebSubtle }): VerifySignature {
  const imported = new Map<string, Promise<unknown>>();
  return async (publicKey, message, signature) => {
    const name = publicKey.join();
    if (!imported.has(name)) {
      if (imported.size >= keptKeys) imported.clear();
      imported.set(name, subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']));
    }
    return subtle.verify('Ed25519', (await imported.get(name)) as never, signature, message);
  };
}
