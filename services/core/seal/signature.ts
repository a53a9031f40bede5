import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { sha256 } from './hash.js';

const batchPrefix = Buffer.from('sealstream/batch/v1\0', 'latin1');
const headerPrefix = Buffer.from('sealstream/header/v1\0', 'latin1');
const ed25519Byte = Buffer.from([1]);

/** A private key with what goes on the wire for it. */
export interface SigningKey {
  privateKey: KeyObject;
  /** The raw 32 bytes. */
  publicKey: Buffer;
  keyId: Buffer;
}

/** `key_id` of a raw Ed25519 public key. */
export const keyIdOf = (publicKey: Uint8Array): Buffer => sha256(ed25519Byte, publicKey);

export const headerHash = (header: Uint8Array): Buffer => sha256(headerPrefix, header);

/** A key object from the raw 32 bytes. Does not judge the key: see `publicKeyFault`. */
export function ed25519PublicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') },
    format: 'jwk',
  });
}

/** Reads a PKCS#8 PEM Ed25519 private key. Throws when it is another kind. */
export function signingKeyFromPem(pem: string | Buffer): SigningKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    throw new Error(
      `the signing key is ${privateKey.asymmetricKeyType ?? 'no asymmetric key'}; it must be Ed25519 (PKCS#8 PEM)`,
    );
  }
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url');
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

export const signHeader = (key: SigningKey, header: Buffer): Buffer =>
  sign(null, Buffer.concat([batchPrefix, header]), key.privateKey);

/** One signature, verified alone (RFC 8032, cofactorless, S < L: OpenSSL's). */
export const verifyHeader = (publicKey: KeyObject, header: Buffer, signature: Buffer): boolean =>
  verify(null, Buffer.concat([batchPrefix, header]), publicKey, signature);
