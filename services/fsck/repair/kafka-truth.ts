import type { Kafka } from 'kafkajs';
import type { Intent } from '../../consumer/intent.js';
import { rangeDigest } from '../../consumer/range.js';
import type { TopicRecord } from '../../core/judge/index.js';
import type { Logger } from '../../core/log.js';
import { sha256 } from '../../core/seal/index.js';
import type { LogEntry } from '../../core/tlog/index.js';
import { type KafkaPartition, readStretches } from '../read-kafka.js';
import type { Floor } from './plan.js';
import { covers, type Offsets } from './wrong-places.js';

/** What was sealed at an offset of the partition, as the log says. */
export type Sealed = (offset: number) => Promise<LogEntry | undefined | 'unreadable'>;

/** What Kafka would give again, and what it is held against. */
export interface Expected {
  partition: number;
  /** Up to and without `to`; none is empty. */
  from: number;
  to: number;
  /** Undefined where no log is at hand. */
  sealed: Sealed | undefined;
  /** Where `batches` says other bytes than Kafka. */
  differing: readonly Offsets[];
  /** A range that was begun, and that Kafka's records must give. */
  intent: Intent | undefined;
}

/**
 * Reads what Kafka would give again and tells, by partition, above which record it is what was sealed: a record that Kafka holds with other bytes
 * must never take the place of the one in the tables.
 */
export async function findFloors({
  expected,
  ...reading
}: {
  kafka: Kafka;
  topic: string;
  held: readonly KafkaPartition[];
  expected: readonly Expected[];
  log: Logger;
  signal: AbortSignal;
}): Promise<Map<number, Floor>> {
  const checks = new Map(expected.map((one) => [one.partition, createTruthCheck(one)]));
  await readStretches({
    ...reading,
    wanted: new Map(expected.map(({ partition, from, to }) => [partition, { from, to }])),
    onRecords: (partition, records) => checks.get(partition)!.take(records),
  });
  const floors = new Map<number, Floor>();
  for (const [partition, { floor }] of checks) {
    const found = floor();
    if (found) floors.set(partition, found);
  }
  return floors;
}

function createTruthCheck({ sealed, differing, intent }: Expected) {
  let floor: Floor | undefined;
  const hashes: Buffer[] = [];
  /** Of the intended range, in the log with the bytes that Kafka holds. */
  let confirmed = 0;

  const refuse = (offset: number, why: string): void => {
    floor = { offset: offset + 1, why, isDoubtful: true };
  };

  const check = async ({ offset, value, appendTimeMs }: TopicRecord): Promise<void> => {
    const hash = sha256(value);
    const isIntended = intent !== undefined && offset >= intent.first && offset <= intent.last;
    if (isIntended) hashes.push(hash);
    const entry = await sealed?.(offset);
    if (entry === 'unreadable') return refuse(offset, `the log cannot be read at offset ${offset}`);
    if (entry === undefined) {
      if (covers(differing, offset)) {
        const unsure = sealed ? 'the log does not hold it' : 'no log is at hand (--log)';
        refuse(
          offset,
          `Kafka holds another record at offset ${offset} than was stored, and ${unsure}: nothing says which of them was sealed`,
        );
      }
      return;
    }
    if (!hash.equals(entry.valueHash) || entry.appendTimeMs !== appendTimeMs) {
      refuse(
        offset,
        `the log says that Kafka’s record at offset ${offset} is not the one that was sealed: it must not take its place`,
      );
      return;
    }
    if (isIntended) confirmed += 1;
  };

  return {
    async take(records: readonly TopicRecord[]): Promise<void> {
      for (const record of records) await check(record);
    },
    floor(): Floor | undefined {
      if (!intent || hashes.length < intent.last - intent.first + 1) return floor;
      if (rangeDigest(hashes) === intent.digest || confirmed === hashes.length) return floor;
      const why = `Kafka’s records at offsets ${intent.first}–${intent.last} are not those that the consumer had begun to store, and no log says that they were sealed`;
      return { offset: Math.max(floor?.offset ?? 0, intent.last + 1), why, isDoubtful: true };
    },
  };
}
