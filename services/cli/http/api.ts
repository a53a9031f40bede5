import { AuditClientError, AuditProblem } from '../../client/errors.js';
import { createGateway, type Gateway, type GatewayRequest } from '../../client/gateway/gateway.js';
import type { SealstreamError } from '../../core/errors.js';
import type { Connection } from '../connection/connection.js';
import { CliError, usageError } from '../errors.js';
import { Refused } from './problem.js';

export type Request = Omit<GatewayRequest, 'signal' | 'onWait'> & {
  /** Hears why it waits. */
  onWait?: (error: CliError, waitMs: number) => void;
};

/** The gateway's HTTP API. Rejects with Refused for what the gateway refuses, with `unreachable` where nobody answers. */
export interface Api {
  readonly url: URL;
  get<T>(path: string, request?: Request): Promise<T>;
  post<T>(path: string, request?: Request): Promise<T>;
  put<T>(path: string, request?: Request): Promise<T>;
  delete<T>(path: string, request?: Request): Promise<T>;
  /** For what is no single answer: the stream, downloads. */
  readonly gateway: Gateway;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Anything that went wrong on the way, in words for a person. `q`: the query that was asked. */
  failure(error: unknown, q?: string): unknown;
}

export function createApi({
  connection: { url, apiKey },
  version,
  signal,
  width,
}: {
  connection: Connection;
  version: string;
  signal: AbortSignal;
  /** Of the terminal that errors are shown on. */
  width: number;
}): Api {
  const failure = (error: unknown, q?: string): unknown => {
    if (error instanceof CliError) return error;
    if (signal.aborted) return new CliError('interrupted', 'Interrupted.');
    if (error instanceof AuditProblem) return new Refused(error, { q, width });
    return error instanceof AuditClientError ? inWords(error) : error;
  };
  const gateway = open({ url, apiKey, userAgent: `sealstream-cli/${version}` });

  const send = async <T>(
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    request: Request = {},
  ): Promise<T> => {
    const { onWait, ...rest } = request;
    const q = typeof rest.query?.q === 'string' ? rest.query.q : undefined;
    try {
      return await gateway[method]<T>(path, {
        ...rest,
        signal,
        ...(onWait ? { onWait: (error: SealstreamError, ms: number) => onWait(failure(error) as CliError, ms) } : {}),
      });
    } catch (error) {
      throw failure(error, q);
    }
  };

  return {
    url: gateway.url,
    get: (path, request) => send('get', path, request),
    post: (path, request) => send('post', path, request),
    put: (path, request) => send('put', path, request),
    delete: (path, request) => send('delete', path, request),
    gateway,
    signal,
    failure,
  };
}

function open(options: Parameters<typeof createGateway>[0]): Gateway {
  try {
    return createGateway(options);
  } catch (error) {
    throw error instanceof AuditClientError ? usageError(sentence(error.message)) : error;
  }
}

function inWords(error: AuditClientError): CliError {
  const { code, message, retriable } = error;
  const options = { retriable, cause: error };
  if (code === 'client_config') return usageError(sentence(message));
  if (code !== 'unreachable' && code !== 'timeout') return new CliError('bad_answer', sentence(message), options);
  const advice = 'Is it running? Start it with `npm start`, or name another: --url URL or SEALSTREAM_URL.';
  return new CliError('unreachable', `${sentence(message)}\n${advice}`, options);
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;
