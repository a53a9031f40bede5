import { SealstreamError } from '../core/errors.js';
import {
  decodeBundle,
  decodeEntry,
  type LogEdge,
  type LogEntry,
  type TreeHasher,
  tileWidth,
} from '../core/tlog/index.js';
import { SealStop } from './errors.js';
import type { ShardFolder } from './folder.js';
import { createGrowingTree, type GrowingTree, type Milestone } from './growing-tree.js';
import { readPublished, readTree } from './known-tree.js';
import type { SealedPosition } from './position.js';
import type { LogSigner, SignedTree } from './signer.js';
import type { StoredEntries } from './stored-entries.js';

/** What Kafka says of a shard's partition. */
export interface ShardFacts {
  topic: string;
  partition: number;
  /** Hex; zeros for the registry. */
  incarnation: string;
  committed: { offset: number; position: SealedPosition } | undefined;
  /** The first offset that Kafka holds, and the next that it will give. */
  log: { low: number; high: number };
}

/** A shard whose tree is as far as the folder, and what Kafka no longer has, take it. */
export interface OpenedShard {
  tree: GrowingTree;
  /** Offset of entry 0, and of the first record that is not in the tree. */
  first: number;
  next: number;
  /** The last sealed record, where Kafka still has it: it must be the one that was sealed. */
  compare: { offset: number; valueHash: Uint8Array } | undefined;
  /** What the tree must be by an offset before anything is signed: what was committed. */
  goal: Goal | undefined;
  /** The newest checkpoint. */
  published: SignedTree | undefined;
  /** Offset of the next record that Kafka will give. */
  high: number;
  /** Kafka holds nothing that is not in the tree, nor what is to be compared: no record need come. */
  isIdle: boolean;
}

export interface Goal {
  offset: number;
  size: number;
  /** Throws where the records up to an offset were too few to reach it. */
  require(treeSize: number, nextOffset: number): void;
}

/** Entries that are fetched from `batches` at once. */
const pageEntries = 2_000;

/**
 * The checks of a start: the folder's tree against its checkpoint and against what was committed; where it is empty or behind, the
 * records that Kafka has let go of come from `batches`. Throws a SealStop where these contradict each other.
 */
export async function openShard({
  facts,
  origin,
  folder,
  signer,
  stored,
  hasher,
  goOn,
  onHole,
}: {
  facts: ShardFacts;
  origin: string;
  folder: ShardFolder;
  signer: LogSigner;
  /** Undefined for the registry, which never expires. */
  stored: StoredEntries | undefined;
  hasher: TreeHasher;
  /** Throws when the shard is no longer this sealer's. */
  goOn: () => void;
  /** Records that were never sealed are nowhere any more; the entries show it. */
  onHole: (from: number, below: number) => void;
}): Promise<OpenedShard> {
  const { topic, partition, committed, log } = facts;
  const where = { topic, partition };
  await folder.removeDrafts();
  const published = await readPublished({ folder, signer, origin, where });
  if (committed && published && published.size > committed.position.size) {
    const message = `${origin}: the folder's checkpoint is of ${published.size} entries, and Kafka's group ${committed.position.size}: the group's offsets were set back, or the folder belongs to another cluster. Restore the one that is older, or move the shard's folder away to have it filled anew.`;
    throw new SealStop('folder_ahead', message, where);
  }
  /** Sealed records that are nowhere any more; for people. */
  const gone: string[] = [];
  const edge = await readTree({ folder, hasher, committed: committed?.position, published, origin, where });
  const milestones = milestonesOf({ committed: committed?.position, published, above: edge.size });
  const tree = createGrowingTree({
    folder,
    edge,
    milestones,
    hasher,
    onMilestone({ size, root, of }, found) {
      if (found === root) return;
      const message = `${origin}: the records give a tree of ${size} entries with root ${found}, and ${of} says ${root}. Records were altered, added or removed since they were sealed${gone.length > 0 ? `; ${gone.join(', ')} are neither in Kafka nor in batches` : ''}. Nothing more is signed; restore the shard's folder from a copy, and see what became of the records.`;
      throw new SealStop('root_differs', message, where);
    },
  });
  const last = await entryAt(folder, edge, edge.size - 1);
  const firstEntry = await entryAt(folder, edge, 0);
  if (firstEntry && Buffer.from(firstEntry.incarnation).toString('hex') !== facts.incarnation) {
    const message = `${origin}: the folder's entries are of incarnation ${Buffer.from(firstEntry.incarnation).toString('hex')}`;
    throw new SealStop('folder_contradicts', message, where);
  }
  const first = firstEntry?.offset ?? committed?.position.first ?? (await beginningOf(log.low, stored));
  let next = last ? last.offset + 1 : first;
  const sealedBelow = Math.max(next, committed?.offset ?? 0);
  if (sealedBelow > log.high) {
    const message = `${origin}: offset ${sealedBelow - 1} is sealed, and Kafka ends at ${log.high}: the topic was deleted and made again. It needs an incarnation of its own in the registry.`;
    throw new SealStop('topic_recreated', message, { ...where, offset: sealedBelow - 1 });
  }
  const goal: Goal | undefined = committed && {
    offset: committed.offset,
    size: committed.position.size,
    require(treeSize, nextOffset) {
      if (nextOffset < committed.offset || treeSize >= committed.position.size) return;
      const missing = gone.length > 0 ? gone.join(', ') : 'some of them';
      const message = `${origin}: ${committed.position.size} records were sealed below offset ${committed.offset}, and ${treeSize} are left: ${missing} are neither in the folder nor in Kafka nor in batches. Restore the shard's folder from a copy.`;
      throw new SealStop('range_gone', message, { ...where, offset: committed.offset });
    },
  };
  const hole = (from: number, below: number): void => {
    if (committed && from < committed.offset) gone.push(`offsets ${from}–${below - 1}`);
    else onHole(from, below);
  };
  if (next < log.low) {
    next = await fill({ tree, stored, from: next, below: log.low, goOn, hole, where });
    goal?.require(tree.size, next);
  }
  const compare = last && last.offset >= log.low ? { offset: last.offset, valueHash: last.valueHash } : undefined;
  return {
    tree,
    first,
    next,
    compare,
    goal,
    published,
    high: log.high,
    isIdle: compare === undefined && next >= log.high,
  };
}

