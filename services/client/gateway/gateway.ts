import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, SealstreamError } from '../../core/errors.js';
import { backoff } from '../../core/retry.js';
import { AuditClientError, AuditProblem } from '../errors.js';
import { problemOfAnswer } from './problem.js';

export type QueryValue = string | number | boolean;
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>;

export interface GatewayRequest {
  query?: Query;
  /** Sent as JSON; text as it is. */
  body?: unknown;
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
  /** For one answer. */
  timeoutMs?: number | undefined;
  /** How long the same request is sent again while the gateway is away or asks for patience. 0: it is sent once. */
  patienceMs?: number | undefined;
  /** Hears why it waits. */
  onWait?: (error: SealstreamError, waitMs: number) => void;
  /** Sees the headers of the answer, once it is a good one. */
  onAnswer?: (headers: Headers) => void;
}

/**
 * The gateway's HTTP API. Rejects with AuditProblem for what the gateway refuses, with AuditClientError where nobody answers or
 * something else does, and with the signal's reason once it is aborted.
 */
export interface Gateway {
  readonly url: URL;
  get<T>(path: string, request?: GatewayRequest): Promise<T>;
  post<T>(path: string, request?: GatewayRequest): Promise<T>;
  put<T>(path: string, request?: GatewayRequest): Promise<T>;
  delete<T>(path: string, request?: GatewayRequest): Promise<T>;
  /** Below the gateway's URL, whatever path that has itself. */
  address(path: string, query?: Query): URL;
  /** What every request carries: who asks. */
  headers(): Record<string, string>;
}

export interface GatewayOptions {
  url: string | URL;
  apiKey: string;
  userAgent: string;
  /** Default 60,000. */
  timeoutMs?: number | undefined;
  /** Default 0. */
  patienceMs?: number | undefined;
}

const mostWaitMs = 15_000;

export function createGateway({
  url: given,
  apiKey,
  userAgent,
  timeoutMs: usualTimeoutMs = 60_000,
  patienceMs: usualPatienceMs = 0,
}: GatewayOptions): Gateway {
  const url = gatewayUrl(given);
  checkKey(apiKey);
  const headers = (): Record<string, string> => ({ authorization: `Bearer ${apiKey}`, 'user-agent': userAgent });
  const address = (path: string, query: Query = {}): URL => {
    const target = new URL(path.replace(/^\//, ''), url.href.endsWith('/') ? url : `${url.href}/`);
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value].flat()) if (one !== undefined) target.searchParams.append(name, String(one));
    }
    return target;
  };

  const once = async (method: string, path: string, request: GatewayRequest): Promise<unknown> => {
    const { query, body, signal, timeoutMs = usualTimeoutMs, onAnswer = () => {} } = request;
    const inTime = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(address(path, query), {
        method,
        headers: {
          ...headers(),
          accept: 'application/json, application/problem+json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        // Followed, it would carry the key to another server.
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, inTime]) : inTime,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.ok) {
        onAnswer(response.headers);
        return answerOf(text, url);
      }
      refuseRedirect(response.status, response.headers.get('location'), url);
      throw problemOfAnswer({
        status: response.status,
        contentType: response.headers.get('content-type'),
        retryAfter: response.headers.get('retry-after'),
        body: text,
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof SealstreamError) throw error;
      if (inTime.aborted) throw timedOut(url, timeoutMs);
      throw unreachable(url, error);
    }
  };

  const send = async (method: string, path: string, request: GatewayRequest = {}): Promise<never> => {
    const { patienceMs = usualPatienceMs, onWait = () => {}, signal } = request;
    const giveUpAt = Date.now() + patienceMs;
    const waits = backoff({ firstMs: 250, mostMs: mostWaitMs });
    for (;;) {
      try {
        return (await once(method, path, request)) as never;
      } catch (error) {
        if (!(error instanceof SealstreamError) || !error.retriable) throw error;
        const asked = error instanceof AuditProblem ? (error.retryAfterMs ?? 0) : 0;
        const waitMs = Math.max(waits.next().value, asked);
        if (Date.now() + waitMs > giveUpAt) throw error;
        onWait(error, waitMs);
        await sleep(waitMs, undefined, signal ? { signal } : {}).catch(() => {
          throw signal!.reason;
        });
      }
    }
  };

  return {
    url,
    address,
    headers,
    get: (path, request) => send('GET', path, request),
    post: (path, request) => send('POST', path, request),
    put: (path, request) => send('PUT', path, request),
    delete: (path, request) => send('DELETE', path, request),
  };
}

/** Throws where the text is no http(s) URL, or holds a password: it would end up in messages and logs. */
function gatewayUrl(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(String(given)) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new AuditClientError('client_config', "the gateway's URL is none; it looks like http://127.0.0.1:8080");
  }
  if (url.username || url.password) {
    throw new AuditClientError('client_config', `the URL of ${url.host} holds a user name; the API key says who asks`);
  }
  url.search = '';
  url.hash = '';
  return url;
}

/** An unfit header is refused with its text; a key must not get that far. */
function checkKey(apiKey: string): void {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new AuditClientError(
    'client_config',
    'the API key is empty, or holds a blank or a character that no key has; was it copied whole?',
  );
}

/** Throws for a redirect. */
export function refuseRedirect(status: number, location: string | null | undefined, url: URL): void {
  if (status < 300 || status >= 400) return;
  const to = location && URL.canParse(location, url.href) ? ` to ${new URL(location, url.href).origin}` : '';
  throw new AuditClientError(
    'bad_answer',
    `${url.origin} redirects${to}, where the API key is not sent; give the gateway's own URL`,
  );
}

function answerOf(text: string, { origin }: URL): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AuditClientError(
      'bad_answer',
      `${origin} answered with something that is not JSON; is it a Sealstream gateway?`,
      { cause },
    );
  }
}

export const timedOut = ({ origin }: URL, timeoutMs: number): AuditClientError =>
  new AuditClientError('timeout', `the gateway at ${origin} gave no answer within ${timeoutMs / 1_000} s`, {
    retriable: true,
  });

export function unreachable({ origin }: URL, thrown: unknown): AuditClientError {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  const { code } = cause as NodeJS.ErrnoException;
  const why = code === 'ECONNREFUSED' ? 'connection refused' : (code ?? messageOf(cause));
  return new AuditClientError('unreachable', `the gateway at ${origin} cannot be reached: ${why}`, {
    retriable: true,
    cause: thrown,
  });
}
