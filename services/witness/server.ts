import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { messageOf } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import { Refusal } from './errors.js';
import type { WitnessMetrics } from './metrics.js';
import { maxRequestBytes } from './request.js';
import type { WitnessService } from './witness.js';

const sizeType = 'text/x.tlog.size';
const textType = 'text/plain; charset=utf-8';
/** Requests that are worked on at once; each may wait for its log's turn. */
const maxInFlight = 64;
const requestTimeoutMs = 10_000;
const checkpointPath = /^\/([0-9a-f]{64})\/checkpoint$/;

interface Answer {
  status: number;
  body: string;
  type?: string;
  headers?: Record<string, string>;
}

/** `POST /add-checkpoint`, and `GET /<SHA-256 of the origin>/checkpoint` for monitors. Resolves once it listens. */
export async function serveWitness({
  witness,
  host,
  port,
  metrics,
  log,
}: {
  witness: WitnessService;
  host: string;
  port: number;
  metrics: WitnessMetrics;
  log: Logger;
}): Promise<Server> {
  let inFlight = 0;
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    void answerTo(request)
      .catch((error): Answer => {
        log.error({ error: messageOf(error) }, 'the request failed');
        return { status: 500, body: 'the witness failed; its log says why\n' };
      })
      .then((answer) => send(request, response, answer));
  });
  const answerTo = async (request: IncomingMessage): Promise<Answer> => {
    if (inFlight >= maxInFlight)
      return { status: 503, body: 'too many requests at once\n', headers: { 'retry-after': '1' } };
    inFlight += 1;
    try {
      return await route(request);
    } finally {
      inFlight -= 1;
    }
  };

  const route = async (request: IncomingMessage): Promise<Answer> => {
    const [path] = (request.url ?? '').split('?');
    if (path === '/add-checkpoint') {
      if (request.method !== 'POST') return notAllowed('POST');
      return addCheckpoint(request);
    }
    const [, hash] = checkpointPath.exec(path!) ?? [];
    if (hash === undefined)
      return { status: 404, body: 'only POST /add-checkpoint and GET /<origin hash>/checkpoint are here\n' };
    if (request.method !== 'GET' && request.method !== 'HEAD') return notAllowed('GET, HEAD');
    const note = await witness.checkpoint(hash);
    if (note === undefined) return { status: 404, body: 'no checkpoint of that log was cosigned here\n' };
    return { status: 200, body: note, headers: { 'cache-control': 'max-age=5' } };
  };

  const addCheckpoint = async (request: IncomingMessage): Promise<Answer> => {
    const body = await bodyOf(request);
    if (body === undefined) {
      return {
        status: 413,
        body: `a request has at most ${maxRequestBytes} bytes\n`,
        headers: { connection: 'close' },
      };
    }
    try {
      const { origin, size, lines } = await witness.addCheckpoint(body);
      metrics.cosigned();
      log.debug({ origin, size }, 'cosigned');
      return { status: 200, body: lines };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      metrics.refused(error.status);
      if (error.status === 409) return { status: 409, body: `${error.size}\n`, type: sizeType };
      return { status: error.status, body: `${error.message}\n` };
    }
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

const notAllowed = (allow: string): Answer => ({ status: 405, body: `use ${allow}\n`, headers: { allow } });

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, type = textType, headers }: Answer,
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Undefined where it is longer than a request can be. Rejects where it breaks off. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Whoever sends too much is told so, and not just cut off.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxRequestBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
