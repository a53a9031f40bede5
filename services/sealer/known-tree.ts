import {
  bundlePath,
  decodeBundle,
  emptyEdge,
  type LogEdge,
  readEdge,
  TlogError,
  type TreeHasher,
  tilePath,
  tileWidth,
  widthAt,
} from '../core/tlog/index.js';
import { SealStop } from './errors.js';
import { FileMissing, type ShardFolder } from './folder.js';
import { createGrowingTree } from './growing-tree.js';
import type { SealedPosition } from './position.js';
import type { LogSigner, SignedTree } from './signer.js';

/** The newest checkpoint. Throws a SealStop where it is none of this log's. */
export async function readPublished({
  folder,
  signer,
  origin,
  where,
}: {
  folder: ShardFolder;
  signer: LogSigner;
  origin: string;
  where: object;
}): Promise<SignedTree | undefined> {
  const note = await folder.checkpoint();
  if (note === undefined) return undefined;
  try {
    return await signer.open(origin, note);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    const rotated =
      error.code === 'unverified_note'
        ? ' Where the log was given a new key, both are needed until every checkpoint carries both signatures (docs/guides/log-keys.md).'
        : '';
    const message = `${origin}: the folder's checkpoint is not this log's: ${error.message}.${rotated} Restore the shard's folder, or move it away to have it filled anew.`;
    throw new SealStop('folder_contradicts', message, { ...where, cause: error });
  }
}

/**
 * The newest of the trees that are known of which the folder has all files; the empty one where it has none. Throws a SealStop where its right
 * edge, or the full tiles and the bundle that were written last, are not those of the tree; those before are for the verifiers.
 */
export async function readTree({
  folder,
  hasher,
  committed,
  published,
  origin,
  where,
}: {
  folder: ShardFolder;
  hasher: TreeHasher;
  committed: SealedPosition | undefined;
  published: SignedTree | undefined;
  origin: string;
  where: object;
}): Promise<LogEdge> {
  const known = [
    ...(committed ? [{ ...committed, of: 'Kafka’s group' }] : []),
    ...(published ? [{ ...published, of: 'its checkpoint' }] : []),
  ];
  for (const { size, root, of } of known) {
    try {
      const edge = await readEdge({ hasher, size, readTile: folder.readTile, readBundle: folder.readBundle });
      const tree = createGrowingTree({ folder, edge, milestones: [], hasher, onMilestone: () => {} });
      if (tree.root() === root) {
        await checkNewestFull({ folder, hasher, size });
        return edge;
      }
      const message = `${origin}: the folder's files give a tree of ${size} entries with root ${tree.root()}, and ${of} says ${root}. Files were altered; move the shard's folder away to have it filled anew.`;
      throw new SealStop('folder_contradicts', message, where);
    } catch (error) {
      if (error instanceof FileMissing) continue;
      if (!(error instanceof TlogError)) throw error;
      const message = `${origin}: the folder's files are not those of a tree: ${error.message}. Move the shard's folder away to have it filled anew.`;
      throw new SealStop('folder_contradicts', message, { ...where, cause: error });
    }
  }
  return emptyEdge;
}

/**
 * The last full tile of each level, and the last full bundle: a crash of the machine, or a copy that broke off, hurts what was written last,
 * and the right edge does not show it. Throws a TlogError, or FileMissing.
 */
async function checkNewestFull({
  folder,
  hasher,
  size,
}: {
  folder: ShardFolder;
  hasher: TreeHasher;
  size: number;
}): Promise<void> {
  const readWhole = async (level: number, index: number): Promise<Uint8Array> => {
    const tile = await folder.readTile(level, index, tileWidth);
    if (tile.length === tileWidth * hashBytes) return tile;
    throw new TlogError('bad_tile', `${tilePath(level, index)} has ${tile.length} bytes, not ${tileWidth * hashBytes}`);
  };
  for (let level = 0; size >= tileWidth ** (level + 1); level += 1) {
    const last = Math.floor(size / tileWidth ** (level + 1)) - 1;
    const tile = await readWhole(level, last);
    const above = Math.floor(last / tileWidth);
    const parent = await folder.readTile(level + 1, above, widthAt(level + 1, above, size));
    const at = (last % tileWidth) * hashBytes;
    if (Buffer.compare(hasher.root(tile), parent.subarray(at, at + hashBytes)) !== 0) {
      throw new TlogError('bad_tile', `${tilePath(level, last)} is not the one that the level above has the hash of`);
    }
    if (level > 0) continue;
    const leaves = decodeBundle(await folder.readBundle(last, tileWidth), tileWidth).map((entry) => hasher.leaf(entry));
    if (Buffer.compare(Buffer.concat(leaves), tile) === 0) continue;
    const path = bundlePath(last);
    throw new TlogError('bad_bundle', `the entries of ${path} are not those that ${tilePath(0, last)} has hashes of`);
  }
}

const hashBytes = 32;
