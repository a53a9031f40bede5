import type { TopicRecord } from '../core/judge/index.js';
import { keptEvery } from '../core/log-folder/index.js';
import { sha256 } from '../core/seal/index.js';
import type { LogEntry, TreeHasher } from '../core/tlog/index.js';
import { SealStop } from './errors.js';
import type { ShardFolder } from './folder.js';
import { restoreKept } from './kept.js';
import type { OpenedShard } from './open-shard.js';
import type { SealedPosition } from './position.js';
import type { Publisher } from './publisher.js';
import type { LogSigner } from './signer.js';

/** The steps of a checkpoint between which a crash can fall. Tests stop the process at each of them. */
export const steps = [
  'before_tiles',
  'after_tiles',
  'after_commit',
  'after_sign',
  'after_cosign',
  'after_kept',
  'after_checkpoint',
] as const;
export type Step = (typeof steps)[number];

/** What a shard needs of the group member that it is assigned to, while one batch is worked on. */
export interface Turn {
  /** Of the partition: the offset that the next record will get. */
  readonly highWatermark: number;
  /** Commits the group's offset; resolves once the broker has confirmed it, rejects when this member may not commit any more. */
  commit(offset: number, position: SealedPosition): Promise<void>;
  /** The next fetch starts above this offset. */
  resolve(offset: number): void;
  /** Resolves after so long, or as soon as the sealer stops; rejects when the member was put out. */
  wait(ms: number): Promise<void>;
  /** Throws when no other checkpoint shall be begun. */
  check(): void;
}

export interface SealingLimits {
  /** Between two checkpoints of a shard, while there is something new. */
  checkpointEveryMs: number;
  /** Of entries that wait in memory for a checkpoint; beyond it full tiles are written before. */
  waitingBytes: number;
  /** A checkpoint is published at each multiple of so many entries, too, and kept. */
  keptEvery: number;
  /** How long the others are kept. */
  keptMs: number;
  /** Between two looks for those that need not be kept any more. */
  pruneEveryMs: number;
}

export const defaultSealingLimits: SealingLimits = {
  checkpointEveryMs: 1_000,
  waitingBytes: 16_777_216,
  keptEvery,
  keptMs: 3_600_000,
  pruneEveryMs: 300_000,
};

export interface ShardSealing {
  /** Where fetching begins: the record to compare, else the first that is not in the tree. */
  readonly fetchFrom: number;
  /** The first offset that is not in the tree. */
  readonly next: number;
  /** There are records that no checkpoint covers, of those that Kafka held when the shard was opened or that have come since. */
  readonly isBehind: boolean;
  /** Entries of the newest checkpoint. */
  readonly sealed: number;
  /**
   * Publishes what no record need come for: the empty tree of a shard that has none, and a tree whose records Kafka has let go of. To be
   * called once, before the first `take`; does nothing where records are to be fetched. Rejects as `take` does.
   */
  settle(member: Pick<Turn, 'commit' | 'check'>): Promise<void>;
  /** Seals the records of one fetch, in order. After a rejection nothing of it may be used again: the shard is opened anew. */
  take(records: readonly TopicRecord[], turn: Turn): Promise<void>;
}

