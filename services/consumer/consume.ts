import type { Kafka } from 'kafkajs';
import type { Logger } from '../core/log.js';
import {
  type BatchAtHand,
  type FetchSettings,
  type Following,
  followPartitions,
  type Heartbeats,
} from '../core/reading/index.js';
import { AssignmentLost, DeliveryStop } from './errors.js';
import { encodeMetadata } from './intent.js';
import type { Membership } from './membership.js';
import type { ConsumerMetrics } from './metrics.js';
import type { PartitionDelivery, Turn } from './partition.js';

export type Consumption = Following;

/** How often a partition that stands still is looked at again. */
const lookAgainMs = 60_000;

/**
 * Joins the group and delivers what it is assigned. After each joining every partition is assessed (`open`), and its records are fetched
 * only then; after a failed insert it is assessed anew, as after a crash.
 */
export async function consume({
  open,
  membership,
  metrics,
  onJoined,
  onBegun,
  onStopped,
  onTrouble,
  ...group
}: {
  kafka: Kafka;
  topic: string;
  groupId: string;
  settings: FetchSettings;
  /** Assesses a partition. Rejects with a DeliveryStop where it must stand still, else where a part is away. */
  open: (partition: number) => Promise<PartitionDelivery>;
  membership: Membership;
  metrics: ConsumerMetrics;
  onJoined: (partitions: readonly number[]) => void;
  onBegun: (partition: number) => void;
  onStopped: (partition: number, stop: DeliveryStop) => void;
  /** Something is away; it is tried again. */
  onTrouble: (error: unknown) => void;
  log: Logger;
}): Promise<Consumption> {
  const beating = new Set<Heartbeats>();
  const following = await followPartitions<PartitionDelivery, DeliveryStop>({
    ...group,
    lookAgainMs,
    what: 'delivery',
    isStop: (error): error is DeliveryStop => error instanceof DeliveryStop,
    open,
    async take(delivery, records, batch) {
      const { heartbeats } = batch;
      beating.add(heartbeats);
      try {
        await delivery.take(records, createTurn(batch, membership));
      } finally {
        beating.delete(heartbeats);
      }
    },
    events: {
      onJoined(partitions) {
        metrics.assigned(partitions);
        onJoined(partitions);
      },
      onBegun(partition) {
        metrics.begun(partition);
        onBegun(partition);
      },
      onStopped(partition, stop) {
        metrics.stopped(partition, stop.code);
        onStopped(partition, stop);
      },
      onProgress: (partition, next, highWatermark) => metrics.lag(partition, Math.max(0, highWatermark - next)),
      onTrouble,
      onProof: membership.prove,
    },
  });
  return {
    reassess: following.reassess,
    stop() {
      const stopped = following.stop();
      for (const heartbeats of beating)
        heartbeats.fail(new AssignmentLost('the consumer stops', { topic: group.topic }));
      return stopped;
    },
  };
}

function createTurn(
  { payload: { batch, commitOffsetsIfNecessary, resolveOffset, isRunning }, heartbeats, isAlive }: BatchAtHand,
  membership: Membership,
): Turn {
  const { topic, partition } = batch;
  const assertAssigned = (): void => {
    if (!isAlive()) throw new AssignmentLost('the group was joined again', { topic, partition });
  };
  return {
    async commit(offset, metadata) {
      const commit = { partition, offset: String(offset), metadata: encodeMetadata(metadata) };
      assertAssigned();
      // Not consumer.commitOffsets: that one resolves silently when the consumer is not running, and tries again under a later
      // generation of the group. This one resolves with the broker's receipt, and takes the generation of this very moment.
      const sentAt = Date.now();
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [commit] }] });
      membership.prove(sentAt);
    },
    check: heartbeats.check,
    during: heartbeats.during,
    permit() {
      assertAssigned();
      membership.permit();
    },
    resolve: (offset) => resolveOffset(String(offset)),
    running: () => isRunning() && isAlive(),
  };
}
