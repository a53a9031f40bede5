import { messageOf, SealstreamError } from '../../core/errors.js';
import { retry } from '../../core/retry.js';
import {
  createTimestampRequest,
  mostTimestampBytes,
  type TimestampFaultCode,
  timestampQueryType,
  timestampReplyType,
  verifyTimestamp,
} from '../../core/timestamp/index.js';
import type { TimestampAuthority } from './authority.js';

/** Why there is no timestamp; labels of metrics. */
export type TimestampTrouble =
  /** Not reachable, too slow, or a server that is not well. */
  | 'authority_away'
  /** An HTTP answer that is no timestamp, or none that ends. */
  | 'authority_answer'
  | TimestampFaultCode;

/** Whether asking again may help is in `retriable`. */
export class TimestampRequestError extends SealstreamError {
  declare readonly code: TimestampTrouble;
  constructor(code: TimestampTrouble, message: string, { retriable, cause }: { retriable: boolean; cause?: unknown }) {
    super(code, message, { retriable, cause });
    this.name = 'TimestampRequestError';
  }
}

export interface Timestamped {
  /** The authority's answer as it came: what `openssl ts -verify` takes. */
  answer: Uint8Array;
  genTime: Date;
}

/** Resolves with an answer that verifies for `digest` (SHA-256) under the authority's roots. Rejects with a TimestampRequestError. */
export type RequestTimestamp = (authority: TimestampAuthority, digest: Uint8Array) => Promise<Timestamped>;

/**
 * Asks over HTTP (RFC 3161 §3.4), with a nonce and for certificates, `attempts` times where asking again may help. Each asking, to the last byte
 * of the answer, has `timeoutMs`.
 */
export function createTimestampClient({
  timeoutMs = 10_000,
  attempts = 3,
  firstWaitMs = 500,
  signal,
  webcrypto = globalThis.crypto,
}: {
  timeoutMs?: number;
  attempts?: number;
  firstWaitMs?: number;
  signal?: AbortSignal;
  webcrypto?: typeof globalThis.crypto;
} = {}): RequestTimestamp {
  const ask = async (authority: TimestampAuthority, digest: Uint8Array): Promise<Timestamped> => {
    const { policy, trustedRoots } = authority;
    // A positive number with no leading zeros: there are authorities that answer others wrongly.
    const nonce = webcrypto.getRandomValues(new Uint8Array(8));
    nonce[0] = (nonce[0]! & 0x7f) | 0x40;
    const named = policy === undefined ? {} : { policy };
    const request = createTimestampRequest({ digest, nonce, ...named });
    const timeout = AbortSignal.timeout(timeoutMs);
    const answer = await post(authority, request, signal ? AbortSignal.any([signal, timeout]) : timeout);
    const policies = policy === undefined ? {} : { policies: [policy] };
    const verdict = await verifyTimestamp({ response: answer, digest, nonce, trustedRoots, webcrypto, ...policies });
    if (verdict.verified) return { answer, genTime: verdict.genTime };
    const message = `timestamp authority ${authority.name} at ${authority.url.href}: ${verdict.message}`;
    throw new TimestampRequestError(verdict.code, message, { retriable: false });
  };

  return (authority, digest) => {
    let left = attempts;
    return retry(() => ask(authority, digest), {
      ...(signal ? { signal } : {}),
      again(error) {
        left -= 1;
        return left > 0 && error instanceof TimestampRequestError && error.retriable;
      },
      firstMs: firstWaitMs,
    });
  };
}

async function post({ name, url }: TimestampAuthority, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const who = `timestamp authority ${name} at ${url.href}`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': timestampQueryType, accept: timestampReplyType },
      body: Uint8Array.from(request),
      redirect: 'manual',
      signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      const later = response.status >= 500 || response.status === 429;
      const message = `${who} answers ${response.status}${later ? '' : '; look at its url'}`;
      throw new TimestampRequestError(later ? 'authority_away' : 'authority_answer', message, { retriable: later });
    }
    return await bounded(response, who);
  } catch (error) {
    if (error instanceof TimestampRequestError) throw error;
    // `fetch failed` says nothing; its cause does.
    const { cause } = error as { cause?: unknown };
    const message = `${who} is away: ${messageOf(cause ?? error)}`;
    throw new TimestampRequestError('authority_away', message, { retriable: true, cause: error });
  }
}

async function bounded(response: Response, who: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > mostTimestampBytes) {
      const message = `${who} answers more than ${mostTimestampBytes} bytes`;
      throw new TimestampRequestError('authority_answer', message, { retriable: false });
    }
    chunks.push(chunk as Uint8Array);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
