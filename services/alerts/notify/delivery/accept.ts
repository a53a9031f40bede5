import type { Logger } from '../../../core/log.js';
import { type Alert, boundedAlert } from '../alert.js';
import type { NotifyMetrics } from '../metrics.js';
import type { Channel } from '../store/channel.js';
import type { ChannelDirectory } from '../store/channel-directory.js';
import { variable } from '../text/variables.js';
import { letterOf } from './channel-work.js';
import type { DeadLetter, DeadLetters } from './dead-letters.js';
import { deliveryIdOf, groupOf, notificationId } from './pending.js';
import type { Queue } from './queue.js';

/** An alert, the channels that are to be told of it, and which change of it this is. */
export interface NotifyRequest {
  alert: Alert;
  channelIds: readonly string[];
  /** Names the change: `firing`, `resolved`, `repeat 3`. The same one of the same alert is told once. */
  occasion: string;
}

export interface NotifyResult {
  queued: number;
  /** Said before, within a day. */
  known: number;
  /** For which there was no room; they are among the dead letters. */
  full: number;
  refused: { channelId: string; alertId: string; why: 'unknown' | 'disabled' | 'other_organization' }[];
}

/** Asked of Redis at the same time. */
const chunk = 500;

export async function queueAlerts(
  requests: readonly NotifyRequest[],
  {
    directory,
    queue,
    deadLetters,
    metrics,
    log,
    nowMs,
  }: {
    directory: ChannelDirectory;
    queue: Queue;
    deadLetters: DeadLetters;
    metrics: NotifyMetrics;
    log: Logger;
    nowMs: () => number;
  },
): Promise<NotifyResult> {
  const result: NotifyResult = { queued: 0, known: 0, full: 0, refused: [] };
  const wanted: { channel: Channel; alert: Alert; id: string }[] = [];
  for (const { alert, channelIds, occasion } of requests) {
    const bounded = boundedAlert(alert);
    for (const channelId of new Set(channelIds)) {
      const channel = await directory.find(channelId);
      const why = refusal(channel, alert);
      if (!channel || why) result.refused.push({ channelId, alertId: alert.id, why: why ?? 'unknown' });
      else wanted.push({ channel, alert: bounded, id: notificationId(channelId, alert.id, occasion) });
    }
  }
  if (result.refused.length > 0) {
    log.warn(
      { refused: result.refused.slice(0, 10), count: result.refused.length },
      'channels are not told of an alert',
    );
  }

  for (let from = 0; from < wanted.length; from += chunk) {
    const part = wanted.slice(from, from + chunk);
    const queuedAtMs = nowMs();
    const answers = await Promise.all(
      part.map(({ channel, alert, id }) =>
        queue.enqueue(channel.id, id, { alert, queuedAtMs, group: groupFor(channel, alert) }),
      ),
    );
    const overflow = part.filter((_, at) => answers[at] === 'full');
    for (const [at, { channel }] of part.entries()) {
      if (answers[at] === 'queued') metrics.queued.inc({ kind: channel.kind });
      if (answers[at] === 'known') metrics.known.inc({ kind: channel.kind });
    }
    result.queued += answers.filter((answer) => answer === 'queued').length;
    result.known += answers.filter((answer) => answer === 'known').length;
    result.full += overflow.length;
    await deadLetters.put(overflow.map((one) => overflowed(one, queuedAtMs)));
    // Known only now that it is kept somewhere: whoever says it again before has it put there again, under the same id.
    await Promise.all(overflow.map(({ id }) => queue.remember(id)));
    for (const { channel } of overflow) metrics.dead.inc({ kind: channel.kind, reason: 'queue_full' });
  }
  return result;
}

const groupFor = ({ groupBy }: Channel, alert: Alert): string =>
  groupOf(groupBy.map((name) => variable(name)?.read(alert) ?? ''));

/** An organization's channel is told of nobody else's alerts, whoever asks for it. */
function refusal(channel: Channel | undefined, alert: Alert): NotifyResult['refused'][number]['why'] | undefined {
  if (!channel) return 'unknown';
  if (channel.organizationId !== '' && channel.organizationId !== alert.organization_id) return 'other_organization';
  return channel.enabled ? undefined : 'disabled';
}

function overflowed({ channel, alert, id }: { channel: Channel; alert: Alert; id: string }, nowMs: number): DeadLetter {
  const pending = {
    deliveryId: deliveryIdOf([id]),
    alerts: [alert],
    more: 0,
    fingerprints: [alert.fingerprint],
    attempts: 0,
    dueAtMs: nowMs,
    queuedAtMs: nowMs,
  };
  return letterOf(channel, pending, { reason: 'queue_full', status: 0, answer: '' }, nowMs);
}
