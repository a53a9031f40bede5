import type { Answer, Message, Tools } from '../channels/kind.js';
import { channelKinds } from '../channels/kinds.js';
import { redact } from '../secrets/redact.js';
import type { Vault } from '../secrets/vault.js';
import { type Channel, openSettings } from '../store/channel.js';
import { failureOf, SendFailure } from '../target/failure.js';
import { cut } from '../text/cut.js';
import { templatesOf } from '../text/defaults.js';

/** One attempt. What is said of it carries no secret. */
export interface Sender {
  /** Rejects with a SendFailure. */
  send(channel: Channel, message: Message, signal: AbortSignal): Promise<Answer>;
}

/** So much of an answer is shown. */
const mostAnswer = 200;

export function createSender({
  vault,
  tools,
}: {
  vault: Vault;
  tools: Pick<Tools, 'post' | 'dial' | 'nowMs' | 'ca' | 'timeoutMs'>;
}): Sender {
  return {
    async send(channel, message, signal) {
      const kind = channelKinds[channel.kind];
      const settings = opened(vault, channel);
      const secrets = kind.confidential(settings);
      const shown = (text: string): string =>
        cut(
          redact(text, secrets)
            .replace(/[\p{Cc}\s]+/gu, ' ')
            .trim(),
          mostAnswer,
          'points',
        );
      const within = AbortSignal.any([signal, AbortSignal.timeout(tools.timeoutMs)]);
      try {
        const templates = templatesOf(channel.templates);
        const { status, text } = await kind.send(message, settings, { ...tools, templates, signal: within });
        return { status, text: shown(text) };
      } catch (error) {
        const { reason, again, afterMs, status, message: said } = failureOf(error, channel.name);
        // Without the cause: it may hold the request.
        throw new SendFailure(reason, shown(said), { again, afterMs, ...(status === undefined ? {} : { status }) });
      }
    },
  };
}

function opened(vault: Vault, channel: Channel): Record<string, unknown> {
  try {
    return openSettings(vault, channel);
  } catch (error) {
    throw new SendFailure('unsendable', (error as Error).message, { again: false });
  }
}