/** Grows one shard from where it was opened: WIRE §7 and docs/decisions/0040, "Order of work". */
export function createShardSealing({
  topic,
  partition,
  incarnation,
  origin,
  opened,
  folder,
  hasher,
  entryOf,
  signer,
  publisher,
  limits,
  onStep,
  onSealed,
  onHole,
  now = () => performance.now(),
}: {
  topic: string;
  partition: number;
  /** Hex. */
  incarnation: string;
  origin: string;
  opened: OpenedShard;
  folder: ShardFolder;
  hasher: TreeHasher;
  entryOf: (record: TopicRecord) => LogEntry;
  signer: LogSigner;
  publisher: Publisher;
  limits: SealingLimits;
  onStep: (step: Step, at: { origin: string; size: number }) => void;
  onSealed: (size: number, entries: number) => void;
  onHole: (from: number, below: number) => void;
  now?: () => number;
}): ShardSealing {
  const { tree, first, goal } = opened;
  const where = (offset: number) => ({ topic, partition, offset });
  let { next, compare } = opened;
  let sealed = opened.published?.size ?? 0;
  let sealedAt = Number.NEGATIVE_INFINITY;

  /** The last sealed record must be there as it was; then those that are not in the tree follow. */
  const following = (records: readonly TopicRecord[]): readonly TopicRecord[] => {
    if (compare && records[0]!.offset <= compare.offset) {
      const { offset, valueHash } = compare;
      const record = records.find((candidate) => candidate.offset === offset);
      const found = record && sha256(record.value).toString('hex');
      const wanted = Buffer.from(valueHash).toString('hex');
      if (found !== wanted) {
        const message = `${origin}: the record at offset ${offset} has hash ${found ?? '(none)'}, and ${wanted} was sealed: the topic was deleted and made again. It needs an incarnation of its own in the registry.`;
        throw new SealStop('topic_recreated', message, where(offset));
      }
    }
    compare = undefined;
    return records.filter(({ offset }) => offset >= next);
  };

  const take = async (records: readonly TopicRecord[], turn: Turn): Promise<void> => {
    for (const record of following(records)) {
      goal?.require(tree.size, record.offset);
      if (record.offset > next && record.offset > first && !(goal && record.offset <= goal.offset)) {
        onHole(next, record.offset);
      }
      await tree.add(entryOf(record));
      next = record.offset + 1;
      if (tree.size % limits.keptEvery === 0 && tree.size > sealed && tree.size >= (goal?.size ?? 0)) {
        goal?.require(tree.size, next);
        turn.resolve(next - 1);
        await seal(turn);
      } else if (tree.waitingBytes > limits.waitingBytes) await tree.writeFull();
    }
    turn.resolve(next - 1);
    goal?.require(tree.size, next);
    requireSealed(turn.highWatermark);
    if (tree.size < (goal?.size ?? 0)) return;
    const dueMs = sealedAt + limits.checkpointEveryMs - now();
    if (dueMs > 0) {
      // More is in Kafka already: it is fetched before the next checkpoint. Otherwise whatever comes meanwhile goes into the one after it.
      if (next < turn.highWatermark) return;
      await turn.wait(dueMs);
    }
    if (tree.size > sealed) await seal(turn);
  };

  const settle: ShardSealing['settle'] = async (member) => {
    if (!opened.isIdle) return;
    goal?.require(tree.size, next);
    requireSealed(next);
    if (tree.size === opened.published?.size) return;
    // Every tree begins with the empty one, and the goal is committed already: neither needs the fence.
    const isSafe = tree.size === 0 || tree.size === goal?.size;
    await seal(isSafe ? { ...member, commit: async () => {} } : member);
  };

  /** Where the group has no position, only the folder's checkpoint tells that there were more. */
  const requireSealed = (highWatermark: number): void => {
    if (next < highWatermark || tree.size >= sealed) return;
    const message = `${origin}: the folder's checkpoint is of ${sealed} entries, and only ${tree.size} records are left in the folder, Kafka and batches. Restore the shard's folder from a copy.`;
    throw new SealStop('range_gone', message, where(next));
  };

  const seal = async (member: Pick<Turn, 'commit' | 'check'>): Promise<void> => {
    const { size } = tree;
    const step = (name: Step): void => onStep(name, { origin, size });
    member.check();
    step('before_tiles');
    const root = await tree.write();
    step('after_tiles');
    await member.commit(next, { incarnation, first, size, root });
    step('after_commit');
    const signed = await signer.sign({ origin, size, root });
    step('after_sign');
    sealedAt = now();
    await publisher.publish(signed, step);
    step('after_checkpoint');
    onSealed(size, size - sealed);
    sealed = size;
    await tree.tidy();
    await keep();
  };

  let keptComplete = false;
  let prunedAt = now();
  /** Checkpoints at every multiple, also of what was sealed before the folder was lost; the others go in time. */
  const keep = async (): Promise<void> => {
    const { keptEvery, keptMs, pruneEveryMs } = limits;
    if (!keptComplete) await restoreKept({ folder, hasher, signer, origin, size: sealed, keptEvery });
    keptComplete = true;
    if (now() - prunedAt < pruneEveryMs) return;
    prunedAt = now();
    await folder.pruneCheckpoints({ newest: sealed, keptEvery, olderThanMs: keptMs });
  };

  return {
    get fetchFrom() {
      return compare?.offset ?? next;
    },
    get next() {
      return next;
    },
    get isBehind() {
      return tree.size > sealed || next < opened.high;
    },
    get sealed() {
      return sealed;
    },
    settle,
    take,
  };
}
