import type { Histogram } from 'prom-client';
import type { Metrics } from '../../core/metrics.js';

export interface QueryMetrics {
  querySeconds: Histogram<'query'>;
}

export const createQueryMetrics = (metrics: Metrics): QueryMetrics => ({
  querySeconds: metrics.histogram(
    'gateway_query_seconds',
    'Time of a query to ClickHouse, its answer read whole',
    [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    ['query'],
  ),
});
