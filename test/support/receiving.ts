import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  atMs: number;
}

/** A real HTTP receiver on loopback. `answer` decides what each request gets; 200 and 'ok' without it. */
export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  /** Resolves once so many have come. */
  arrived(count: number, withinMs?: number): Promise<Received[]>;
  close(): Promise<void>;
}

export type Answering = (request: IncomingMessage, response: ServerResponse, nth: number, body: string) => void;

export async function startReceiver(
  answer: Answering = (_request, response) => void response.end('ok'),
): Promise<Receiver> {
  const received: Received[] = [];
  let heard: (() => void) | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    received.push({ path: request.url ?? '', headers: request.headers, body, atMs: Date.now() });
    heard?.();
    answer(request, response, received.length, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    async arrived(count, withinMs = 15_000) {
      const deadline = Date.now() + withinMs;
      while (received.length < count) {
        const leftMs = deadline - Date.now();
        if (leftMs <= 0) throw new Error(`${received.length} of ${count} requests came within ${withinMs} ms`);
        await new Promise<void>((resolve) => {
          heard = resolve;
          setTimeout(resolve, Math.min(leftMs, 100)).unref();
        });
      }
      return received;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Takes connections and never says a word. */
export async function startSilence(): Promise<{ port: number; connections: () => number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
