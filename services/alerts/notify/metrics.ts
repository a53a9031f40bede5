import type { Metrics } from '../../core/metrics.js';
import type { ChannelKindName } from './channels/kind.js';

const secondsBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600];

/** What delivery counts. Labels are kinds and reasons: channels are too many. */
export type NotifyMetrics = ReturnType<typeof createNotifyMetrics>;

export function createNotifyMetrics(metrics: Metrics) {
  const waiting = metrics.gauge('notify_queue_length', 'Alerts and messages that wait for delivery', ['kind']);
  const lengths = new Map<string, { kind: ChannelKindName; length: number }>();
  return {
    queued: metrics.counter('notify_alerts_queued_total', 'Alerts that were queued for a channel', ['kind']),
    known: metrics.counter('notify_alerts_known_total', 'Alerts that were said again and left out', ['kind']),
    sent: metrics.counter('notify_messages_sent_total', 'Messages that their receiver took', ['kind']),
    alertsSent: metrics.counter('notify_alerts_sent_total', 'Alerts told of by messages that were taken', ['kind']),
    failed: metrics.counter('notify_attempts_failed_total', 'Attempts that failed', ['kind', 'reason']),
    retried: metrics.counter('notify_retries_total', 'Attempts after the first', ['kind']),
    dead: metrics.counter('notify_dead_letters_total', 'Messages that were given up', ['kind', 'reason']),
    seconds: metrics.histogram(
      'notify_seconds',
      'From the change of an alert to the answer of its receiver',
      secondsBuckets,
      ['kind'],
    ),
    /** Of a channel as this process last saw it. */
    setLength(channelId: string, kind: ChannelKindName, length: number): void {
      if (length === 0) lengths.delete(channelId);
      else lengths.set(channelId, { kind, length });
      let sum = 0;
      for (const one of lengths.values()) if (one.kind === kind) sum += one.length;
      waiting.set({ kind }, sum);
    },
  };
}
