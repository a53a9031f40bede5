import { randomUUID } from 'node:crypto';
import type { Alert } from './alert.js';
import type { Sender } from './delivery/sender.js';
import { NotifyError } from './errors.js';
import type { ChannelDirectory } from './store/channel-directory.js';
import { type FailureReason, SendFailure } from './target/failure.js';

/** What the receiver made of a test. */
export interface TestResult {
  ok: boolean;
  /** HTTP's or SMTP's; 0 where there was no answer. */
  status: number;
  /** The first 200 characters of the answer, or why there is none; without secrets. */
  answer: string;
  /** Where it failed. */
  reason?: FailureReason;
  took_ms: number;
}

/** One attempt, beside the queue: also where the channel is switched off. Throws `channel_unknown`. */
export async function testChannel({
  organization,
  channelId,
  directory,
  sender,
  nowMs,
}: {
  organization: string;
  channelId: string;
  directory: ChannelDirectory;
  sender: Sender;
  nowMs: () => number;
}): Promise<TestResult> {
  const channel = await directory.find(channelId);
  if (channel?.organizationId !== organization) {
    throw new NotifyError('channel_unknown', `there is no alert channel '${channelId}'`);
  }
  const message = { deliveryId: randomUUID(), alerts: [sample(organization, nowMs())], more: 0, test: true };
  const startedAt = performance.now();
  const took = (): number => Math.round(performance.now() - startedAt);
  try {
    const { status, text } = await sender.send(channel, message, new AbortController().signal);
    return { ok: true, status, answer: text, took_ms: took() };
  } catch (error) {
    if (!(error instanceof SendFailure)) throw error;
    const { status = 0, reason, message: answer } = error;
    return { ok: false, status, answer, reason, took_ms: took() };
  }
}

function sample(organization: string, nowMs: number): Alert {
  const at = new Date(nowMs).toISOString();
  return {
    id: `test-${randomUUID()}`,
    fingerprint: `test-${randomUUID()}`,
    rule: { id: 'sealstream-test', title: 'A test of this channel', level: 'informational', version: 1 },
    group: {},
    state: 'firing',
    count: 1,
    first_seen: at,
    last_seen: at,
    changed_at: at,
    event_ids: [],
    organization_id: organization,
    link: '',
  };
}
