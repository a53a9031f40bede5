import { refuse } from './errors.js';
import { type FrontierState, foldRight } from './frontier.js';
import { hashBytes, type TreeHasher } from './hashing.js';
import {
  consistencySpans,
  inclusionSpans,
  type PerfectSubtree,
  perfectSubtrees,
  rangeSpans,
  requireRange,
  requireSize,
  type Span,
} from './spans.js';
import { tileWidth, widthAt } from './tile-path.js';

/**
 * Reads one tile: `width` hashes, or the full tile where the log no longer has the partial one. May be untrusted: what is made of
 * its answers is verified against a checkpoint's root. Who makes many proofs keeps tiles: for a tile given again (the same object,
 * never changed) what was hashed of it before is used again.
 */
export type ReadTile = (level: number, index: number, width: number) => Promise<Uint8Array>;

/** Proofs for a tree of a given size, made from its tiles. Throws `bad_tile` for a tile of another length than asked for. */
export interface Prover {
  /** Of size 0: H(""). */
  root(size: number): Promise<Uint8Array>;
  frontier(size: number): Promise<FrontierState>;
  /** For `verifyInclusion`. */
  inclusion(index: number, size: number): Promise<Uint8Array[]>;
  /** For `verifyConsistency`; empty for equal sizes. */
  consistency(oldSize: number, size: number): Promise<Uint8Array[]>;
  /** For `verifyRange`. */
  range(start: number, end: number, size: number): Promise<Uint8Array[]>;
  /** Of the entries [start, end), 32 bytes each in one piece. */
  leafHashes(start: number, end: number, size: number): Promise<Uint8Array>;
}

export function createProver({ hasher, readTile }: { hasher: TreeHasher; readTile: ReadTile }): Prover {
  const hashedOf = new WeakMap<Uint8Array, Map<string, Uint8Array>>();

  /** The root over some of a tile's hashes. */
  const partRoot = (tile: Uint8Array, { first, count }: Place): Uint8Array => {
    const hashed = hashedOf.get(tile) ?? new Map<string, Uint8Array>();
    hashedOf.set(tile, hashed);
    const key = `${first}+${count}`;
    // Copied: a hasher may give a view of all that it worked on.
    const root =
      hashed.get(key) ?? new Uint8Array(hasher.root(tile.subarray(first * hashBytes, (first + count) * hashBytes)));
    if (count > 1) hashed.set(key, root);
    return root;
  };

  /** The tiles that these subtrees lie in, each read once: at most two a level. */
  const readTiles = async (subtrees: PerfectSubtree[], size: number): Promise<(tile: Place) => Uint8Array> => {
    const reads = new Map<string, Promise<Uint8Array>>();
    for (const { level, index } of subtrees.map(placeOf)) {
      const key = `${level}/${index}`;
      if (!reads.has(key)) reads.set(key, readChecked(readTile, level, index, widthAt(level, index, size)));
    }
    const keys = [...reads.keys()];
    const tiles = new Map((await Promise.all(reads.values())).map((tile, at) => [keys[at]!, tile]));
    return ({ level, index }) => tiles.get(`${level}/${index}`)!;
  };

  const subtreeHashes = async (subtrees: PerfectSubtree[], size: number): Promise<Uint8Array[]> => {
    const tileAt = await readTiles(subtrees, size);
    return subtrees.map(placeOf).map((place) => partRoot(tileAt(place), place));
  };

  const spanHashes = async (spans: Span[], size: number): Promise<Uint8Array[]> => {
    const parts = spans.map(perfectSubtrees);
    const hashes = await subtreeHashes(parts.flat(), size);
    let from = 0;
    return parts.map(({ length }) => {
      from += length;
      return foldRight(hasher, hashes.slice(from - length, from));
    });
  };

  const frontier = async (size: number): Promise<FrontierState> => {
    if (size !== 0) requireSize(size);
    return { size, hashes: await subtreeHashes(perfectSubtrees({ start: 0, end: size }), size) };
  };

  return {
    root: async (size) => foldRight(hasher, (await frontier(size)).hashes),
    frontier,
    inclusion: async (index, size) => spanHashes(inclusionSpans(index, size), size),
    consistency: async (oldSize, size) => spanHashes(consistencySpans(oldSize, size), size),
    range: async (start, end, size) => spanHashes(rangeSpans(start, end, size), size),
    async leafHashes(start, end, size) {
      requireRange(start, end, size);
      const hashes = new Uint8Array((end - start) * hashBytes);
      for (let index = Math.floor(start / tileWidth); index * tileWidth < end; index += 1) {
        const tile = await readChecked(readTile, 0, index, widthAt(0, index, size));
        const first = index * tileWidth;
        const from = Math.max(start, first);
        const to = Math.min(end, first + tileWidth);
        hashes.set(tile.subarray((from - first) * hashBytes, (to - first) * hashBytes), (from - start) * hashBytes);
      }
      return hashes;
    },
  };
}

/** Where a subtree's hash comes from: `count` hashes of a tile, beginning with `first`. */
interface Place {
  level: number;
  index: number;
  first: number;
  count: number;
}

function placeOf({ start, height }: PerfectSubtree): Place {
  const level = Math.floor(height / 8);
  const position = start / tileWidth ** level;
  return { level, index: Math.floor(position / tileWidth), first: position % tileWidth, count: 2 ** (height % 8) };
}

async function readChecked(readTile: ReadTile, level: number, index: number, width: number): Promise<Uint8Array> {
  const tile = await readTile(level, index, width);
  if (tile.length !== width * hashBytes && tile.length !== tileWidth * hashBytes) {
    refuse(
      'bad_tile',
      `tile ${index} of level ${level} has ${tile.length} bytes; ${width} hashes take ${width * hashBytes}`,
    );
  }
  return tile;
}
