import type { Counter } from 'prom-client';
import type { Metrics } from '../../core/metrics.js';

export interface IngestMetrics {
  events: Counter<'way'>;
  refusedBatches: Counter<'reason'>;
}

export const createIngestMetrics = (metrics: Metrics): IngestMetrics => ({
  events: metrics.counter(
    'gateway_ingested_events_total',
    'Events that were acknowledged: sent without an Idempotency-Key, with one, with one again, or in a signed batch',
    ['way'],
  ),
  refusedBatches: metrics.counter('gateway_refused_batches_total', 'Signed batches refused at the door', ['reason']),
});
