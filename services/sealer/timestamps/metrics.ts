import type { Metrics } from '../../core/metrics.js';
import type { TimestampTrouble } from './client.js';

/** Shards are as many as partitions, authorities those of the configuration, reasons a fixed set. */
export interface TimestampMetrics {
  stamped(authority: string): void;
  failed(authority: string, reason: TimestampTrouble | 'folder'): void;
  /** Since the last timestamp, and for how long a checkpoint has gone without one; undefined where there is none of either. */
  ages(shard: string, authority: string, ages: { lastSeconds: number | undefined; waitingSeconds: number }): void;
  /** What is no longer this sealer's. */
  forgotten(shard: string, authority: string): void;
}

export function createTimestampMetrics(metrics: Metrics): TimestampMetrics {
  const stamped = metrics.counter('sealer_timestamps_total', 'Timestamps of checkpoints kept', ['authority']);
  const failures = metrics.counter(
    'sealer_timestamp_failures_total',
    'Times that an authority gave no timestamp that is right',
    ['authority', 'reason'],
  );
  const age = metrics.gauge('sealer_timestamp_age_seconds', 'Since the last timestamp of a shard', [
    'shard',
    'authority',
  ]);
  const waiting = metrics.gauge(
    'sealer_timestamp_waiting_seconds',
    'For how long a shard has had a checkpoint later than its last timestamp; 0 when it has none',
    ['shard', 'authority'],
  );
  return {
    stamped: (authority) => stamped.inc({ authority }),
    failed: (authority, reason) => failures.inc({ authority, reason }),
    ages(shard, authority, { lastSeconds, waitingSeconds }) {
      if (lastSeconds !== undefined) age.set({ shard, authority }, lastSeconds);
      waiting.set({ shard, authority }, waitingSeconds);
    },
    forgotten(shard, authority) {
      age.remove({ shard, authority });
      waiting.remove({ shard, authority });
    },
  };
}
