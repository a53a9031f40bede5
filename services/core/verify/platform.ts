import type { WebCrypto } from '../timestamp/index.js';
import type { TreeHasher } from '../tlog/index.js';

/** What the verifier needs of the machine it runs on: Node's is in node.ts, a page's in web.ts. */
export interface Platform {
  hasher: TreeHasher;
  /**
   * One Ed25519 signature (RFC 8032, cofactorless, S < L) by a raw public key. False for anything that is none, never an exception. May
   * be asynchronous, as WebCrypto is.
   */
  ed25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
  /** Bytes of standard Base64 with padding; undefined where the text is anything but their one spelling. */
  fromBase64(text: string): Uint8Array | undefined;
  /** For the certificates of timestamps. */
  webcrypto: WebCrypto;
}
