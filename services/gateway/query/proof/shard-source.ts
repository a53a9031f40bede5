import {
  logPaths,
  newestTimestampedSize,
  readIfThere,
  readTimestamps,
  type Shard,
  shardName,
} from '../../../core/log-folder/index.js';
import {
  bundlePath,
  createProver,
  decodeBundle,
  decodeEntry,
  parseCheckpoint,
  parseNote,
  type TreeHasher,
  tilePath,
  tileWidth,
  widthAt,
} from '../../../core/tlog/index.js';

/** A checkpoint with what came of it, and the tree behind it. */
export interface SealedTree {
  size: number;
  note: string;
  timestamps: Uint8Array[];
  prove(start: number, end: number): Promise<Uint8Array[]>;
}

/** One shard of the log's folder as of the first question, for those who prove something with it. */
export interface ShardSource {
  /** Where the record at a Kafka offset stands in the log; undefined where it is not in the newest tree. */
  indexOf(offset: number): Promise<number | undefined>;
  /** The Kafka offset of the record at an index; undefined beyond the newest tree. */
  offsetAt(index: number): Promise<number | undefined>;
  /**
   * The tree to prove with: the newest that was timestamped where it covers `index`, otherwise the newest. Undefined where none covers it.
   */
  treeWith(index: number): Promise<SealedTree | undefined>;
}

const hashBytes = 32;

export function createShardSource({
  folder,
  shard,
  hasher,
}: {
  folder: string;
  shard: Shard;
  hasher: TreeHasher;
}): ShardSource {
  const name = shardName(shard);
  const file = (path: string): Promise<Buffer | undefined> => readIfThere(logPaths.tile(folder, name, path));
  const readTile = async (level: number, index: number, width: number): Promise<Uint8Array> => {
    const tile = (await file(tilePath(level, index, width))) ?? (await file(tilePath(level, index)));
    return tile?.subarray(0, width * hashBytes) ?? new Uint8Array(0);
  };
  const prover = createProver({ hasher, readTile });
  const bundles = new Map<number, Promise<number[]>>();

  const readNewest = async (): Promise<{ size: number; note: string } | undefined> => {
    const note = (await readIfThere(logPaths.checkpoint(folder, name)))?.toString('utf8');
    return note === undefined ? undefined : { size: parseCheckpoint(parseNote(note).text).size, note };
  };
  // Looked up once: all of a bundle is of one tree.
  let looked: ReturnType<typeof readNewest> | undefined;
  const newest = (): ReturnType<typeof readNewest> => {
    looked ??= readNewest();
    return looked;
  };

  /** Kafka offsets of the entries of one bundle of a tree of this size. */
  const offsetsOf = (index: number, size: number): Promise<number[]> => {
    const known = bundles.get(index);
    if (known) return known;
    const width = widthAt(0, index, size);
    const reading = (async () => {
      const partial = await file(bundlePath(index, width));
      const bytes = partial ?? (await file(bundlePath(index)));
      if (!bytes) throw new Error(`${name} has no ${bundlePath(index, width)}`);
      return decodeBundle(bytes, partial ? width : tileWidth)
        .slice(0, width)
        .map((entry) => decodeEntry(entry).offset);
    })();
    bundles.set(index, reading);
    reading.catch(() => bundles.delete(index));
    return reading;
  };

  return {
    async indexOf(offset) {
      const tree = await newest();
      if (!tree || tree.size === 0) return undefined;
      // Kafka leaves no holes, so that the distance from the first entry is the index; where there are some, it is below.
      let low = 0;
      let high = tree.size - 1;
      const [first] = await offsetsOf(0, tree.size);
      let guess = Math.min(high, Math.max(0, offset - first!));
      while (low <= high) {
        const offsets = await offsetsOf(Math.floor(guess / tileWidth), tree.size);
        const found = offsets[guess % tileWidth]!;
        if (found === offset) return guess;
        if (found < offset) low = guess + 1;
        else high = guess - 1;
        guess = Math.floor((low + high) / 2);
      }
      return undefined;
    },
    async offsetAt(index) {
      const tree = await newest();
      if (!tree || index >= tree.size) return undefined;
      return (await offsetsOf(Math.floor(index / tileWidth), tree.size))[index % tileWidth];
    },
    async treeWith(index) {
      const tree = await newest();
      if (!tree || tree.size <= index) return undefined;
      const stamped = await newestTimestampedSize(folder, name);
      const note =
        stamped !== undefined && stamped > index && stamped <= tree.size
          ? (await readIfThere(logPaths.checkpointOf(folder, name, stamped)))?.toString('utf8')
          : undefined;
      const chosen = note === undefined ? tree : { size: stamped!, note };
      const timestamps = await readTimestamps(folder, name, chosen.size);
      return { ...chosen, timestamps, prove: (start, end) => prover.range(start, end, chosen.size) };
    },
  };
}
