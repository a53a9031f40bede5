import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import { createJudge, type Deployment, type ErasureList, type Judged, type TopicRecord } from '../core/judge/index.js';
import type { Logger } from '../core/log.js';
import {
  createFolder,
  createLaneStore,
  type Folder,
  type RegistryReader,
  topicOffsets,
} from '../core/reading/index.js';
import type { BatchRow } from '../core/rows/index.js';
import { sha256 } from '../core/seal/index.js';
import { placeOf } from './check-record.js';
import type { Checked } from './check-stored.js';
import type { Report } from './difference.js';
import { type KafkaPartition, readStretches } from './read-kafka.js';
import type { StoredPartition, StoredRows } from './stored.js';

/**
 * Reads the topic from where Kafka still holds it to where ClickHouse holds it, judges every record anew, and compares: the bytes' hash, the append
 * time, what became of the record and which of its events were taken in. Resolves with what Kafka holds.
 */
export async function checkKafka({
  kafka,
  topic,
  incarnation,
  clickhouse,
  database,
  stored,
  partitions,
  deployment,
  registryReader,
  erasures,
  report,
  onChecked,
  log,
  signal,
}: {
  kafka: Kafka;
  topic: string;
  incarnation: Buffer;
  clickhouse: ClickHouseClient;
  database: string;
  stored: StoredRows;
  /** Of this incarnation. */
  partitions: readonly StoredPartition[];
  deployment: Deployment;
  registryReader: RegistryReader;
  erasures: ErasureList;
  report: Report;
  onChecked: (done: Checked) => void;
  log: Logger;
  signal: AbortSignal;
}): Promise<KafkaPartition[]> {
  const held = await topicOffsets(kafka, topic);
  const judge = createJudge({ deployment, erasures });
  const folders = new Map<number, Folder>();
  const wanted = new Map<number, { from: number; to: number }>();
  for (const { partition, low, high } of held) {
    const own = partitions.find((one) => one.partition === partition);
    const start = own ? Math.max(low, own.first) : high;
    const end = own ? Math.min(high, own.next) : high;
    if (start >= end) continue;
    wanted.set(partition, { from: start, to: end });
    const laneStore = createLaneStore({ clickhouse, database, incarnation, partition });
    folders.set(partition, await createFolder({ judge, registryReader, laneStore, partition, start }));
  }
  await readStretches({
    kafka,
    topic,
    held,
    wanted,
    async onRecords(partition, records) {
      const stretch = { incarnation, partition, from: records[0]!.offset, to: records.at(-1)!.offset + 1 };
      const rows = new Map((await stored.records(stretch)).map((row) => [row.offset, row]));
      for (const record of records) {
        const judged = await folders.get(partition)!.fold(record);
        const row = rows.get(record.offset);
        // A row that is not there is found where offsets are looked at.
        if (row) compare(record, judged, row, report);
      }
      onChecked({ records: records.length, events: 0 });
    },
    log,
    signal,
  });
  return held;
}

function compare({ value, appendTimeMs }: TopicRecord, judged: Judged, row: BatchRow, report: Report): void {
  const place = placeOf(row);
  const differing = [
    ...(sha256(value).equals(row.value_hash) ? [] : ['bytes']),
    ...(appendTimeMs === row.append_time ? [] : ['append time']),
  ];
  if (differing.length > 0) {
    report({ kind: 'record_differs', place, detail: `Kafka holds other ${differing.join(' and ')} than batches says` });
  }
  const says = outcome(row.disposition, row.reason, row.accepted);
  const should = outcome(judged.disposition, judged.reason ?? '', judged.accepted);
  if (says !== should) {
    report({ kind: 'judged_differently', place, detail: `batches says ${says}; judged again it is ${should}` });
  }
}

const outcome = (disposition: string, reason: string, accepted: readonly number[]): string =>
  [disposition, ...(reason ? [`(${reason})`] : []), `with ${ranges(accepted)}`].join(' ');

/** `events 0–5, 7`, or `no event`. */
export function ranges(indices: readonly number[]): string {
  if (indices.length === 0) return 'no event';
  const found: [number, number][] = [];
  for (const index of indices) {
    const last = found.at(-1);
    if (last && index === last[1] + 1) last[1] = index;
    else found.push([index, index]);
  }
  const shown = found.slice(0, 10).map(([first, last]) => (first === last ? String(first) : `${first}–${last}`));
  const more = found.length > 10 ? ', …' : '';
  return `events ${shown.join(', ')}${more}`;
}
