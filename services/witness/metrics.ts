import type { Metrics } from '../core/metrics.js';

export interface WitnessMetrics {
  cosigned(): void;
  refused(status: number): void;
  fork(): void;
}

export function createWitnessMetrics(metrics: Metrics): WitnessMetrics {
  const cosigned = metrics.counter('witness_cosignatures_total', 'Checkpoints cosigned');
  const refused = metrics.counter('witness_refusals_total', 'Checkpoints not cosigned, by the answer’s status', [
    'status',
  ]);
  const forks = metrics.counter(
    'witness_forks_total',
    'Checkpoints, signed by their log, that contradict a cosigned one',
  );
  return {
    cosigned: () => cosigned.inc(),
    refused: (status) => refused.inc({ status: String(status) }),
    fork: () => forks.inc(),
  };
}
