import { sameBytes } from '../wire/bytes.js';
import { decodeBundle, encodeBundle } from './bundle.js';
import { concatBytes } from './bytes.js';
import { refuse } from './errors.js';
import type { FrontierState } from './frontier.js';
import { hashBytes, type TreeHasher } from './hashing.js';
import type { ReadTile } from './prover.js';
import { bundlePath, partialTiles, tilePath, tileWidth } from './tile-path.js';

/** A file of the log, its path relative to the log's prefix. Written once, never changed. */
export interface LogFile {
  path: string;
  bytes: Uint8Array;
}

/** The right edge of a log, which is all that appending needs. A value: never changed in place. */
export interface LogEdge {
  readonly size: number;
  /** By level, the hashes of the partial tile; of zero length where the level ends with a full one. */
  readonly tiles: readonly Uint8Array[];
  /** The entries of the partial bundle, as they are written. */
  readonly bundle: Uint8Array;
}

export const emptyEdge: LogEdge = { size: 0, tiles: [], bundle: new Uint8Array(0) };

/**
 * Appends entries: the files to write, and the edge that is then the log's. The files are those of the new size: bundles first, then
 * tiles from level 0 up, full ones and the partial ones that changed. Throws `bad_bundle` for an entry beyond 65,535 bytes.
 */
export function appendEntries({
  hasher,
  edge,
  entries,
}: {
  hasher: TreeHasher;
  edge: LogEdge;
  entries: Uint8Array[];
}): { files: LogFile[]; edge: LogEdge } {
  const size = edge.size + entries.length;
  if (!Number.isSafeInteger(size)) refuse('bad_range', `a log cannot have ${size} entries`);
  const files: LogFile[] = [];
  const bundle = appendToBundle(edge, entries, files);
  const tiles = [...edge.tiles];
  let added = entries.map((entry) => hasher.leaf(entry));
  for (let level = 0; added.length > 0; level += 1) {
    const hashes = concatBytes(tiles[level] ?? emptyEdge.bundle, ...added);
    const fullBytes = hashes.length - (hashes.length % (tileWidth * hashBytes));
    const firstTile = Math.floor(edge.size / tileWidth ** (level + 1));
    added = [];
    for (let at = 0; at < fullBytes; at += tileWidth * hashBytes) {
      const tile = hashes.subarray(at, at + tileWidth * hashBytes);
      files.push({ path: tilePath(level, firstTile + added.length), bytes: tile });
      added.push(hasher.root(tile));
    }
    const partial = hashes.subarray(fullBytes);
    if (partial.length > 0) {
      files.push({ path: tilePath(level, firstTile + added.length, partial.length / hashBytes), bytes: partial });
    }
    tiles[level] = partial;
  }
  return { files, edge: { size, tiles, bundle } };
}

/** The frontier of the tree that ends with this edge. Its root is to be compared with the log's checkpoint. */
export function frontierOfEdge(hasher: TreeHasher, { size, tiles }: LogEdge): FrontierState {
  const hashes: Uint8Array[] = [];
  for (const tile of tiles.toReversed()) {
    const width = tile.length / hashBytes;
    let first = 0;
    for (let count = tileWidth / 2; count >= 1; count /= 2) {
      if ((width & count) === 0) continue;
      hashes.push(hasher.root(tile.subarray(first * hashBytes, (first + count) * hashBytes)));
      first += count;
    }
  }
  return { size, hashes };
}

/**
 * Reads the edge of a log of this size. Throws `bad_tile` or `bad_bundle` where its files are not of that size, or where the last
 * bundle's entries are not those that its tile has hashes of; whether the tree is the right one, its root tells.
 */
export async function readEdge({
  hasher,
  size,
  readTile,
  readBundle,
}: {
  hasher: TreeHasher;
  size: number;
  readTile: ReadTile;
  readBundle: (index: number, width: number) => Promise<Uint8Array>;
}): Promise<LogEdge> {
  if (!Number.isSafeInteger(size) || size < 0) refuse('bad_range', `the log's size is ${size}: not 0 to 2^53 − 1`);
  const tiles: Uint8Array[] = [];
  for (let level = 0; size >= tileWidth ** level; level += 1) tiles.push(emptyEdge.bundle);
  for (const { level, index, width } of partialTiles(size)) {
    const tile = await readTile(level, index, width);
    if (tile.length !== width * hashBytes) {
      refuse('bad_tile', `${tilePath(level, index, width)} has ${tile.length} bytes, not ${width * hashBytes}`);
    }
    tiles[level] = tile;
  }
  const width = size % tileWidth;
  if (width === 0) return { size, tiles, bundle: emptyEdge.bundle };
  const index = Math.floor(size / tileWidth);
  const bundle = await readBundle(index, width);
  const leaves = decodeBundle(bundle, width).map((entry) => hasher.leaf(entry));
  if (!sameBytes(concatBytes(...leaves), tiles[0]!)) {
    refuse(
      'bad_bundle',
      `the entries of ${bundlePath(index, width)} are not those that ${tilePath(0, index, width)} has hashes of`,
    );
  }
  return { size, tiles, bundle };
}

function appendToBundle(edge: LogEdge, entries: Uint8Array[], files: LogFile[]): Uint8Array {
  if (entries.length === 0) return edge.bundle;
  let index = Math.floor(edge.size / tileWidth);
  let bundle = edge.bundle;
  let width = edge.size % tileWidth;
  for (let at = 0; at < entries.length; ) {
    const taken = entries.slice(at, at + tileWidth - width);
    bundle = concatBytes(bundle, encodeBundle(taken));
    width += taken.length;
    at += taken.length;
    files.push({ path: bundlePath(index, width), bytes: bundle });
    if (width < tileWidth) return bundle;
    index += 1;
    width = 0;
    bundle = emptyEdge.bundle;
  }
  return bundle;
}
