import { CliError } from '../errors.js';
import type { Api } from '../http/api.js';
import { Refused } from '../http/problem.js';
import type { Part } from './parts.js';

export interface Sent {
  /** Events that the gateway has acknowledged: Kafka has them. */
  events: number;
  requests: number;
  /** Parts that the gateway refused for good; the rest were sent nevertheless. */
  refused: { part: Part; error: CliError }[];
  /** Why it stopped before the end of the file. */
  stopped: CliError | undefined;
}

/** How long a gateway may be away before an import gives up. */
const patienceMs = 120_000;
const mostRefusals = 20;

/**
 * Sends part after part. A part whose content is refused is noted and the next one sent; anything that would meet every part alike (no
 * such key, no permission, nobody there) stops it.
 */
export async function sendParts({
  parts,
  api,
  onWait,
  onSent = () => {},
}: {
  parts: AsyncIterable<Part>;
  api: Api;
  onWait: (error: CliError, waitMs: number) => void;
  onSent?: (part: Part) => void;
}): Promise<Sent> {
  const sent: Sent = { events: 0, requests: 0, refused: [], stopped: undefined };
  try {
    for await (const part of parts) {
      const error = await sendPart(part);
      if (!error) {
        sent.events += part.events.length;
        sent.requests += 1;
        onSent(part);
      } else if (isAboutContent(error) && sent.refused.length < mostRefusals) {
        sent.refused.push({ part, error });
      } else {
        sent.stopped = error;
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    sent.stopped = error;
  }
  return sent;

  async function sendPart(part: Part): Promise<CliError | undefined> {
    try {
      const headers = { 'idempotency-key': part.idempotencyKey };
      await api.post('/api/audit/events', { body: part.events, headers, patienceMs, onWait });
      return undefined;
    } catch (error) {
      if (error instanceof CliError) return error;
      throw error;
    }
  }
}

const isAboutContent = (error: CliError): boolean =>
  error instanceof Refused &&
  ['invalid-event', 'idempotency-key-reused', 'body-too-large'].includes(error.problem.kind);
