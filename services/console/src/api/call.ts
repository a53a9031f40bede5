import { type Parameters, queryString } from './parameters.js';
import { offline, Problem, problemOf } from './problem.js';

export interface CallOptions {
  query?: Parameters;
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>>;
}

/** The gateway's API. Every call rejects with a Problem, or, where its signal aborted, with the signal's reason. */
export interface Api {
  call<T>(method: string, path: string, options?: CallOptions): Promise<T>;
  get<T>(path: string, query?: Parameters, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T>;
  put<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T>;
  delete<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** The answer as it comes, for downloads; as checked as the others. */
  raw(method: string, path: string, options?: CallOptions): Promise<Response>;
}

export interface ApiParts {
  fetch: typeof globalThis.fetch;
  /** Of the session; undefined before it is known. */
  csrfToken: () => string | undefined;
  /** The chosen organization; undefined for all that are permitted. */
  organization: () => string | undefined;
  /** A call was answered 401. */
  onUnauthenticated: (problem: Problem) => void;
  /** Whether the gateway answered, whatever it said. */
  onReachable: (reachable: boolean) => void;
  sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** A GET that a part which is away answers is asked again this often: a restart of the gateway should not be noticed. */
const retries = 3;
const firstPauseMs = 400;
const mostPauseMs = 5_000;

export function createApi({
  fetch,
  csrfToken,
  organization,
  onUnauthenticated,
  onReachable,
  sleep = pause,
}: ApiParts): Api {
  const send = async (method: string, path: string, options: CallOptions): Promise<Response> => {
    const { query = {}, body, signal, headers = {} } = options;
    const chosen = organization();
    const token = method === 'GET' ? undefined : csrfToken();
    let answer: Response;
    try {
      answer = await fetch(path + queryString(query), {
        method,
        headers: {
          accept: 'application/json',
          ...(chosen === undefined ? {} : { 'x-organization-id': chosen }),
          ...(token === undefined ? {} : { 'x-csrf-token': token }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
        credentials: 'same-origin',
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      onReachable(false);
      throw offline();
    }
    onReachable(true);
    if (answer.ok) return answer;
    const problem = problemOf(await answer.json().catch(() => undefined), answer.status, retryAfterOf(answer));
    if (problem.status === 401) onUnauthenticated(problem);
    throw problem;
  };

  const raw = async (method: string, path: string, options: CallOptions = {}): Promise<Response> => {
    for (let tried = 0; ; tried++) {
      try {
        return await send(method, path, options);
      } catch (error) {
        const again = method === 'GET' && tried < retries && error instanceof Problem && error.status === 503;
        if (!again) throw error;
        const waitMs = Math.max(firstPauseMs * 2 ** tried, error.retryAfterMs ?? 0);
        await sleep(Math.min(waitMs, mostPauseMs), options.signal);
      }
    }
  };

  const call = async <T>(method: string, path: string, options: CallOptions = {}): Promise<T> => {
    const answer = await raw(method, path, options);
    if (answer.status === 204) return undefined as T;
    try {
      return (await answer.json()) as T;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw problemOf(undefined, answer.status);
    }
  };

  return {
    call,
    raw,
    get: (path, query = {}, signal) => call('GET', path, { query, signal }),
    post: (path, body, signal) => call('POST', path, { body, signal }),
    put: (path, body, signal) => call('PUT', path, { body, signal }),
    delete: (path, signal) => call('DELETE', path, { signal }),
  };
}

function retryAfterOf({ headers }: Response): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
