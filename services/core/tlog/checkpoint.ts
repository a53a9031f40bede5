import { fromBase64, readDecimal, toBase64 } from './bytes.js';
import { refuse } from './errors.js';
import { hashBytes } from './hashing.js';
import { type NoteSignature, parseNote } from './note.js';
import { type NoteKey, signatureTypes } from './note-key.js';
import { openNote, type VerifiedSignature, type VerifySignature } from './signing.js';

/** What a log says of itself at one moment (C2SP tlog-checkpoint). */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
  /** Lines after the root: the log's own, without meaning here. */
  extensions?: string[];
}

/** The text of the note. Throws `bad_checkpoint` for fields that no checkpoint can carry. */
export function formatCheckpoint({ origin, size, root, extensions = [] }: Checkpoint): string {
  const text = `${[origin, String(size), toBase64(root), ...extensions].join('\n')}\n`;
  const read = parseCheckpoint(text);
  if (read.origin !== origin || read.extensions?.length !== extensions.length) {
    refuse('bad_checkpoint', 'the origin and each extension is one line');
  }
  return text;
}

/** Strict: throws `bad_checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  if (lines.pop() !== '') refuse('bad_checkpoint', 'the checkpoint does not end with a newline');
  if (lines.length < 3 || lines.includes('')) {
    refuse('bad_checkpoint', 'the checkpoint is not three lines or more, none of them empty: origin, size, root');
  }
  const [origin, size, root, ...extensions] = lines;
  const hash = fromBase64(root!, 'bad_checkpoint', "the checkpoint's root");
  if (hash.length !== hashBytes)
    refuse('bad_checkpoint', `the checkpoint's root has ${hash.length} bytes, not ${hashBytes}`);
  return {
    origin: origin!,
    size: readDecimal(size!, 'bad_checkpoint', "the checkpoint's size"),
    root: hash,
    extensions,
  };
}

export interface OpenedCheckpoint {
  checkpoint: Checkpoint;
  /** What was signed: the note's text. */
  text: string;
  /** At least one: by a key of the log that bears the origin as its name. */
  signatures: VerifiedSignature[];
  /** Of the witnesses that were given, each with its time. */
  cosignatures: (VerifiedSignature & { timeSeconds: number })[];
  unknown: NoteSignature[];
}

/**
 * Reads a checkpoint and verifies who signed it. Throws as `openNote` and `parseCheckpoint` do; `wrong_origin` for a checkpoint of
 * another log than the one asked for; `unverified_note` where the log itself has not signed, whoever else has. How many witnesses are
 * enough is for `evaluatePolicy` to say.
 */
export async function openCheckpoint({
  note,
  origin,
  logKeys,
  witnessKeys = [],
  verify,
}: {
  note: Uint8Array | string;
  /** The log that is meant; without it any log whose key is given. */
  origin?: string | undefined;
  logKeys: readonly NoteKey[];
  witnessKeys?: readonly NoteKey[];
  verify: VerifySignature;
}): Promise<OpenedCheckpoint> {
  const { text } = parseNote(note);
  const checkpoint = parseCheckpoint(text);
  // Told before who signed: a checkpoint of another log is signed by another name, and "unverified" would hide what happened.
  if (origin !== undefined && checkpoint.origin !== origin) {
    refuse('wrong_origin', `this is a checkpoint of ${checkpoint.origin}, not of ${origin}`);
  }
  const { verified, unknown } = await openNote({ note, keys: [...logKeys, ...witnessKeys], verify });
  const signatures = verified.filter(
    ({ key }) => key.type === signatureTypes.ed25519 && key.name === checkpoint.origin && logKeys.includes(key),
  );
  if (signatures.length === 0) {
    refuse('unverified_note', `the checkpoint of ${checkpoint.origin} is not signed by a known key of that name`);
  }
  const cosignatures = verified.filter(
    (one): one is VerifiedSignature & { timeSeconds: number } =>
      one.timeSeconds !== undefined && witnessKeys.includes(one.key),
  );
  return { checkpoint, text, signatures, cosignatures, unknown };
}
