import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from '../../core/metrics.js';

export interface HttpMetrics {
  requestSeconds: Histogram<'method' | 'route' | 'status'>;
  inFlight: Gauge;
  problems: Counter<'kind'>;
}

export const createHttpMetrics = (metrics: Metrics): HttpMetrics => ({
  requestSeconds: metrics.histogram(
    'gateway_request_seconds',
    'Time from the head of a request to the end of its answer',
    [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ['method', 'route', 'status'],
  ),
  inFlight: metrics.gauge('gateway_requests_in_flight', 'Requests that are being worked on'),
  problems: metrics.counter('gateway_problems_total', 'Requests refused or failed, by problem', ['kind']),
});
