import { SealstreamError } from '../../../core/errors.js';
import { type Problem, unavailable } from '../../errors.js';
import { challenge } from '../challenge.js';

export const timeoutMs = 5_000;
const maxAnswerBytes = 262_144;

export const away = (detail: string, cause?: unknown): Problem =>
  unavailable('oidc', `the OpenID provider cannot be asked now: ${detail}`, cause === undefined ? {} : { cause });

/** An answer of the provider, read as far as one of a sensible size goes; rejects beyond. */
export async function fetchBounded(url: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  // What is sent may hold a secret, so it is not sent on to wherever a redirect says.
  const answer = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > maxAnswerBytes) throw new SealstreamError('oidc', `the answer is longer than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: answer.status, text: Buffer.concat(chunks).toString('utf8') };
}

/** Rejects with unavailable (503), or with unauthenticated where the provider refuses what was asked of it. */
export async function readJson(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const { status, text } = await fetchBounded(url, init).catch((error) => {
    throw away(`${new URL(url).origin} does not answer as it should`, error);
  });
  if (status >= 500) throw away(`it answers ${status}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw away('its answer is no JSON', error);
  }
  if (typeof json !== 'object' || json === null) throw away('its answer is no JSON object');
  if (status >= 400) {
    const { error = status } = json as { error?: unknown };
    throw challenge(`the OpenID provider refuses: ${String(error).slice(0, 100)}`, 'invalid_token');
  }
  return json as Record<string, unknown>;
}
