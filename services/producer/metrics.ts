import type { Metrics } from '../core/metrics.js';

/** What a producer counts. Without a registry it counts nowhere. */
export interface ProducerMetrics {
  published(record: { events: number; bytes: number }): void;
  attempted(attempt: { seconds: number; failure: string | undefined }): void;
  lost(events: number): void;
  queue(events: number, bytes: number): void;
  spool(bytes: number): void;
}

const publishBuckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function createProducerMetrics(metrics: Metrics | undefined): ProducerMetrics {
  if (!metrics) return { published() {}, attempted() {}, lost() {}, queue() {}, spool() {} };
  const events = metrics.counter('producer_events_total', 'Events that Kafka has acknowledged');
  const batches = metrics.counter('producer_batches_total', 'Records that Kafka has acknowledged, control records too');
  const bytes = metrics.counter('producer_bytes_total', 'Bytes of records that Kafka has acknowledged');
  const seconds = metrics.histogram('producer_publish_seconds', 'Time of one publish request', publishBuckets);
  const failures = metrics.counter('producer_failures_total', 'Failed publish requests', ['kind']);
  const lost = metrics.counter('producer_lost_events_total', 'Events given up: their caller or the log was told');
  const queueEvents = metrics.gauge('producer_queue_events', 'Events that wait in memory');
  const queueBytes = metrics.gauge('producer_queue_bytes', 'Bytes of events that wait in memory');
  const spoolBytes = metrics.gauge('producer_spool_bytes', 'Bytes that the spool takes on disk or has reserved');
  return {
    published(record) {
      events.inc(record.events);
      batches.inc();
      bytes.inc(record.bytes);
    },
    attempted(attempt) {
      seconds.observe(attempt.seconds);
      if (attempt.failure) failures.inc({ kind: attempt.failure });
    },
    lost: (count) => lost.inc(count),
    queue(count, size) {
      queueEvents.set(count);
      queueBytes.set(size);
    },
    spool: (size) => spoolBytes.set(size),
  };
}
