import { concatBytes, utf8 } from './bytes.js';
import { refuse } from './errors.js';
import { isOfKey, type NoteSignature, parseNote, requireNoteText } from './note.js';
import { keyIdText, type NoteKey, signatureTypes } from './note-key.js';

/** Ed25519 (RFC 8032), of a raw public key; WebCrypto in pages. */
export type VerifySignature = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean> | boolean;

/** Ed25519, with the private key that belongs to the note key it is used for. */
export type Sign = (message: Uint8Array) => Promise<Uint8Array> | Uint8Array;

/** A signature that was verified, and when a cosignature says it was made (seconds since 1970). */
export interface VerifiedSignature {
  key: NoteKey;
  signature: NoteSignature;
  timeSeconds?: number;
}

export interface OpenedNote {
  text: string;
  /** One at most per key, in the order of the note. */
  verified: VerifiedSignature[];
  /** Of keys that were not given: nothing can be said about them. */
  unknown: NoteSignature[];
}

const ed25519Bytes = 64;
const timeBytes = 8;

/** Signs a note's text (type 0x01). */
export async function signText({
  text,
  key,
  sign,
}: {
  text: string;
  key: NoteKey;
  sign: Sign;
}): Promise<NoteSignature> {
  requireType(key, signatureTypes.ed25519);
  return { name: key.name, keyId: key.keyId, signature: await sign(utf8(requireNoteText(text))) };
}

/** Cosigns a checkpoint's text (type 0x04, C2SP tlog-cosignature): "consistent with all I have seen of this log, as of this time". */
export async function cosignText({
  text,
  key,
  sign,
  timeSeconds,
}: {
  text: string;
  key: NoteKey;
  sign: Sign;
  /** Seconds since 1970, more than 0. */
  timeSeconds: number;
}): Promise<NoteSignature> {
  requireType(key, signatureTypes.cosignature);
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 1) refuse('bad_note', `a cosignature of time ${timeSeconds}`);
  const time = new Uint8Array(timeBytes);
  new DataView(time.buffer).setBigUint64(0, BigInt(timeSeconds));
  const signature = await sign(cosignatureMessage(requireNoteText(text), timeSeconds));
  return { name: key.name, keyId: key.keyId, signature: concatBytes(time, signature) };
}

/**
 * Reads a note and verifies every signature whose key is given. Throws `bad_note`; `invalid_signature` where a given key's
 * signature is wrong, however many others are right; `unverified_note` where no given key has signed. Signatures of other keys are
 * passed over, and so is any further one of the same key.
 */
export async function openNote({
  note,
  keys,
  verify,
}: {
  note: Uint8Array | string;
  keys: readonly NoteKey[];
  verify: VerifySignature;
}): Promise<OpenedNote> {
  const { text, signatures } = parseNote(note);
  const verified: VerifiedSignature[] = [];
  const unknown: NoteSignature[] = [];
  for (const signature of signatures) {
    const key = keyOf(signature, keys);
    if (!key) {
      unknown.push(signature);
    } else if (!verified.some((before) => before.key === key)) {
      verified.push(await verifySignature({ text, signature, key, verify }));
    }
  }
  if (verified.length === 0) {
    refuse(
      'unverified_note',
      `none of the ${keys.length} keys known here has signed the note, which ${signersOf(signatures)}`,
    );
  }
  return { text, verified, unknown };
}

/** Verifies one signature over a note's text. Throws `invalid_signature`. */
export async function verifySignature({
  text,
  signature: given,
  key,
  verify,
}: {
  text: string;
  signature: NoteSignature;
  key: NoteKey;
  verify: VerifySignature;
}): Promise<VerifiedSignature> {
  const { signature } = given;
  const wrong = (): never =>
    refuse('invalid_signature', `the signature of ${key.name} (key ${keyIdText(key.keyId)}) is not over this text`);
  if (!isOfKey(given, key)) return wrong();
  if (key.type === signatureTypes.ed25519) {
    const isRight = signature.length === ed25519Bytes && (await verify(key.publicKey, utf8(text), signature));
    return isRight ? { key, signature: given } : wrong();
  }
  const timeSeconds = signature.length === timeBytes + ed25519Bytes ? readTime(signature) : undefined;
  if (timeSeconds === undefined) return wrong();
  const message = cosignatureMessage(text, timeSeconds);
  return (await verify(key.publicKey, message, signature.subarray(timeBytes)))
    ? { key, signature: given, timeSeconds }
    : wrong();
}

const cosignatureMessage = (text: string, timeSeconds: number): Uint8Array =>
  utf8(`cosignature/v1\ntime ${timeSeconds}\n${text}`);

function readTime(signature: Uint8Array): number | undefined {
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : undefined;
}

function keyOf(signature: NoteSignature, keys: readonly NoteKey[]): NoteKey | undefined {
  const [key, ...others] = keys.filter((candidate) => isOfKey(signature, candidate));
  // Four bytes collide for whoever wants them to; which of the two keys is meant, nobody could tell.
  const isAmbiguous = others.some((other) => other.publicKey.some((byte, at) => byte !== key!.publicKey[at]));
  if (isAmbiguous) refuse('bad_key', `two different keys are given as ${key!.name} with id ${keyIdText(key!.keyId)}`);
  return key;
}

const signersOf = (signatures: NoteSignature[]): string =>
  `is signed by ${[...new Set(signatures.map(({ name, keyId }) => `${name} (key ${keyIdText(keyId)})`))].slice(0, 5).join(', ')}`;

function requireType(key: NoteKey, type: number): void {
  if (key.type !== type)
    refuse('bad_key', `the key of ${key.name} is of type ${key.type}; this signature takes type ${type}`);
}
