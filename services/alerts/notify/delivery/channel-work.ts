import { messageOf } from '../../../core/errors.js';
import type { Logger } from '../../../core/log.js';
import type { Message } from '../channels/kind.js';
import { channelKinds } from '../channels/kinds.js';
import type { NotifyMetrics } from '../metrics.js';
import type { Channel } from '../store/channel.js';
import { SendFailure } from '../target/failure.js';
import type { DeadLetters } from './dead-letters.js';
import { type DeliveryLimits, waitAfter } from './limits.js';
import { type Death, deliveryIdOf, type Pending, type Waiting } from './pending.js';
import { plan } from './plan.js';
import type { Queue } from './queue.js';
import type { Sender } from './sender.js';
import type { TokenBucket } from './token-bucket.js';

/** What became of a message, for whoever keeps the alerts' histories. */
export interface Outcome {
  result: 'sent' | 'dead';
  channelId: string;
  deliveryId: string;
  alertIds: readonly string[];
  more: number;
  /** Where it is dead. */
  reason: string;
}

export interface WorkDeps {
  queue: Queue;
  sender: Sender;
  deadLetters: DeadLetters;
  metrics: NotifyMetrics;
  limits: DeliveryLimits;
  log: Logger;
  nowMs: () => number;
  onOutcome: (outcome: Outcome) => void;
}

/**
 * Does what there is to do for a channel whose lease `holder` has, one message after the other, until there is nothing more for now, the
 * lease is lost or `signal` aborts. Rejects with `notify_unavailable` where Redis is away.
 */
