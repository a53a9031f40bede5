import { createProver, type ReadTile, type TreeHasher, widthAt } from '../core/tlog/index.js';
import type { ShardFolder } from './folder.js';
import type { LogSigner } from './signer.js';

const hashBytes = 32;

/**
 * Signs anew the checkpoints at multiples of `keptEvery` that are not in the folder, as after it was lost and filled again: the tree is the
 * one that was committed, so that they say what they said before. Cosignatures of them are gone.
 */
export async function restoreKept({
  folder,
  hasher,
  signer,
  origin,
  size,
  keptEvery,
}: {
  folder: ShardFolder;
  hasher: TreeHasher;
  signer: LogSigner;
  origin: string;
  /** Of the tree in the folder. */
  size: number;
  keptEvery: number;
}): Promise<void> {
  if (size < keptEvery) return;
  const kept = await folder.keptSizes();
  // As wide as they are now: narrower tiles may be gone, and begin with the same bytes.
  const readTile: ReadTile = async (level, index, width) =>
    (await folder.readTile(level, index, widthAt(level, index, size))).subarray(0, width * hashBytes);
  const prover = createProver({ hasher, readTile });
  for (let one = keptEvery; one <= size; one += keptEvery) {
    if (kept.has(one)) continue;
    const root = Buffer.from(await prover.root(one)).toString('hex');
    await folder.keepCheckpoint(one, (await signer.sign({ origin, size: one, root })).note);
  }
}
