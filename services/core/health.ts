import { createServer, type Server } from 'node:http';
import type { Metrics } from './metrics.js';

/** What a service says of itself: every part it depends on, and whether it can do its work without it now. */
export interface Health {
  set(part: string, state: { ready: boolean; detail?: string }): void;
  report(): { ready: boolean; parts: Record<string, { ready: boolean; detail: string }> };
}

export function createHealth(parts: string[]): Health {
  const states = new Map(parts.map((part) => [part, { ready: false, detail: 'not reached yet' }]));
  return {
    set: (part, { ready, detail = '' }) => void states.set(part, { ready, detail }),
    report: () => ({ ready: [...states.values()].every(({ ready }) => ready), parts: Object.fromEntries(states) }),
  };
}

/** `/healthz`, `/readyz` and `/metrics` of a service without an HTTP surface of its own. Resolves once it listens. */
export async function serveHealth({
  health,
  metrics,
  port,
  host = '127.0.0.1',
}: {
  health: Health;
  metrics: Metrics;
  port: number;
  host?: string;
}): Promise<Server> {
  const server = createServer(async (request, response) => {
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    if (request.url === '/healthz') send(200, 'text/plain', 'ok\n');
    else if (request.url === '/readyz') {
      const report = health.report();
      send(report.ready ? 200 : 503, 'application/json', `${JSON.stringify(report)}\n`);
    } else if (request.url === '/metrics') {
      send(200, metrics.registry.contentType, await metrics.registry.metrics());
    } else send(404, 'text/plain', 'only /healthz, /readyz and /metrics are here\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}
