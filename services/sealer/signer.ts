import type { SigningKey } from '../core/seal/index.js';
import {
  createNoteKey,
  formatCheckpoint,
  formatNote,
  formatVkey,
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
  /** Throws a TlogError for anything but a checkpoint of this origin that one of the keys has signed. */
  open(origin: string, note: string): Promise<SignedTree>;
}

/** With several keys each of them signs: while verifiers learn the new one, they go on with the old (docs/decisions/0040, "Keys"). */
export function createLogSigner(keys: readonly [SigningKey, ...SigningKey[]]): LogSigner {
  const noteKey = (name: string, { publicKey }: SigningKey): NoteKey => createNoteKey({ sha256, name, publicKey });
  const verify = createNodeVerifier();
  return {
    vkeys(origin) {
      const [first, ...others] = keys;
      const vkeyOf = (key: SigningKey): string => formatVkey(noteKey(origin, key));
      return [vkeyOf(first), ...others.map(vkeyOf)];
    },
    async sign({ origin, size, root }) {
      const text = formatCheckpoint({ origin, size, root: Buffer.from(root, 'hex') });
      const signatures: NoteSignature[] = [];
      for (const key of keys) {
        signatures.push(await signText({ text, key: noteKey(origin, key), sign: createNodeSigner(key) }));
      }
      return { size, root, note: formatNote({ text, signatures }) };
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
