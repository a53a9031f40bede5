import type { Admin } from 'kafkajs';
import { SealstreamError } from '../core/errors.js';
import type { Shard } from '../core/log-folder/index.js';
import type { ShardFacts } from './open-shard.js';
import { decodePosition } from './position.js';

/**
 * What Kafka keeps of a shard's partition. To be called after the group was joined, so that no earlier member can commit any more. A
 * position of another incarnation is none: that log has ended.
 */
export async function askKafka({
  admin,
  groupId,
  topic,
  partition,
  shard,
}: {
  admin: Admin;
  groupId: string;
  topic: string;
  partition: number;
  shard: Shard;
}): Promise<Omit<ShardFacts, 'incarnation'>> {
  const [group, logs] = await Promise.all([
    readCommitted({ admin, groupId, topic, partition }),
    admin.fetchTopicOffsets(topic),
  ]);
  const log = logs.find((entry) => entry.partition === partition);
  if (!log) {
    throw new SealstreamError('partition_unknown', `Kafka does not know ${topic}/${partition} yet`, {
      retriable: true,
      topic,
      partition,
    });
  }
  const position = group && decodePosition(group.metadata);
  const incarnation = shard === 'registry' ? undefined : shard.incarnation.toString('hex');
  const isOurs = position !== undefined && (incarnation === undefined || position.incarnation === incarnation);
  return {
    topic,
    partition,
    committed: isOurs ? { offset: group!.offset, position } : undefined,
    log: { low: Number(log.low), high: Number(log.high) },
  };
}

/** The position of the group; undefined where it has none. */
export async function readCommitted({
  admin,
  groupId,
  topic,
  partition,
}: {
  admin: Admin;
  groupId: string;
  topic: string;
  partition: number;
}): Promise<{ offset: number; metadata: string } | undefined> {
  const groups = await admin.fetchOffsets({ groupId, topics: [topic] });
  const entry = groups[0]?.partitions.find((one) => one.partition === partition);
  const offset = Number(entry?.offset ?? -1);
  return offset >= 0 ? { offset, metadata: entry?.metadata ?? '' } : undefined;
}
