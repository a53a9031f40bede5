import type { SigningKey } from '../core/seal/index.js';
import {
  createNoteKey,
  formatCheckpoint,
  formatNote,
  formatVkey,
  isOfKey,
  type NoteKey,
  type NoteSignature,
  openCheckpoint,
  parseNote,
  signText,
  withSignatures,
} from '../core/tlog/index.js';
import { createNodeSigner, createNodeVerifier, sha256 } from '../core/tlog/node.js';

/** A tree that the log's key has signed. */
export interface SignedTree {
  size: number;
  /** Hex. */
  root: string;
  /** The whole note. */
  note: string;
}

/** Signs checkpoints with the deployment's log keys, under the name of each shard's origin. */
export interface LogSigner {
  /** What verifiers of a shard are given; several while a key is being replaced. */
  vkeys(origin: string): [string, ...string[]];
  /** The same tree gives the same bytes. `root` in hex. */
  sign(tree: { origin: string; size: number; root: string }): Promise<SignedTree>;
  /** Signatures of a note's own text by those keys that have not signed it: a key that came later. `note` must have been opened. */
  missing(origin: string, note: string): Promise<NoteSignature[]>;
  /** Throws a TlogError for anything but a checkpoint of this origin that one of the keys has signed. */
  open(origin: string, note: string): Promise<SignedTree>;
}

/** With several keys each of them signs: while verifiers learn the new one, they go on with the old (docs/decisions/0040, "Keys"). */
export function createLogSigner(keys: readonly [SigningKey, ...SigningKey[]]): LogSigner {
  const noteKey = (name: string, { publicKey }: SigningKey): NoteKey => createNoteKey({ sha256, name, publicKey });
  const verify = createNodeVerifier();
  const signAll = async (origin: string, text: string, by: readonly SigningKey[]): Promise<NoteSignature[]> => {
    const signatures: NoteSignature[] = [];
    for (const key of by) {
      signatures.push(await signText({ text, key: noteKey(origin, key), sign: createNodeSigner(key) }));
    }
    return signatures;
  };
  return {
    vkeys(origin) {
      const [first, ...others] = keys;
      const vkeyOf = (key: SigningKey): string => formatVkey(noteKey(origin, key));
      return [vkeyOf(first), ...others.map(vkeyOf)];
    },
    async sign({ origin, size, root }) {
      const text = formatCheckpoint({ origin, size, root: Buffer.from(root, 'hex') });
      return { size, root, note: formatNote({ text, signatures: await signAll(origin, text, keys) }) };
    },
    missing(origin, note) {
      const { text, signatures } = parseNote(note);
      const hasSigned = (key: SigningKey): boolean => signatures.some((one) => isOfKey(one, noteKey(origin, key)));
      return signAll(
        origin,
        text,
        keys.filter((key) => !hasSigned(key)),
      );
    },
    async open(origin, note) {
      const logKeys = keys.map((key) => noteKey(origin, key));
      const { checkpoint } = await openCheckpoint({ note, origin, logKeys, verify });
      return { size: checkpoint.size, root: Buffer.from(checkpoint.root).toString('hex'), note };
    },
  };
}

/** The note with more signatures at its end; one of the same key takes the place of the older. */
export const addSignatures = (note: string, signatures: readonly NoteSignature[]): string =>
  signatures.length === 0 ? note : formatNote(withSignatures(parseNote(note), [...signatures]));
