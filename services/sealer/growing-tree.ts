import {
  appendEntries,
  bundlePath,
  createFrontier,
  encodeEntry,
  frontierOfEdge,
  type LogEdge,
  type LogEntry,
  type LogFile,
  partialTiles,
  type TreeHasher,
  tilePath,
  tileWidth,
} from '../core/tlog/index.js';
import { firstOfLevels, fullFiles, type ShardFolder } from './folder.js';

/** A tree that a shard's tree must be at a size: what was committed, what a checkpoint signs. */
export interface Milestone {
  size: number;
  /** Hex. */
  root: string;
  /** For people: who says so. */
  of: string;
}

/** A shard's tree in the folder, and the entries that are not in it yet. Memory is bounded by whoever adds. */
export interface GrowingTree {
  /** With what waits. */
  readonly size: number;
  /** Bytes of what waits. */
  readonly waitingBytes: number;
  /** Of the entries that do not wait, hex. */
  root(): string;
  /** Rejects where a milestone is reached with another root; then the tree is of no use any more. */
  add(entry: LogEntry): Promise<void>;
  /** Writes the tiles and bundles that are full now; a tree of this size cannot be served yet. */
  writeFull(): Promise<void>;
  /** Writes all that a tree of the present size has. Resolves with its root, hex. */
  write(): Promise<string>;
  /** Removes the partial files that full ones have replaced since the last call. */
  tidy(): Promise<void>;
}

export function createGrowingTree({
  folder,
  edge: beginning,
  milestones,
  hasher,
  onMilestone,
}: {
  folder: ShardFolder;
  edge: LogEdge;
  /** In the order of their sizes, all above the beginning's. */
  milestones: readonly Milestone[];
  hasher: TreeHasher;
  /** Throws where the root is another than the milestone's. */
  onMilestone: (milestone: Milestone, root: string) => void;
}): GrowingTree {
  let edge = beginning;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const ahead = [...milestones];
  /** Paths of full files whose partial ones are still there. */
  const replaced = new Set<string>();
  /** Partial files that are in the folder, of the tree that was written last. */
  let partials = new Set<string>();

  /** Takes what waits into the tree. Gives the files that never change again. */
  const append = (): LogFile[] => {
    const appended = appendEntries({ hasher, edge, entries: waiting });
    edge = appended.edge;
    waiting = [];
    waitingBytes = 0;
    const full = fullFiles(appended.files);
    for (const { path } of firstOfLevels(full)) replaced.add(path);
    return full;
  };
  const root = (): string =>
    Buffer.from(createFrontier({ hasher, from: frontierOfEdge(hasher, edge) }).root()).toString('hex');

  const tree: GrowingTree = {
    get size() {
      return edge.size + waiting.length;
    },
    get waitingBytes() {
      return waitingBytes;
    },
    root,
    async add(entry) {
      const bytes = encodeEntry(entry);
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (tree.size !== ahead[0]?.size) return;
      await tree.writeFull();
      while (tree.size === ahead[0]?.size) onMilestone(ahead.shift()!, root());
    },
    async writeFull() {
      await folder.writeTiles(append());
    },
    async write() {
      const full = append();
      const right = partialFiles(edge);
      await folder.writeTiles([...full, ...right.filter(({ path }) => !partials.has(path))]);
      partials = new Set(right.map(({ path }) => path));
      return root();
    },
    async tidy() {
      const paths = [...replaced];
      replaced.clear();
      await folder.removePartials(paths);
    },
  };
  return tree;
}

/** The files of a tree's right edge, whatever was there before. */
function partialFiles({ size, tiles, bundle }: LogEdge): LogFile[] {
  const hashes = partialTiles(size).map(({ level, index, width }) => ({
    path: tilePath(level, index, width),
    bytes: tiles[level]!,
  }));
  const width = size % tileWidth;
  if (width === 0) return hashes;
  return [{ path: bundlePath(Math.floor(size / tileWidth), width), bytes: bundle }, ...hashes];
}
