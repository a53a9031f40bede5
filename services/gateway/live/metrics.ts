import type { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../../core/metrics.js';

export interface LiveMetrics {
  connections: Gauge;
  subscriptions: Gauge;
  delivered: Counter<'from'>;
  dropped: Counter;
  fallbacks: Counter;
  alertChanges: Counter<'what'>;
  closed: Counter<'why'>;
  lag: Gauge<'partition'>;
}

export const createLiveMetrics = (metrics: Metrics): LiveMetrics => ({
  connections: metrics.gauge('gateway_stream_connections', 'Streams that are open, WebSockets and server-sent events'),
  subscriptions: metrics.gauge('gateway_stream_subscriptions', 'Subscriptions that are open'),
  delivered: metrics.counter(
    'gateway_stream_events_total',
    'Events sent to subscribers, out of memory (live) or out of ClickHouse (history)',
    ['from'],
  ),
  dropped: metrics.counter(
    'gateway_stream_dropped_events_total',
    'Events that subscribers who want only the latest had no room for',
  ),
  fallbacks: metrics.counter(
    'gateway_stream_fallbacks_total',
    'Times that a subscription fell behind what memory holds and went on from ClickHouse',
  ),
  alertChanges: metrics.counter(
    'gateway_stream_alert_changes_total',
    'Changes of alerts for subscribers: sent, or dropped for want of room',
    ['what'],
  ),
  closed: metrics.counter('gateway_stream_closed_total', 'Connections that the gateway closed, by reason', ['why']),
  lag: metrics.gauge('gateway_live_lag_records', 'Kafka records that the live reader has yet to read', ['partition']),
});
