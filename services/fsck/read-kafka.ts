import type { Kafka } from 'kafkajs';
import type { TopicRecord } from '../core/judge/index.js';
import type { Logger } from '../core/log.js';
import { readTopic } from '../core/reading/index.js';

/** What Kafka still holds of a partition. */
export interface KafkaPartition {
  partition: number;
  low: number;
  high: number;
}

/**
 * Reads stretches of a topic's partitions, each record once and in order, and resolves when all are through. `wanted` names offsets that
 * Kafka holds; rejects where it lets go of them meanwhile, and when `onRecords` does.
 */
export async function readStretches({
  kafka,
  topic,
  held,
  wanted,
  onRecords,
  log,
  signal,
}: {
  kafka: Kafka;
  topic: string;
  /** All partitions. */
  held: readonly KafkaPartition[];
  /** Up to and without `to`; none is empty. */
  wanted: ReadonlyMap<number, { from: number; to: number }>;
  /** At least one record of one partition. */
  onRecords: (partition: number, records: readonly TopicRecord[]) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}): Promise<void> {
  if (wanted.size === 0) return;
  const ends = new Map([...wanted].map(([partition, { to }]) => [partition, to]));
  let resolve = (): void => {};
  let reject = (_: Error): void => {};
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stop);
  const take = async (partition: number, records: readonly TopicRecord[]): Promise<void> => {
    const end = ends.get(partition);
    if (end === undefined) return;
    const own = records.filter(({ offset }) => offset < end);
    if (own.length > 0) await onRecords(partition, own);
    if (records.at(-1)!.offset + 1 >= end) ends.delete(partition);
    if (ends.size === 0) resolve();
  };
  const reader = await readTopic({
    kafka,
    topic,
    from: new Map(held.map(({ partition, high }) => [partition, wanted.get(partition)?.from ?? high])),
    onRecords: (partition, records) =>
      take(partition, records).catch((error) => {
        reject(error as Error);
        throw error;
      }),
    onGap: reject,
    onCrash: (error, restarts) => void (restarts || reject(error)),
    log,
    // Everything wanted is there: no fetch has to wait for more.
    maxWaitMs: 100,
    groupPrefix: 'sealstream-fsck',
  });
  try {
    await done;
  } finally {
    signal.removeEventListener('abort', stop);
    await reader.stop();
  }
}
