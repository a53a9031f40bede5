import { NotifyError } from '../errors.js';
import type { ChannelDirectory } from '../store/channel-directory.js';
import type { DeadLetters } from './dead-letters.js';
import type { Queue } from './queue.js';

/** Puts a dead letter back into its channel's queue. Twice at once does it once: the delivery id is the same. */
export async function redeliver({
  organization,
  deliveryId,
  by,
  directory,
  queue,
  deadLetters,
  nowMs,
}: {
  organization: string;
  deliveryId: string;
  by: string;
  directory: ChannelDirectory;
  queue: Queue;
  deadLetters: DeadLetters;
  nowMs: () => number;
}): Promise<void> {
  const letter = await deadLetters.get(organization, deliveryId);
  if (letter.redeliveredAtMs !== undefined) {
    const at = new Date(letter.redeliveredAtMs).toISOString();
    throw new NotifyError('channel_conflict', `it was put back into the queue at ${at}, and has not come back since`);
  }
  const channel = await directory.find(letter.channelId);
  if (!channel) throw new NotifyError('channel_unknown', `its alert channel '${letter.channelName}' was removed`);
  if (!channel.enabled)
    throw new NotifyError('channel_conflict', `its alert channel '${channel.name}' is switched off`);
  const { alerts, more, fingerprints } = letter.message;
  const now = nowMs();
  const message = { deliveryId, alerts, more, fingerprints, attempts: 0, dueAtMs: now, queuedAtMs: letter.queuedAtMs };
  if (!(await queue.restore(channel.id, message, now))) {
    throw new NotifyError('channel_conflict', `too many messages wait for '${channel.name}' already; try again later`);
  }
  // Last: whoever stops in between may redeliver again, which changes nothing.
  await deadLetters.markRedelivered(letter, by);
}
