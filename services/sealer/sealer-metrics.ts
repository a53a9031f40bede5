import type { Metrics } from '../core/metrics.js';
import { type StopCode, stopCodes } from './errors.js';
import type { WitnessTrouble } from './witnesses/answer.js';

/** Shards are as many as partitions, and their names stay; witnesses are those of the configuration. */
export interface SealerMetrics {
  sealed(shard: string, size: number, entries: number): void;
  opened(shard: string, size: number): void;
  /** It is no longer open here. */
  forgotten(shard: string): void;
  lag(shard: string, records: number): void;
  stopped(shard: string, code: StopCode): void;
  goesOn(shard: string): void;
  hole(shard: string): void;
  /** Work on a shard failed, and is tried again. */
  interrupted(): void;
  cosigned(shard: string, witness: string, size: number): void;
  witnessFailed(witness: string, trouble: WitnessTrouble): void;
  witnessAway(witness: string, isAway: boolean): void;
  /** Seconds since each shard's last checkpoint go on while nothing happens. */
  tick(): void;
}

export function createSealerMetrics(metrics: Metrics, now: () => number = Date.now): SealerMetrics {
  const size = metrics.gauge('sealer_size', 'Entries that the newest checkpoint of a shard covers', ['shard']);
  const entries = metrics.counter('sealer_entries_total', 'Entries sealed');
  const checkpoints = metrics.counter('sealer_checkpoints_total', 'Checkpoints signed');
  const lag = metrics.gauge('sealer_lag_records', 'Records in Kafka that no checkpoint covers yet', ['shard']);
  const age = metrics.gauge('sealer_checkpoint_age_seconds', 'Since a shard’s last checkpoint was published', [
    'shard',
  ]);
  const stopped = metrics.gauge('sealer_shard_stopped', 'Shards that stand still until someone has looked', [
    'shard',
    'code',
  ]);
  const holes = metrics.counter('sealer_holes_total', 'Runs of offsets that were gone before they were sealed', [
    'shard',
  ]);
  const interruptions = metrics.counter(
    'sealer_interruptions_total',
    'Times that work on a shard failed and began again',
  );
  const cosigned = metrics.gauge('sealer_cosigned_size', 'Entries that a witness has cosigned', ['shard', 'witness']);
  const failures = metrics.counter(
    'sealer_witness_failures_total',
    'Checkpoints that a witness did not cosign at once',
    ['witness', 'reason'],
  );
  const away = metrics.gauge('sealer_witness_away', '1 while a witness gives no cosignatures', ['witness']);
  const publishedAt = new Map<string, number>();

  return {
    sealed(shard, newSize, newEntries) {
      size.set({ shard }, newSize);
      entries.inc(newEntries);
      checkpoints.inc();
      publishedAt.set(shard, now());
      age.set({ shard }, 0);
    },
    opened(shard, newSize) {
      size.set({ shard }, newSize);
    },
    forgotten(shard) {
      publishedAt.delete(shard);
      for (const gauge of [size, lag, age]) gauge.remove({ shard });
    },
    lag: (shard, records) => lag.set({ shard }, records),
    stopped: (shard, code) => stopped.set({ shard, code }, 1),
    goesOn(shard) {
      for (const code of stopCodes) stopped.remove({ shard, code });
    },
    hole: (shard) => holes.inc({ shard }),
    interrupted: () => interruptions.inc(),
    cosigned: (shard, witness, newSize) => cosigned.set({ shard, witness }, newSize),
    witnessFailed: (witness, reason) => failures.inc({ witness, reason }),
    witnessAway: (witness, isAway) => away.set({ witness }, isAway ? 1 : 0),
    tick() {
      for (const [shard, at] of publishedAt) age.set({ shard }, (now() - at) / 1_000);
    },
  };
}
