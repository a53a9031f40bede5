import type { Admin } from 'kafkajs';
import { SealstreamError } from '../core/errors.js';
import { decideStart, type PartitionFacts, type Start } from './delivery.js';
import { DeliveryStop } from './errors.js';
import { type CommitMetadata, decodeMetadata } from './intent.js';
import type { ReadBack } from './read-back.js';

/** What Kafka keeps of a partition for the group. */
export interface GroupPosition {
  /** -1 when the group never committed one. */
  offset: number;
  metadata: string;
  low: number;
  high: number;
}

/** Reads the group's offsets and the topic's, for all partitions, anew at each call. */
export async function readGroupPositions({
  admin,
  groupId,
  topic,
}: {
  admin: Admin;
  groupId: string;
  topic: string;
}): Promise<Map<number, GroupPosition>> {
  const [committed, logs] = await Promise.all([
    admin.fetchOffsets({ groupId, topics: [topic] }),
    admin.fetchTopicOffsets(topic),
  ]);
  const offsets = new Map(committed[0]?.partitions.map((entry) => [entry.partition, entry]));
  return new Map(
    logs.map(({ partition, low, high }) => {
      const entry = offsets.get(partition);
      return [
        partition,
        { offset: Number(entry?.offset ?? -1), metadata: entry?.metadata ?? '', low: Number(low), high: Number(high) },
      ];
    }),
  );
}

/** How the work on a partition begins. */
export interface Beginning {
  start: Exclude<Start, { kind: 'stop' }>;
  /** H(value) of the last done record, hex, where `start.compare` names one. */
  compareHash: string | undefined;
}

/**
 * What WIRE §6 asks on assignment: reads the intent and the stored position, and decides where to go on. To be called after the
 * group was joined, so that no earlier member can commit any more. Throws a DeliveryStop when the partition must stand still; rejects
 * with other errors when Kafka or ClickHouse cannot be asked.
 */
export async function assess({
  topic,
  partition,
  incarnation,
  position,
  readBack,
}: {
  topic: string;
  partition: number;
  incarnation: Buffer;
  position: GroupPosition | undefined;
  readBack: ReadBack;
}): Promise<Beginning> {
  const where = { topic, partition };
  if (position === undefined) {
    throw new SealstreamError('partition_unknown', `Kafka does not know ${topic}/${partition} yet`, {
      retriable: true,
      ...where,
    });
  }
  const facts = await gatherFacts({ incarnation: incarnation.toString('hex'), position, readBack });
  const start = decideStart(facts);
  if (start.kind === 'stop') throw new DeliveryStop(start.code, start.message, { ...where, offset: position.offset });
  if (start.compare === undefined) return { start, compareHash: undefined };
  return { start, compareHash: await readBack.valueHash(start.compare) };
}

async function gatherFacts({
  incarnation,
  position: { offset, metadata, low, high },
  readBack,
}: {
  incarnation: string;
  position: GroupPosition;
  readBack: ReadBack;
}): Promise<PartitionFacts> {
  const said: CommitMetadata | undefined = metadata === '' ? undefined : decodeMetadata(metadata);
  const ours = offset >= 0 && (said === undefined || said.incarnation === incarnation);
  const from = ours ? offset : 0;
  const [above, doneAbove] = await Promise.all([readBack.above(from), readBack.doneAbove(from)]);
  const intended =
    ours && said?.intent ? await readBack.intended({ first: offset, last: said.intent.last }) : undefined;
  return {
    incarnation,
    committed: offset < 0 ? undefined : { offset, metadata: said },
    above,
    doneAbove,
    intended,
    log: { low, high },
  };
}
