import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission } from './admission.js';
import type { Authenticate } from './auth.js';
import { type Body, openBody } from './body.js';
import type { FrontLimits } from './config.js';
import type { Engine } from './engine.js';
import { FrontError, fromEngine } from './errors.js';
import { readForm } from './form.js';
import { mediaType } from './formats.js';
import { answerWithoutQuery } from './health.js';
import { takeIn } from './intake.js';
import { type Parameters, readParameters } from './parameters.js';
import { chooseEncoding, createReply, type Reply } from './reply.js';
import { createResultHold } from './result-hold.js';
import type { ResultPipes } from './result-pipes.js';
import { runQuery } from './run-query.js';
import type { RunningQueries } from './running-queries.js';
import type { Sessions } from './sessions.js';
import type { Spools } from './spool.js';
import type { Statement } from './statement.js';

export interface Dependencies {
  readonly engine: Engine;
  readonly sessions: Sessions;
  readonly pipes: ResultPipes;
  readonly spools: Spools;
  readonly running: RunningQueries;
  readonly admission: Admission;
  readonly authenticate: Authenticate;
  readonly limits: FrontLimits;
  readonly serverName: string;
  /** No more queries are taken. */
  isStopping(): boolean;
}

/** One request: health answers at once, anything else is a query of an authenticated user. */
export function createRequestHandler(dependencies: Dependencies) {
  return (request: IncomingMessage, response: ServerResponse): unknown => {
    const [path = '/', search = ''] = splitUrl(request.url ?? '/');
    const params = new URLSearchParams(search);
    response.setHeader('X-ClickHouse-Server-Display-Name', dependencies.serverName);
    if (answerWithoutQuery({ request, response, path, params })) return;
    return answer({ ...dependencies, request, response, params });
  };
}

function splitUrl(url: string): [path: string, search: string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

type Call = Dependencies & {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: URLSearchParams;
};

type ReplyOptions = Pick<Parameters, 'compressResponse' | 'packBlocks' | 'waitEndOfQuery' | 'holdBytes'>;

async function answer(call: Call): Promise<void> {
  const { engine, request, response, spools, limits } = call;
  const exceptionTag = newExceptionTag();
  const replyWith = ({ compressResponse, packBlocks, waitEndOfQuery, holdBytes }: ReplyOptions): Reply => {
    const reply = createReply({
      response,
      version: engine.version,
      exceptionTag,
      encoding: compressResponse ? chooseEncoding(request.headers['accept-encoding']) : undefined,
      packBlocks,
      hold: createResultHold({ spools }),
      holdBytes: waitEndOfQuery ? Number.POSITIVE_INFINITY : holdBytes,
    });
    reply.set({
      'X-ClickHouse-Timezone': engine.timezone,
      'X-ClickHouse-Exception-Tag': exceptionTag,
      'Content-Type': 'text/plain; charset=UTF-8',
    });
    return reply;
  };
  let reply = replyWith({ holdBytes: 0, waitEndOfQuery: false, compressResponse: false, packBlocks: false });
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client has gone'));
  });
  let unread: Body | undefined;
  try {
    admit(call);
    unread = openBody({ request, params: call.params });
    const { params, body } = await readForm({ ...call, body: unread, limitBytes: limits.statementBytes });
    const parameters = readParameters({ request, params, holdBytes: limits.holdBytes });
    reply = replyWith(parameters);
    reply.set({ 'X-ClickHouse-Query-Id': parameters.queryId });
    await answerQuery({ ...call, parameters, body, reply, signal: gone.signal });
  } catch (error) {
    if (gone.signal.aborted || response.destroyed) return;
    unread?.drain();
    await reply.fail(fromEngine(error)).catch(() => response.destroy());
  }
}

/** Sixteen lower-case letters. */
const newExceptionTag = (): string =>
  Array.from(randomBytes(16), (byte) => String.fromCharCode(97 + (byte % 26))).join('');

function refuseWhenStopping({ response, isStopping }: Call): void {
  if (!isStopping()) return;
  response.setHeader('Connection', 'close');
  throw new FrontError(236, 'ABORTED', 'This ClickHouse is stopping.', { status: 503 });
}

function admit(call: Call): void {
  const { authenticate, request, params, limits } = call;
  refuseWhenStopping(call);
  authenticate(request, params);
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

async function answerQuery({
  parameters,
  body,
  reply,
  signal,
  ...call
}: Call & { parameters: Parameters; body: Body; reply: Reply; signal: AbortSignal }): Promise<void> {
  const { spools, admission, limits } = call;
  const taken = await takeIn({ query: parameters.query, body, spools, statementBytes: limits.statementBytes });
  try {
    reply.set(resultHeaders({ statement: taken.statement, parameters }));
    const place = await admission.enter(signal);
    try {
      refuseWhenStopping(call);
      await runQuery({ ...call, slot: place.slot, taken, parameters, reply, signal });
    } finally {
      place.leave();
    }
  } finally {
    if (taken.kind === 'insert') taken.spool.remove();
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
