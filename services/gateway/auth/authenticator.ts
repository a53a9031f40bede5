import { timingSafeEqual } from 'node:crypto';
import { Problem } from '../errors.js';
import { hashOfKey, isKeyText, isValidAt } from './api-key.js';
import type { Authenticator, Caller } from './caller.js';
import type { KeyDirectory } from './key-directory.js';

/** The credential is one key: `Authorization: Bearer KEY` or `X-API-Key: KEY`. */
export function createAuthenticator({
  directory,
  admin,
  now = Date.now,
}: {
  directory: KeyDirectory;
  /** The key of the administrator's file: it works without any other part. */
  admin: { hash: Buffer; caller: Caller };
  now?: () => number;
}): Authenticator {
  const ofKey = async (text: string): Promise<Caller> => {
    // What is no key's text is never looked up.
    if (!isKeyText(text)) throw unknownKey();
    const hash = hashOfKey(text);
    if (timingSafeEqual(hash, admin.hash)) return admin.caller;
    const key = await directory.find(hash.toString('hex'));
    // The map was asked by hash; the hashes are compared once more in constant time.
    if (!key || !timingSafeEqual(hash, key.hash) || !isValidAt(key, now())) throw unknownKey();
    const { id, name, organizations, permissions, expiresAtMs } = key;
    return { keyId: id, name, organizations, permissions: new Set(permissions), expiresAtMs };
  };
  return { ofKey, ofHeaders: async (headers) => ofKey(keyOf(headers)) };
}

type Headers = Parameters<Authenticator['ofHeaders']>[0];

const valuesOf = (headers: Headers, name: string): string[] => {
  const value = headers[name];
  return value === undefined ? [] : [value].flat();
};

/** X-API-Token is what another product's clients send. */
const plainNames = ['x-api-key', 'x-api-token'];

/** The key's text. Two credentials are refused even if they agree: which of them counts must not depend on who looks. */
function keyOf(headers: Headers): string {
  const bearers = valuesOf(headers, 'authorization');
  const plain = plainNames.flatMap((name) => valuesOf(headers, name));
  if (bearers.length + plain.length > 1) throw challenge('send one credential, not several', 'invalid_request');
  if (plain[0] !== undefined) return plain[0];
  if (bearers[0] === undefined) {
    throw challenge('send an API key as "Authorization: Bearer sk_…" or "X-API-Key: sk_…"');
  }
  const match = /^bearer +(\S+)$/i.exec(bearers[0]);
  if (!match) throw challenge('the Authorization header is not "Bearer sk_…"', 'invalid_request');
  return match[1]!;
}

/** Unknown, revoked and expired look the same from outside. */
const unknownKey = (): Problem => challenge('the API key is unknown, revoked or expired', 'invalid_token');

/** RFC 6750 §3: without a credential the challenge names no error. */
const challenge = (detail: string, error?: 'invalid_token' | 'invalid_request'): Problem =>
  new Problem('unauthenticated', detail, {
    headers: { 'www-authenticate': `Bearer realm="sealstream"${error ? `, error="${error}"` : ''}` },
  });
