import { createPublicKey } from 'node:crypto';
import { publicKeyFault } from '../../core/seal/index.js';
import { Problem } from '../errors.js';

const refuse = (detail: string): Problem =>
  new Problem('invalid-public-key', `the public key ${detail}`, { errors: [{ pointer: '/public_key', detail }] });

/**
 * The raw 32 bytes of an Ed25519 public key given as base64 of them, as SubjectPublicKeyInfo in base64 or PEM. Throws
 * invalid-public-key (422) for anything else, and for keys under which signatures could be forged (core/seal/public-key.ts).
 */
export function readPublicKey(text: string): Buffer {
  const raw = text.includes('-----BEGIN') ? rawOfPem(text) : rawOfBase64(text);
  const fault = publicKeyFault(raw);
  if (fault) throw refuse(`cannot be registered: ${fault}`);
  return raw;
}

function rawOfPem(pem: string): Buffer {
  // Node would make the public key of a private one; but then the private one has just been sent to us.
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) {
    throw refuse('is not a PEM "PUBLIC KEY". Never send a private key; if this was one, make a new pair');
  }
  return rawOfSpki({ key: pem, format: 'pem' });
}

function rawOfBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const trimmed = text.trim();
  if (bytes.toString('base64') !== trimmed && bytes.toString('base64url') !== trimmed) throw refuse('is not base64');
  return bytes.length === 32 ? bytes : rawOfSpki({ key: bytes, format: 'der', type: 'spki' });
}

function rawOfSpki(input: Parameters<typeof createPublicKey>[0]): Buffer {
  let key: ReturnType<typeof createPublicKey>;
  try {
    key = createPublicKey(input);
  } catch {
    throw refuse('is neither 32 raw bytes nor a SubjectPublicKeyInfo');
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw refuse(`is of type ${key.asymmetricKeyType ?? 'unknown'}; producers sign with Ed25519`);
  }
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
}
