import { fromBase64, readDecimal, toBase64 } from './bytes.js';
import { type OpenedCheckpoint, openCheckpoint } from './checkpoint.js';
import { refuse } from './errors.js';
import { hashBytes, type TreeHasher } from './hashing.js';
import { noteLimits } from './note.js';
import type { NoteKey } from './note-key.js';
import type { VerifySignature } from './signing.js';
import { verifyInclusion } from './verify-proof.js';

/** That an entry is in a log, in one text that is verified offline (C2SP tlog-proof). */
export interface TlogProof {
  /** Not authenticated: the application's own. */
  extra?: Uint8Array | undefined;
  index: number;
  /** For `verifyInclusion`: the leaf's sibling first. */
  proof: Uint8Array[];
  /** The signed note, as the log published it. */
  checkpoint: string;
}

const firstLine = 'c2sp.org/tlog-proof@v1';
const maxHashes = 63;

export function formatTlogProof({ extra, index, proof, checkpoint }: TlogProof): string {
  const lines = [firstLine, ...(extra ? [`extra ${toBase64(extra)}`] : []), `index ${index}`, ...proof.map(toBase64)];
  const text = `${lines.join('\n')}\n\n${checkpoint}`;
  parseTlogProof(text);
  return text;
}

/** Strict: throws `bad_tlog_proof`. The checkpoint is not looked at: `openTlogProof` does that. */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > 2 * noteLimits.bytes) refuse('bad_tlog_proof', 'the proof is longer than any that a log gives');
  const split = text.indexOf('\n\n');
  if (split < 0) refuse('bad_tlog_proof', 'the proof has no empty line before its checkpoint');
  const lines = text.slice(0, split).split('\n');
  if (lines.shift() !== firstLine) refuse('bad_tlog_proof', `the first line is not "${firstLine}"`);
  const extra = lines[0]?.startsWith('extra ') ? readExtra(lines.shift()!.slice('extra '.length)) : undefined;
  const indexLine = lines.shift();
  if (!indexLine?.startsWith('index ')) return refuse('bad_tlog_proof', 'the line of the index is missing');
  if (lines.length > maxHashes) refuse('bad_tlog_proof', `a proof of ${lines.length} hashes, at most ${maxHashes}`);
  return {
    extra,
    index: readDecimal(indexLine.slice('index '.length), 'bad_tlog_proof', 'the index'),
    proof: lines.map(readHash),
    checkpoint: text.slice(split + 2),
  };
}

/**
 * Verifies a proof whole: that the log has signed the checkpoint, and that the entry with this leaf hash is in the tree it tells of.
 * Throws as `openCheckpoint` and `verifyInclusion` do. How many witnesses are enough is for `evaluatePolicy` to say.
 */
export async function openTlogProof({
  hasher,
  proof,
  leafHash,
  origin,
  logKeys,
  witnessKeys = [],
  verify,
}: {
  hasher: TreeHasher;
  proof: TlogProof;
  leafHash: Uint8Array;
  origin?: string | undefined;
  logKeys: readonly NoteKey[];
  witnessKeys?: readonly NoteKey[];
  verify: VerifySignature;
}): Promise<OpenedCheckpoint> {
  const opened = await openCheckpoint({ note: proof.checkpoint, origin, logKeys, witnessKeys, verify });
  const { size, root } = opened.checkpoint;
  verifyInclusion({ hasher, leafHash, index: proof.index, size, proof: proof.proof, root });
  return opened;
}

function readExtra(encoded: string): Uint8Array {
  if (encoded === '') refuse('bad_tlog_proof', 'an empty extra line: without extra data there is none');
  return fromBase64(encoded, 'bad_tlog_proof', 'the extra data');
}

function readHash(line: string, at: number): Uint8Array {
  const hash = fromBase64(line, 'bad_tlog_proof', `hash ${at + 1} of the proof`);
  if (hash.length !== hashBytes) refuse('bad_tlog_proof', `hash ${at + 1} of the proof has ${hash.length} bytes`);
  return hash;
}
