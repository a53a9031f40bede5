import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import { backoff } from '../../core/retry.js';
import type { Connection } from '../connection/connection.js';
import { CliError } from '../errors.js';
import { Refused, readProblem } from './problem.js';

export interface Request {
  query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** How long the same request is sent again while the gateway is away or asks for patience, in ms. Default 0: once. */
  patienceMs?: number;
  /** Hears why it waits. */
  onWait?: (error: CliError, waitMs: number) => void;
  /** Sees the headers of the answer, once it is a good one. */
  onAnswer?: (headers: Headers) => void;
}

/** The gateway's HTTP API. Rejects with Refused for what the gateway refuses, with `unreachable` where nobody answers. */
export interface Api {
  readonly url: URL;
  get<T>(path: string, request?: Request): Promise<T>;
  post<T>(path: string, request?: Request): Promise<T>;
  delete<T>(path: string, request?: Request): Promise<T>;
}

const timeoutMs = 60_000;
const longestWaitMs = 15_000;

export function createApi({
  connection: { url, apiKey },
  version,
  signal,
}: {
  connection: Connection;
  version: string;
  signal: AbortSignal;
}): Api {
  const once = async (
    method: string,
    path: string,
    { query = {}, body, headers = {}, onAnswer = () => {} }: Request,
  ): Promise<unknown> => {
    const target = new URL(path.replace(/^\//, ''), url.href.endsWith('/') ? url : `${url.href}/`);
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value].flat()) if (one !== undefined) target.searchParams.append(name, String(one));
    }
    const response = await fetch(target, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: 'application/json, application/problem+json',
        'user-agent': `sealstream-cli/${version}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      // A redirect would carry the key to another server.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) {
      onAnswer(response.headers);
      return answerOf(text, target);
    }
    const contentType = response.headers.get('content-type') ?? '';
    throw new Refused(readProblem(response.status, contentType, text), retryAfter(response.headers.get('retry-after')));
  };

  const failure = (error: unknown): CliError => {
    if (error instanceof CliError) return error;
    if (signal.aborted) return new CliError('interrupted', 'Interrupted.');
    return unreachable(url, error);
  };

  const send = async (method: string, path: string, request: Request = {}): Promise<never> => {
    const { patienceMs = 0, onWait = () => {} } = request;
    const giveUpAt = Date.now() + patienceMs;
    const waits = backoff({ firstMs: 250, mostMs: longestWaitMs });
    for (;;) {
      try {
        return (await once(method, path, request)) as never;
      } catch (thrown) {
        const error = failure(thrown);
        const asked = error instanceof Refused ? (error.retryAfterMs ?? 0) : 0;
        const waitMs = Math.max(waits.next().value, Math.min(asked, longestWaitMs));
        if (!error.retriable || Date.now() + waitMs > giveUpAt) throw error;
        onWait(error, waitMs);
        await sleep(waitMs, undefined, { signal }).catch((aborted) => {
          throw failure(aborted);
        });
      }
    }
  };

  return {
    url,
    get: (path, request) => send('GET', path, request),
    post: (path, request) => send('POST', path, request),
    delete: (path, request) => send('DELETE', path, request),
  };
}

function answerOf(text: string, { origin }: URL): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(
      'bad_answer',
      `${origin} answered with something that is not JSON. Is it a Sealstream gateway?`,
      { cause },
    );
  }
}

const retryAfter = (header: string | null): number | undefined =>
  header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;

function unreachable({ origin }: URL, thrown: unknown): CliError {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const why =
    (thrown as Error | undefined)?.name === 'TimeoutError'
      ? `no answer within ${timeoutMs / 1_000} s`
      : code === 'ECONNREFUSED'
        ? 'connection refused'
        : (code ?? messageOf(cause ?? thrown));
  return new CliError(
    'unreachable',
    `The gateway at ${origin} cannot be reached: ${why}.\n` +
      'Is it running? Start it with `npm start`, or name another: --url URL or SEALSTREAM_URL.',
    { retriable: true, cause: thrown },
  );
}