function milestonesOf({
  committed,
  published,
  above,
}: {
  committed: SealedPosition | undefined;
  published: SignedTree | undefined;
  above: number;
}): Milestone[] {
  const all: Milestone[] = [
    ...(published ? [{ size: published.size, root: published.root, of: 'the checkpoint that was signed' }] : []),
    ...(committed ? [{ size: committed.size, root: committed.root, of: 'Kafka’s group' }] : []),
  ];
  return all.filter(({ size }) => size > above);
}

/**
 * An entry of the tree; undefined for an index that it does not have. Bundles are read as wide as a tree of this size has them: narrower
 * ones may never have been written.
 */
async function entryAt(folder: ShardFolder, { size }: LogEdge, index: number): Promise<LogEntry | undefined> {
  if (index < 0 || index >= size) return undefined;
  const bundle = Math.floor(index / tileWidth);
  const width = Math.min(tileWidth, size - bundle * tileWidth);
  return decodeEntry(decodeBundle(await folder.readBundle(bundle, width), width)[index - bundle * tileWidth]!);
}

/** Where a shard begins that was never sealed: at the oldest record that is still anywhere. */
async function beginningOf(low: number, stored: StoredEntries | undefined): Promise<number> {
  if (low === 0 || !stored) return low;
  return Math.min(low, (await stored.first()) ?? low);
}

/** Takes the records of [from, below) from `batches`. */
async function fill({
  tree,
  stored,
  from,
  below,
  goOn,
  hole,
  where,
}: {
  tree: GrowingTree;
  stored: StoredEntries | undefined;
  from: number;
  below: number;
  goOn: () => void;
  hole: (from: number, below: number) => void;
  where: object;
}): Promise<number> {
  let next = from;
  while (stored) {
    goOn();
    const entries = await stored.read({ from: next, below, limit: pageEntries });
    for (const entry of entries) {
      if (entry.offset < next) {
        const message = `batches holds offset ${entry.offset} twice: fsck says which row is too many`;
        throw new SealstreamError('history_contradicts', message, { retriable: true, ...where, offset: entry.offset });
      }
      if (entry.offset > next) hole(next, entry.offset);
      await tree.add(entry);
      next = entry.offset + 1;
    }
    await tree.writeFull();
    if (entries.length < pageEntries) break;
  }
  if (next < below) hole(next, below);
  return below;
}
