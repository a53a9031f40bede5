import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission } from './admission.js';
import type { createAuthenticator } from './auth.js';
import { openBody } from './body.js';
import type { FrontLimits } from './config.js';
import type { Engine } from './engine.js';
import { FrontError, fromEngine } from './errors.js';
import { mediaType } from './formats.js';
import { takeIn } from './intake.js';
import { type Parameters, readParameters } from './parameters.js';
import { chooseEncoding, createReply } from './reply.js';
import type { ResultPipes } from './result-pipes.js';
import { runQuery } from './run-query.js';
import type { RunningQueries } from './running-queries.js';
import type { Spools } from './spool.js';
import type { Statement } from './statement.js';

export interface Dependencies {
  readonly engine: Engine;
  readonly pipes: ResultPipes;
  readonly spools: Spools;
  readonly running: RunningQueries;
  readonly admission: Admission;
  readonly authenticate: ReturnType<typeof createAuthenticator>;
  readonly limits: FrontLimits;
  readonly serverName: string;
}

const HEALTHY = 'Ok.\n';
const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

/** Sixteen lower-case letters. */
const newExceptionTag = (): string =>
  Array.from(randomBytes(16), (byte) => String.fromCharCode(97 + (byte % 26))).join('');

/** One request: health answers at once, anything else is a query of an authenticated user. */
export function createRequestHandler(dependencies: Dependencies) {
  return (request: IncomingMessage, response: ServerResponse): unknown => {
    const url = new URL(request.url ?? '/', 'http://front');
    response.setHeader('X-ClickHouse-Server-Display-Name', dependencies.serverName);
    const asksNothing = request.method === 'GET' && !url.searchParams.has('query');
    if (url.pathname === '/ping' || url.pathname === '/replicas_status' || (url.pathname === '/' && asksNothing)) {
      return sendText(response, 200, HEALTHY);
    }
    if (url.pathname !== '/') {
      return sendText(response, 404, `There is no handle ${url.pathname}\n\nUse / or /ping for health checks.\n`);
    }
    if (!METHODS.has(request.method ?? ''))
      return sendText(response, 501, `Method ${request.method} is not supported.\n`);
    if (request.method === 'OPTIONS') return sendText(response, 204, '');
    return answer({ ...dependencies, request, response, params: url.searchParams });
  };
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=UTF-8', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

type Call = Dependencies & {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: URLSearchParams;
};

async function answer(call: Call): Promise<void> {
  const { engine, request, response, params, limits } = call;
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client has gone'));
  });
  const exceptionTag = newExceptionTag();
  const headers: Record<string, string> = {
    'X-ClickHouse-Timezone': engine.timezone,
    'X-ClickHouse-Exception-Tag': exceptionTag,
    'Content-Type': 'text/plain; charset=UTF-8',
  };
  let reply = createReply({ response, version: engine.version, exceptionTag, encoding: undefined, holdBytes: 0 });
  try {
    call.authenticate(request, params);
    refuseUnbounded({ request, limits });
    const parameters = readParameters({ request, params, holdBytes: limits.holdBytes });
    const encoding = parameters.compressResponse ? chooseEncoding(request.headers['accept-encoding']) : undefined;
    headers['X-ClickHouse-Query-Id'] = parameters.queryId;
    const holdBytes = parameters.waitEndOfQuery ? Number.POSITIVE_INFINITY : parameters.holdBytes;
    reply = createReply({ response, version: engine.version, exceptionTag, encoding, holdBytes });
    reply.set(headers);
    const taken = await takeIn({
      query: parameters.query,
      body: openBody(request),
      spools: call.spools,
      statementBytes: limits.statementBytes,
    });
    try {
      reply.set(resultHeaders({ statement: taken.statement, parameters }));
      const place = await call.admission.enter(gone.signal);
      try {
        await runQuery({ ...call, slot: place.slot, taken, parameters, reply, signal: gone.signal });
      } finally {
        place.leave();
      }
    } finally {
      if ('spool' in taken) taken.spool.remove();
    }
  } catch (error) {
    if (gone.signal.aborted || response.destroyed) return;
    reply.set(headers);
    await reply.fail(fromEngine(error)).catch(() => response.destroy());
  }
}

function refuseUnbounded({ request, limits }: { request: IncomingMessage; limits: FrontLimits }): void {
  if ((request.url ?? '').length > limits.urlBytes) {
    throw new FrontError(552, 'QUERY_IS_TOO_LARGE', `The URL is longer than ${limits.urlBytes} bytes.`, {
      status: 414,
    });
  }
  const { 'transfer-encoding': transferEncoding, 'content-length': contentLength } = request.headers;
  if (request.method === 'POST' && transferEncoding === undefined && contentLength === undefined) {
    throw new FrontError(
      381,
      'HTTP_LENGTH_REQUIRED',
      'The Transfer-Encoding is not chunked and there is no Content-Length header for POST request',
    );
  }
}

function resultHeaders({
  statement,
  parameters,
}: {
  statement: Statement;
  parameters: Parameters;
}): Record<string, string> {
  const timezone = parameters.settings.get('session_timezone');
  const format = statement.kind === 'rows' ? (statement.format ?? parameters.defaultFormat) : undefined;
  return {
    ...(timezone ? { 'X-ClickHouse-Timezone': timezone } : {}),
    ...(format ? { 'X-ClickHouse-Format': format, 'Content-Type': mediaType(format) } : {}),
  };
}
