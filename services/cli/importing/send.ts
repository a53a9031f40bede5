import { CliError } from '../errors.js';
import type { Api } from '../http/api.js';
import { Refused } from '../http/problem.js';
import { type IdentifiedEvent, idempotencyKeyOf, type Part } from './parts.js';
import { createPresence } from './presence.js';

export interface Sent {
  /** Events that the gateway has acknowledged in this run: Kafka has them. */
  events: number;
  /** Events that were in before. */
  present: number;
  requests: number;
  /** Parts that the gateway refused for good; the rest were sent nevertheless. */
  refused: { part: Part; error: CliError }[];
  /** Why it stopped before the end of the file. */
  stopped: CliError | undefined;
  /** The API key may not look whether events are there: only requests of the last day are known again. */
  blind: boolean;
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
  organization,
  onWait,
}: {
  parts: AsyncIterable<Part>;
  api: Api;
  organization: string;
  onWait: (error: CliError, waitMs: number) => void;
}): Promise<Sent> {
  // Whose Idempotency-Keys these are: a retry with another API key of the organization is still the same request.
  const headers = { 'x-organization-id': organization };
  const presence = createPresence({ api, headers });
  const sent: Sent = { events: 0, present: 0, requests: 0, refused: [], stopped: undefined, blind: false };

  const post = async (events: readonly IdentifiedEvent[]): Promise<void> => {
    let replayed = false;
    await api.post('/api/audit/events', {
      body: events,
      headers: { ...headers, 'idempotency-key': idempotencyKeyOf(events) },
      patienceMs,
      onWait,
      onAnswer: (answer) => {
        replayed = answer.get('idempotent-replayed') === 'true';
      },
    });
    sent.requests += 1;
    if (replayed) sent.present += events.length;
    else sent.events += events.length;
  };

  const sendPart = async (part: Part): Promise<void> => {
    const there = await presence.beginning(part.events);
    sent.present += there;
    const missing = part.events.slice(there);
    if (missing.length > 0) await post(missing);
  };

  try {
    for await (const part of parts) {
      try {
        await sendPart(part);
      } catch (error) {
        if (!(error instanceof CliError && isAboutContent(error)) || sent.refused.length >= mostRefusals) throw error;
        sent.refused.push({ part, error });
      }
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    sent.stopped = error;
  }
  return { ...sent, blind: !presence.permitted };
}

const isAboutContent = (error: CliError): boolean =>
  error instanceof Refused &&
  ['invalid-event', 'idempotency-key-reused', 'body-too-large'].includes(error.problem.kind);