export async function workOn({
  channel,
  holder,
  bucket,
  taken,
  signal,
  queue,
  sender,
  deadLetters,
  metrics,
  limits,
  log,
  nowMs,
  onOutcome,
}: WorkDeps & {
  channel: Channel;
  holder: string;
  bucket: TokenBucket;
  /** Messages that their receiver took and that Redis could not be told of yet: they are not sent again. */
  taken: Set<string>;
  signal: AbortSignal;
}): Promise<void> {
  const { id: channelId, kind } = channel;
  const { grouping } = channelKinds[kind];
  const off = channel.deleted ? 'channel_removed' : channel.enabled ? undefined : 'channel_disabled';

  const compose = async (told: readonly Waiting[], counted: readonly Waiting[], superseded: readonly Waiting[]) => {
    const entries = await queue.entries(
      channelId,
      told.map(({ id }) => id),
    );
    const found = entries.flatMap((entry) => entry ?? []);
    const all = [...told, ...counted, ...superseded];
    const message: Pending = {
      deliveryId: deliveryIdOf(all.map(({ id }) => id).sort()),
      alerts: found.map(({ alert }) => alert),
      more: counted.length + (told.length - found.length),
      fingerprints: [...new Set(all.map(({ fingerprint }) => fingerprint))],
      attempts: 0,
      dueAtMs: nowMs(),
      queuedAtMs: Math.min(nowMs(), ...found.map(({ queuedAtMs }) => queuedAtMs)),
    };
    return (await queue.begin(channelId, holder, message, all)) ? message : undefined;
  };

  const bury = async (message: Pending, dead: Death): Promise<boolean> => {
    try {
      await deadLetters.put([letterOf(channel, message, dead, nowMs())]);
    } catch (error) {
      log.warn({ channel: channelId, error: messageOf(error) }, 'a dead letter cannot be written yet');
      const later = { ...message, dead, dueAtMs: nowMs() + limits.burialWaitMs };
      return queue.settle(channelId, holder, message.deliveryId, later);
    }
    const held = await queue.settle(channelId, holder, message.deliveryId, undefined);
    metrics.dead.inc({ kind, reason: dead.reason });
    onOutcome(outcomeOf(channelId, message, dead.reason));
    return held;
  };

  const succeed = async (message: Pending): Promise<boolean> => {
    taken.add(message.deliveryId);
    metrics.sent.inc({ kind });
    metrics.alertsSent.inc({ kind }, message.alerts.length + message.more);
    for (const { changed_at } of message.alerts) {
      metrics.seconds.observe({ kind }, Math.max(0, nowMs() - Date.parse(changed_at)) / 1_000 || 0);
    }
    onOutcome(outcomeOf(channelId, message));
    return forget(message);
  };
  const forget = async ({ deliveryId }: Pending): Promise<boolean> => {
    const held = await queue.settle(channelId, holder, deliveryId, undefined);
    taken.delete(deliveryId);
    return held;
  };

  const fail = async (message: Pending, failure: SendFailure): Promise<boolean> => {
    const { reason, again, afterMs, status = 0, message: answer } = failure;
    metrics.failed.inc({ kind, reason });
    const attempts = message.attempts + 1;
    if (!again || attempts >= limits.attempts) return bury({ ...message, attempts }, { reason, status, answer });
    const dueAtMs = nowMs() + waitAfter(attempts, limits, { afterMs });
    return queue.settle(channelId, holder, message.deliveryId, { ...message, attempts, dueAtMs });
  };

  /** False where the lease is lost or the work is stopped. */
  const attempt = async (message: Pending): Promise<boolean> => {
    if (taken.has(message.deliveryId)) return forget(message);
    if (message.dead) return bury(message, message.dead);
    if (off) return bury(message, { reason: off, status: 0, answer: '' });
    if (message.alerts.length === 0) return queue.settle(channelId, holder, message.deliveryId, undefined);
    bucket.take(nowMs());
    if (message.attempts > 0) metrics.retried.inc({ kind });
    try {
      await sender.send(channel, toSend(message), signal);
    } catch (error) {
      // What was stopped is sent again by whoever comes next.
      if (signal.aborted) return false;
      if (error instanceof SendFailure) return fail(message, error);
      throw error;
    }
    return succeed(message);
  };

  while (!signal.aborted) {
    const { waiting, pending } = await queue.state(channelId);
    metrics.setLength(channelId, kind, waiting.length + pending.length);
    const now = nowMs();
    const ready = off ? unlimited : { tokens: bucket.available(now), nextTokenAtMs: bucket.nextAtMs(now) };
    const step = plan({
      waiting,
      pending,
      nowMs: now,
      ...ready,
      grouping,
      // A queue that fills up is not waited for.
      groupWaitMs: off || waiting.length >= limits.queued / 2 ? 0 : channel.groupSeconds * 1_000,
      mostRetrying: limits.retrying,
      mostDead: limits.redelivering,
    });
    if (step.do === 'wait' || step.do === 'rest') {
      const untilMs = step.do === 'wait' ? step.untilMs : now;
      await queue.rest(channelId, untilMs, waiting.at(-1)?.place ?? 0);
      return;
    }
    const message = step.do === 'send' ? step.message : await compose(step.told, step.counted, step.superseded);
    if (!message || !(await attempt(message))) return;
  }
}

/** A channel that is off sends nothing, so that nothing caps how fast its messages are buried. */
const unlimited = { tokens: 1, nextTokenAtMs: 0 };

const toSend = ({ deliveryId, alerts, more }: Pending): Message => ({ deliveryId, alerts, more, test: false });

const outcomeOf = (channelId: string, { deliveryId, alerts, more }: Pending, reason?: string): Outcome => ({
  result: reason === undefined ? 'sent' : 'dead',
  channelId,
  deliveryId,
  alertIds: alerts.map(({ id }) => id),
  more,
  reason: reason ?? '',
});

export const letterOf = (
  { id, organizationId, name, kind }: Pick<Channel, 'id' | 'organizationId' | 'name' | 'kind'>,
  { deliveryId, alerts, more, fingerprints, attempts, queuedAtMs }: Pending,
  { reason, status, answer }: Death,
  nowMs: number,
) => ({
  organizationId,
  deliveryId,
  channelId: id,
  channelName: name,
  kind,
  reason,
  status,
  answer,
  attempts,
  message: { alerts, more, fingerprints },
  queuedAtMs,
  diedAtMs: nowMs,
});
