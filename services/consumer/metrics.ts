import type { Metrics } from '../core/metrics.js';
import type { Table } from './blocks/index.js';
import { type StopCode, stopCodes } from './errors.js';

const insertBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const ageBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600];
const rangeBuckets = [1, 3, 10, 30, 100, 300, 1_000];

/** What one range added. */
export interface RangeSummary {
  records: number;
  rows: Record<Table, number>;
  /** By reason: whole records, and events of records that were accepted in part. */
  quarantinedRecords: ReadonlyMap<string, number>;
  quarantinedEvents: ReadonlyMap<string, number>;
  /** Events that had entered with an earlier record. */
  duplicates: number;
  findings: ReadonlyMap<string, number>;
  /** Of its first record, milliseconds. */
  appendTimeMs: number;
}

export interface ConsumerMetrics {
  assigned(partitions: readonly number[]): void;
  lag(partition: number, records: number): void;
  inserted(table: Table, seconds: number): void;
  insertFailed(table: Table): void;
  /** A block whose token ClickHouse remembered without its rows goes in under another. */
  generationRaised(): void;
  done(partition: number, range: RangeSummary, nowMs: number): void;
  stopped(partition: number, code: StopCode): void;
  begun(partition: number): void;
}

export function createConsumerMetrics(metrics: Metrics): ConsumerMetrics {
  const lag = metrics.gauge('consumer_lag_records', 'Records in Kafka that are not stored yet', ['partition']);
  const stopped = metrics.gauge('consumer_partition_stopped', 'Partitions that stand still until someone has looked', [
    'partition',
    'code',
  ]);
  const age = metrics.histogram(
    'consumer_batch_age_seconds',
    "From a range's first append to its being stored",
    ageBuckets,
  );
  const records = metrics.histogram('consumer_range_records', 'Kafka records in a range', rangeBuckets);
  const rows = metrics.counter('consumer_rows_total', 'Rows stored', ['table']);
  const quarantined = metrics.counter('consumer_quarantined_total', 'Records and events refused', ['what', 'reason']);
  const duplicates = metrics.counter(
    'consumer_duplicates_dropped_total',
    'Events that came again and were not stored again',
  );
  const findings = metrics.counter('consumer_findings_total', "Findings about producers' sequences", ['code']);
  const inserts = metrics.histogram('consumer_insert_seconds', 'Time of an insert', insertBuckets, ['table']);
  const failures = metrics.counter('consumer_insert_failures_total', 'Inserts that failed and are tried again', [
    'table',
  ]);

  const raised = metrics.counter(
    'consumer_generations_raised_total',
    'Blocks whose token ClickHouse remembered without their rows, inserted under another',
  );

  return {
    assigned(partitions) {
      lag.reset();
      stopped.reset();
      for (const partition of partitions) lag.set({ partition: String(partition) }, 0);
    },
    lag: (partition, value) => lag.set({ partition: String(partition) }, value),
    inserted: (table, seconds) => inserts.observe({ table }, seconds),
    insertFailed: (table) => failures.inc({ table }),
    generationRaised: () => raised.inc(),
    done(_, range, nowMs) {
      age.observe(Math.max(0, nowMs - range.appendTimeMs) / 1_000);
      records.observe(range.records);
      for (const [table, count] of Object.entries(range.rows)) rows.inc({ table }, count);
      for (const [reason, count] of range.quarantinedRecords) quarantined.inc({ what: 'record', reason }, count);
      for (const [reason, count] of range.quarantinedEvents) quarantined.inc({ what: 'event', reason }, count);
      for (const [code, count] of range.findings) findings.inc({ code }, count);
      duplicates.inc(range.duplicates);
    },
    stopped: (partition, code) => stopped.set({ partition: String(partition), code }, 1),
    begun(partition) {
      for (const code of stopCodes) stopped.remove({ partition: String(partition), code });
    },
  };
}
