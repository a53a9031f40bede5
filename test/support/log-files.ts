import type { BatchRow } from '../../services/core/rows/index.js';
import type { SigningKey } from '../../services/core/seal/index.js';
import {
  appendEntries,
  createNoteKey,
  createProver,
  emptyEdge,
  encodeEntry,
  formatCheckpoint,
  formatNote,
  type LogFile,
  signText,
  tilePath,
} from '../../services/core/tlog/index.js';
import { createNodeSigner, createNodeTreeHasher, sha256 } from '../../services/core/tlog/node.js';

const hasher = createNodeTreeHasher();

/** What is sealed of a stored record. */
export const entryOf = (row: BatchRow): Uint8Array =>
  encodeEntry({
    incarnation: row.incarnation,
    partition: row.partition,
    offset: row.offset,
    appendTimeMs: row.append_time,
    valueHash: row.value_hash,
    signed: row.header.length > 0 ? { header: row.header, signature: row.signature } : undefined,
  });

/** A log's files as a sealer leaves them, of any entries. */
export async function logOf(
  entries: Uint8Array[],
  origin: string,
  shard: string,
  key: SigningKey,
): Promise<Map<string, Uint8Array>> {
  const { files } = appendEntries({ hasher, edge: emptyEdge, entries });
  const byPath = new Map(files.map(({ path, bytes }: LogFile) => [`${shard}/${path}`, bytes]));
  const readTile = async (level: number, index: number, width: number): Promise<Uint8Array> => {
    return byPath.get(`${shard}/${tilePath(level, index, width)}`)!;
  };
  const root = await createProver({ hasher, readTile }).root(entries.length);
  byPath.set(`${shard}/checkpoint`, await checkpointOf({ origin, size: entries.length, root }, key));
  return byPath;
}

export async function checkpointOf(
  checkpoint: { origin: string; size: number; root: Uint8Array },
  key: SigningKey,
): Promise<Uint8Array> {
  const text = formatCheckpoint(checkpoint);
  const noteKey = createNoteKey({ sha256, name: checkpoint.origin, publicKey: key.publicKey });
  return Buffer.from(
    formatNote({ text, signatures: [await signText({ text, key: noteKey, sign: createNodeSigner(key) })] }),
  );
}
