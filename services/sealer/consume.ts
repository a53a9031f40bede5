import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { Logger } from '../core/log.js';
import {
  type BatchAtHand,
  type FetchSettings,
  type FollowEvents,
  type Following,
  followPartitions,
  type Opening,
  type PartitionWork,
} from '../core/reading/index.js';
import { assignmentLost, SealStop } from './errors.js';
import { encodePosition, type SealedPosition } from './position.js';
import type { ShardSealing, Turn } from './sealing.js';

/** A shard that is being sealed, and what of it is to be ended. */
export interface OpenShard {
  sealing: ShardSealing;
  close(): Promise<void>;
}

export type Consumption = Following;

interface ShardWork extends PartitionWork {
  shard: OpenShard;
}

/**
 * Joins the group and seals the shards that it is assigned. After each joining every shard is opened, and its records are fetched only
 * then; after a failed write it is opened anew, as after a crash.
 */
export async function consume({
  open,
  readCommitted,
  events,
  ...group
}: {
  kafka: Kafka;
  topic: string;
  groupId: string;
  settings: FetchSettings;
  /** How often a shard that stands still is looked at again. */
  lookAgainMs: number;
  /** Rejects with a SealStop where the shard must stand still, else where a part is away. `goOn` throws once it is in vain. */
  open: (partition: number, goOn: () => void) => Promise<OpenShard>;
  /** What Kafka has of the group. */
  readCommitted: (partition: number) => Promise<{ offset: number; metadata: string } | undefined>;
  events: FollowEvents<SealStop>;
  log: Logger;
}): Promise<Consumption> {
  const { topic } = group;
  const stopping = new AbortController();

  /**
   * A commit outside of a batch, which kafkajs may give up silently, or repeat after the group was joined again: it counts only where this
   * member's assignment outlasted it, and Kafka has it.
   */
  const commitBetween = async (
    partition: number,
    { goOn, commit }: Opening,
    [offset, position]: [number, SealedPosition],
  ): Promise<void> => {
    const metadata = encodePosition(position);
    goOn();
    await commit(offset, metadata);
    goOn();
    const committed = await readCommitted(partition);
    goOn();
    if (committed?.offset === offset && committed.metadata === metadata) return;
    throw assignmentLost('Kafka has not taken the commit', { topic, partition, offset });
  };

  const following = await followPartitions<ShardWork, SealStop>({
    ...group,
    what: 'sealing',
    isStop: (error): error is SealStop => error instanceof SealStop,
    async open(partition, opening) {
      const shard = await open(partition, opening.goOn);
      const { sealing } = shard;
      try {
        const commit: Turn['commit'] = (...at) => commitBetween(partition, opening, at);
        await sealing.settle({ check: opening.goOn, commit });
      } catch (error) {
        await shard.close();
        throw error;
      }
      return {
        shard,
        get fetchFrom() {
          return sealing.fetchFrom;
        },
        get next() {
          return sealing.next;
        },
      };
    },
    close: ({ shard }) => shard.close(),
    take: ({ shard }, records, batch) => shard.sealing.take(records, createTurn(batch, stopping.signal)),
    events,
  });
  return {
    reassess: following.reassess,
    stop() {
      // Lets the checkpoints at hand be finished without waiting until they are due.
      stopping.abort();
      return following.stop();
    },
  };
}

function createTurn(
  { payload: { batch, commitOffsetsIfNecessary, resolveOffset }, heartbeats, isAlive }: BatchAtHand,
  stopping: AbortSignal,
): Turn {
  const { topic, partition } = batch;
  const check = (): void => {
    heartbeats.check();
    if (!isAlive()) throw assignmentLost('the group was joined again', { topic, partition });
  };
  return {
    highWatermark: Number(batch.highWatermark),
    async commit(offset, position) {
      const commit = { partition, offset: String(offset), metadata: encodePosition(position) };
      check();
      // Not consumer.commitOffsets: that one resolves silently when the consumer is not running, and tries again under a later
      // generation of the group. This one resolves with the broker's receipt, and takes the generation of this very moment.
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [commit] }] });
    },
    resolve: (offset) => resolveOffset(String(offset)),
    async wait(ms) {
      await heartbeats.during(sleep(ms, undefined, { signal: stopping }).catch(() => {}));
      check();
    },
    check,
  };
}
