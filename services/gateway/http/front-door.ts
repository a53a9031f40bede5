import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health } from '../../core/health.js';
import type { Metrics } from '../../core/metrics.js';
import { Problem, unavailable } from '../errors.js';
import { refuseConnection, sendProblem } from './raw-problem.js';
import { securityHeaders } from './security-headers.js';

/** The gateway's port. It is open, and tells how the gateway is, before anything else is there and until the last answer is given. */
export interface FrontDoor {
  readonly server: Server;
  readonly port: number;
  /** From now on requests go here; until now they are told what is being waited for. */
  admit(listener: RequestListener): void;
  /** Takes no more connections and no more requests; resolves when the last answer is given, or nothing more can be waited for. */
  drain(): Promise<void>;
}

export interface ConnectionLimits {
  /** Further connections are closed at once. */
  connections: number;
  headerBytes: number;
  headersTimeoutMs: number;
  /** For a request to arrive whole. */
  requestTimeoutMs: number;
  keepAliveTimeoutMs: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  connections: 5_000,
  headerBytes: 16_384,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
};

const drainPollMs = 50;
/** A request that has not been answered by then, such as one whose body never comes, is cut off. */
const drainMs = 12_000;

export async function openFrontDoor({
  host,
  port,
  health,
  metrics,
  limits = defaultConnectionLimits,
}: {
  host: string;
  port: number;
  health: Health;
  metrics: Metrics;
  limits?: ConnectionLimits;
}): Promise<FrontDoor> {
  let admitted: RequestListener | undefined;
  let draining: Promise<void> | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = pathOf(request);
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { ...securityHeaders, 'content-type': type }).end(body);
    };
    if (path === '/healthz') send(200, 'text/plain', 'ok\n');
    else if (path === '/readyz') {
      const report = health.report();
      const ready = report.ready && admitted !== undefined && draining === undefined;
      send(ready ? 200 : 503, 'application/json', `${JSON.stringify({ ...report, ready })}\n`);
    } else send(200, metrics.registry.contentType, await metrics.registry.metrics());
  };

  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
    },
    (request, response) => {
      if (isOwn(request)) void answer(request, response);
      else if (ownPaths.has(pathOf(request)))
        sendProblem(response, readOnly(request), { headers: { allow: 'GET, HEAD' } });
      else if (draining)
        sendProblem(response, unavailable('gateway', 'the gateway stops'), { headers: { connection: 'close' } });
      else if (admitted) admitted(request, response);
      else sendProblem(response, notReady(health));
    },
  );
  server.maxConnections = limits.connections;
  server.on('clientError', refuseConnection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

  return {
    server,
    port: (server.address() as AddressInfo).port,
    admit(listener) {
      admitted = listener;
    },
    drain() {
      draining ??= closeInOrder(server);
      return draining;
    },
  };
}

const closeInOrder = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    // A connection that was busy is idle, and can be closed, only once its answer is given.
    const sweep = setInterval(() => server.closeIdleConnections(), drainPollMs);
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
  });

const ownPaths = new Set(['/healthz', '/readyz', '/metrics']);
const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0]!;
const isOwn = (request: IncomingMessage): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') && ownPaths.has(pathOf(request));
const readOnly = (request: IncomingMessage): Problem =>
  new Problem('method-not-allowed', `${pathOf(request)} takes GET, HEAD, not ${request.method}`);

function notReady(health: Health): Problem {
  const away = Object.entries(health.report().parts).filter(([, { ready }]) => !ready);
  const parts = away.map(([part, { detail }]) => `${part} (${detail})`).join(', ');
  return unavailable(
    'gateway',
    parts === '' ? 'the gateway is starting' : `the gateway starts and waits for: ${parts}`,
  );
}
