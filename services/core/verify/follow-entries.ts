import {
  createProver,
  decodeBundle,
  type ReadTile,
  TlogError,
  tileWidth,
  verifyRange,
  widthAt,
} from '../tlog/index.js';
import { sameBytes } from '../wire/bytes.js';
import { VerifyFailure } from './failures.js';
import type { Platform } from './platform.js';

/** Bundles that are asked for at once. */
const atOnce = 8;

/**
 * The entries [from, to) as they are served are those that the tree has: their leaf hashes are the tiles', and these give the root. Throws
 * `tiles_altered` or `entries_altered`, whichever of the two is not the tree's.
 */
export async function checkEntries({
  origin,
  from,
  to,
  size,
  root,
  readTile,
  readBundle,
  platform: { hasher },
}: {
  origin: string;
  from: number;
  to: number;
  size: number;
  root: Uint8Array;
  readTile: ReadTile;
  /** At least `width` entries; undefined where there is none. */
  readBundle: (index: number, width: number) => Promise<Uint8Array | undefined>;
  platform: Pick<Platform, 'hasher'>;
}): Promise<void> {
  if (from >= to) return;
  // From the beginning of a bundle: it is fetched whole.
  const start = from - (from % tileWidth);
  const prover = createProver({ hasher, readTile });
  const leaves = await prover.leafHashes(start, to, size);
  const proof = await prover.range(start, to, size);
  try {
    verifyRange({ hasher, start, end: to, leafHashes: leaves, size, proof, root });
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    const message = `the leaf hashes of entries ${start} to ${to - 1} of ${origin} do not give the root of its checkpoint of size ${size}`;
    throw new VerifyFailure('tiles_altered', message);
  }

  const checkBundle = async (index: number): Promise<void> => {
    const first = index * tileWidth;
    const width = widthAt(0, index, size);
    const entries = entriesOf(await readBundle(index, width), width, `bundle ${index} of ${origin}`);
    for (let at = 0; at < width && first + at < to; at += 1) {
      const leaf = leaves.subarray((first + at - start) * 32, (first + at - start + 1) * 32);
      if (sameBytes(hasher.leaf(entries[at]!), leaf)) continue;
      const message = `entry ${first + at} of ${origin} is not the one whose hash is in the tree: it was altered, or another was put in its place`;
      throw new VerifyFailure('entries_altered', message);
    }
  };
  const bundles = Array.from({ length: Math.ceil((to - start) / tileWidth) }, (_, at) => start / tileWidth + at);
  for (let at = 0; at < bundles.length; at += atOnce) {
    await Promise.all(bundles.slice(at, at + atOnce).map(checkBundle));
  }
}

/** The bundle may have become full since the checkpoint. */
function entriesOf(bundle: Uint8Array | undefined, width: number, what: string): Uint8Array[] {
  if (!bundle) throw new VerifyFailure('entries_altered', `${what}, with ${width} entries, is not there`);
  try {
    return decodeBundle(bundle, width);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    if (width < tileWidth) {
      try {
        return decodeBundle(bundle, tileWidth).slice(0, width);
      } catch {
        // The first error says more.
      }
    }
    throw new VerifyFailure('entries_altered', `${what} is none of ${width} entries: ${error.message}`);
  }
}
