import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import type { Deployment, ErasureList } from '../core/judge/index.js';
import type { Logger } from '../core/log.js';
import { type RegistryReader, topicOffsets } from '../core/reading/index.js';
import type { BatchRow } from '../core/rows/index.js';
import { checkKafka } from './check-kafka.js';
import { type Checked, checkStored } from './check-stored.js';
import type { Report } from './difference.js';
import type { KafkaPartition } from './read-kafka.js';
import { createStoredRows, type EventPlace, type StoredPartition, type Stretch } from './stored.js';

/** The log's side of a comparison: entries against records. */
export interface LogCheck {
  /** Of a stretch's records, in offset order. */
  records(stretch: Stretch, records: readonly BatchRow[]): Promise<void>;
  /** When all stretches are through: what the log holds beyond them, its roots and checkpoints. */
  finish(partitions: readonly StoredPartition[]): Promise<void>;
}

export interface Fsck {
  partitions: StoredPartition[];
  /** Undefined where Kafka was left out. */
  kafka: KafkaPartition[] | undefined;
  records: number;
  events: number;
}

/**
 * Reconciles Kafka ↔ stored rows ↔ signatures ↔ log, and reports every difference with its coordinates. Changes nothing. Records
 * that come in meanwhile are left out: what is checked is what was stored at the beginning.
 */
export async function fsck({
  clickhouse,
  database,
  kafka,
  log: logCheck,
  deployment,
  registryReader,
  erasures,
  onlyPartition,
  report,
  onProgress = () => {},
  logger,
  signal,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  /** Undefined leaves Kafka out. `expected`: how far the consumer says it has stored each partition. */
  kafka: { client: Kafka; topic: string; incarnation: Buffer; expected: ReadonlyMap<number, number> } | undefined;
  log: LogCheck | undefined;
  deployment: Deployment;
  registryReader: RegistryReader;
  erasures: ErasureList;
  onlyPartition?: number | undefined;
  report: Report;
  /** Records and events done, and records to do in all, in both directions. */
  onProgress?: (progress: { records: number; events: number; of: number }) => void;
  logger: Logger;
  signal: AbortSignal;
}): Promise<Fsck> {
  const stored = createStoredRows({ clickhouse, database });
  const all = await stored.partitions();
  const partitions = all.filter(({ partition }) => onlyPartition === undefined || partition === onlyPartition);
  const done = { records: 0, events: 0, of: partitions.reduce((sum, { records }) => sum + records, 0) };
  let total = { records: 0, events: 0 };
  const onChecked = ({ records, events }: Checked): void => {
    done.records += records;
    done.events += events;
    onProgress(done);
  };

  let held: KafkaPartition[] | undefined;
  if (kafka) {
    const present = partitions.filter(({ incarnation }) => incarnation.equals(kafka.incarnation));
    done.of *= 2;
    held = await checkKafka({
      kafka: kafka.client,
      topic: kafka.topic,
      incarnation: kafka.incarnation,
      clickhouse,
      database,
      stored,
      partitions: present,
      deployment,
      registryReader,
      erasures,
      report,
      onChecked,
      log: logger,
      signal,
    });
    for (const { partition, low } of held) {
      const first = present.find((one) => one.partition === partition)?.first ?? 0;
      if (first > low) reportHead({ ...kafka, partition, low, first }, report);
    }
    for (const [partition, expected] of kafka.expected) {
      if (onlyPartition !== undefined && partition !== onlyPartition) continue;
      const next = present.find((one) => one.partition === partition)?.next ?? 0;
      if (expected > next) reportTail({ ...kafka, partition, next, expected }, report);
    }
  }
  for (const { incarnation, partition, first, next } of partitions) {
    const stretch = { incarnation, partition, from: first, to: next };
    await checkStored(stretch, {
      stored,
      deployment,
      registryReader,
      erasures,
      report,
      onRecords: (records) => logCheck?.records(stretch, records),
      onChecked: (checked) => {
        total = { records: total.records + checked.records, events: total.events + checked.events };
        onChecked(checked);
      },
      signal,
    });
  }
  await logCheck?.finish(partitions);
  if (onlyPartition === undefined) await checkStrays({ stored, partitions: all, kafka, report });
  return { partitions, kafka: held, ...total };
}

/** The consumer begins at a partition's first record. */
function reportHead(
  { incarnation, partition, low, first }: { incarnation: Buffer; partition: number; low: number; first: number },
  report: Report,
): void {
  report({
    kind: 'record_missing',
    place: { incarnation: incarnation.toString('hex'), partition, offset: low, lastOffset: first - 1 },
    detail: `batches begins at offset ${first}, and Kafka holds records from offset ${low} on`,
  });
}

function reportTail(
  {
    incarnation,
    partition,
    next,
    expected,
  }: { incarnation: Buffer; partition: number; next: number; expected: number },
  report: Report,
): void {
  report({
    kind: 'record_missing',
    place: { incarnation: incarnation.toString('hex'), partition, offset: next, lastOffset: expected - 1 },
    detail: `the consumer had stored everything below offset ${expected}`,
  });
}

/** Of a partition's records the consumer inserts at most 1,000 at once; offsets have few gaps. */
const mostAhead = 2_000;

/**
 * Rows beside what was checked. While a deployment runs there are always some: of records that came meanwhile, and of one that is just
 * being stored, of which `batches` tells last. So the ends are looked at after the rows: Kafka's, or what is stored by now and a range more.
 */
async function checkStrays({
  stored,
  partitions,
  kafka,
  report,
}: {
  stored: ReturnType<typeof createStoredRows>;
  partitions: readonly StoredPartition[];
  kafka: { client: Kafka; topic: string; incarnation: Buffer } | undefined;
  report: Report;
}): Promise<void> {
  const found = await stored.strays(partitions);
  if (found.length === 0) return;
  const now = await stored.partitions();
  const highs = kafka ? await topicOffsets(kafka.client, kafka.topic) : [];
  const mayBe = ({ incarnation, partition, offset }: EventPlace): boolean => {
    const lives = now.filter((one) => one.incarnation.equals(incarnation));
    const own = lives.find((one) => one.partition === partition);
    if (own && offset < own.first) return false;
    if (kafka) {
      const high = highs.find((one) => one.partition === partition)?.high ?? 0;
      return kafka.incarnation.equals(incarnation) && offset < high;
    }
    return lives.length > 0 && offset < (own?.next ?? 0) + mostAhead;
  };
  for (const place of found.filter((one) => !mayBe(one))) {
    const { incarnation, partition, offset, idx } = place;
    report({
      kind: 'event_added',
      place: { incarnation: incarnation.toString('hex'), partition, offset, index: idx },
      detail: 'no record in batches stands for the row, and none is to come',
    });
  }
}
