import type { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../../core/metrics.js';

export interface ExportMetrics {
  running: Gauge;
  events: Counter<'format'>;
  /** complete; left: the client went away or took nothing; failed: cut off by us. */
  exports: Counter<'format' | 'result'>;
}

export const createExportMetrics = (metrics: Metrics): ExportMetrics => ({
  running: metrics.gauge('gateway_exports_running', 'Exports that are being written'),
  events: metrics.counter('gateway_exported_events_total', 'Events in exports that were begun', ['format']),
  exports: metrics.counter('gateway_exports_total', 'Exports that ended, by how', ['format', 'result']),
});
