import { publicKeyFault } from '../seal/public-key.js';
import { concatBytes, fromBase64, toBase64, utf8 } from './bytes.js';
import { refuse } from './errors.js';
import type { Sha256 } from './hashing.js';

/** Signature types of C2SP signed-note that this project signs and verifies. */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const;
export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes];

/** A public key that notes are verified with. Name and id together say which one made a signature. */
export interface NoteKey {
  name: string;
  /** The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), as a number. */
  keyId: number;
  type: SignatureType;
  /** Ed25519, the raw 32 bytes. */
  publicKey: Uint8Array;
}

/** Not empty, without Unicode spaces, control characters and pluses. */
export const isKeyName = (name: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
  name !== '' && name.isWellFormed() && !/[\p{White_Space}+\u0000-\u001f]/u.test(name);

/** Throws `bad_key` for a name that no note can carry, and for a public key that may not be trusted (see `publicKeyFault`). */
export function createNoteKey({
  sha256,
  name,
  publicKey,
  type = signatureTypes.ed25519,
}: {
  sha256: Sha256;
  name: string;
  publicKey: Uint8Array;
  type?: SignatureType;
}): NoteKey {
  if (!isKeyName(name)) refuse('bad_key', `${JSON.stringify(name)} is no key name: empty, or with a blank or a plus`);
  const fault = publicKeyFault(publicKey);
  if (fault) refuse('bad_key', `the key of ${name}: ${fault}`);
  const digest = sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(type), publicKey));
  return { name, keyId: readUint32(digest), type, publicKey: new Uint8Array(publicKey) };
}

/** `<name>+<key id>+<base64(type ‖ public key)>`, the text form of a verification key (C2SP signed-note). */
export const formatVkey = ({ name, keyId, type, publicKey }: NoteKey): string =>
  `${name}+${keyIdText(keyId)}+${toBase64(concatBytes(Uint8Array.of(type), publicKey))}`;

/** Strict: throws `bad_key` for another form, a key id that is not the key's, and types other than Ed25519's two. */
export function parseVkey({ sha256, vkey }: { sha256: Sha256; vkey: string }): NoteKey {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey);
  if (!match) {
    return refuse(
      'bad_key',
      `${JSON.stringify(vkey.slice(0, 200))} is no verification key: <name>+<8 hex digits>+<base64>`,
    );
  }
  const [, name, keyId, encoded] = match;
  const bytes = fromBase64(encoded!, 'bad_key', `the key of ${name}`);
  const type = Object.values(signatureTypes).find((known) => known === bytes[0]);
  if (type === undefined) {
    return refuse(
      'bad_key',
      `the key of ${name} has signature type ${bytes[0]}; supported are 1 (Ed25519) and 4 (its cosignature)`,
    );
  }
  const key = createNoteKey({ sha256, name: name!, publicKey: bytes.subarray(1), type });
  if (keyIdText(key.keyId) !== keyId) {
    refuse(
      'bad_key',
      `the key id of ${name} is ${keyId}, and of this key ${keyIdText(key.keyId)}: one of them was altered`,
    );
  }
  return key;
}

export const keyIdText = (keyId: number): string => keyId.toString(16).padStart(8, '0');

export const readUint32 = (bytes: Uint8Array): number =>
  ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
