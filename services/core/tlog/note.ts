import { concatBytes, fromBase64, fromUtf8, toBase64, utf8 } from './bytes.js';
import { refuse } from './errors.js';
import { isKeyName, type NoteKey, readUint32 } from './note-key.js';

/** The signature of a note (C2SP signed-note): whose it says it is, and the bytes that its type defines. */
export interface NoteSignature {
  name: string;
  keyId: number;
  signature: Uint8Array;
}

export interface Note {
  /** What is signed, with its final newline. Not to be used before a signature was verified: see `openNote`. */
  text: string;
  signatures: NoteSignature[];
}

export const noteLimits = { bytes: 1_048_576, signatures: 100 } as const;

const linePrefix = '— ';

/** Strict: throws `bad_note`. Says nothing about whether the signatures are good. */
export function parseNote(note: Uint8Array | string): Note {
  const text = readText(note);
  const split = text.lastIndexOf('\n\n');
  if (split < 0) refuse('bad_note', 'the note has no empty line before its signatures');
  return { text: text.slice(0, split + 1), signatures: parseSignatureLines(text.slice(split + 2)) };
}

/** Signature lines alone, as a witness answers them. Throws `bad_note`, also for none and for more than 100. */
export function parseSignatureLines(lines: Uint8Array | string): NoteSignature[] {
  const text = readText(lines);
  if (!text.endsWith('\n')) refuse('bad_note', 'the note does not end with a signature line and its newline');
  const split = text.slice(0, -1).split('\n');
  if (split.length > noteLimits.signatures) {
    refuse('bad_note', `the note has ${split.length} signatures, at most ${noteLimits.signatures}`);
  }
  return split.map((line, index) => {
    const [name, encoded, ...rest] = line.slice(linePrefix.length).split(' ');
    const isLine = line.startsWith(linePrefix) && isKeyName(name!) && encoded !== undefined && rest.length === 0;
    if (!isLine) refuse('bad_note', `line ${index + 1} of the note's signatures is none: "— <key name> <base64>"`);
    const bytes = fromBase64(encoded!, 'bad_note', `signature ${index + 1} of the note`);
    if (bytes.length < 5)
      refuse('bad_note', `signature ${index + 1} of the note has ${bytes.length} bytes, at least 5`);
    return { name: name!, keyId: readUint32(bytes), signature: bytes.subarray(4) };
  });
}

export function formatNote({ text, signatures }: Note): string {
  const note = `${requireNoteText(text)}\n${formatSignatureLines(signatures)}`;
  parseNote(note);
  return note;
}

export const formatSignatureLines = (signatures: NoteSignature[]): string =>
  signatures
    .map(({ name, keyId, signature }) => {
      const id = Uint8Array.of(keyId >>> 24, keyId >>> 16, keyId >>> 8, keyId);
      return `${linePrefix}${name} ${toBase64(concatBytes(id, signature))}\n`;
    })
    .join('');

/** The note with these signatures added at its end; one of the same key takes the place of the older. */
export const withSignatures = ({ text, signatures }: Note, added: NoteSignature[]): Note => ({
  text,
  signatures: [...signatures.filter((old) => !added.some((one) => isOfKey(one, old))), ...added],
});

export const isOfKey = (signature: NoteSignature, { name, keyId }: Pick<NoteKey, 'name' | 'keyId'>): boolean =>
  signature.name === name && signature.keyId === keyId;

/** Throws `bad_note` for what cannot be signed as a note's text: it ends with a newline and has no other control characters. */
export function requireNoteText(text: string): string {
  if (!text.endsWith('\n')) refuse('bad_note', "a note's text ends with a newline");
  return readText(text);
}

function readText(bytes: Uint8Array | string): string {
  // A string of more characters than that has more bytes, too.
  if (bytes.length > noteLimits.bytes) refuse('bad_note', `the note has more than ${noteLimits.bytes} bytes`);
  const text = typeof bytes === 'string' ? bytes : fromUtf8(bytes, 'bad_note', 'the note');
  if (!text.isWellFormed()) refuse('bad_note', 'the note is not UTF-8');
  if (typeof bytes === 'string' && utf8(bytes).length > noteLimits.bytes) {
    refuse('bad_note', `the note has more than ${noteLimits.bytes} bytes`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text))
    refuse('bad_note', 'the note has control characters other than newlines');
  return text;
}
