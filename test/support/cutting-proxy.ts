import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a client and a server: it can be cut, stand still, and lead elsewhere. */
export interface CuttingProxy {
  readonly url: string;
  /** Connections so far. */
  readonly connections: number;
  readonly bytesToClient: number;
  /** Breaks every connection. */
  cut(): void;
  /** Breaks every connection once so many bytes more came from the server. */
  cutAfter(bytes: number): void;
  /** From now on nothing gets through, and nobody is told. */
  freeze(): void;
  leadTo(url: string): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(url: string): Promise<CuttingProxy> {
  let target = new URL(url);
  let connections = 0;
  let bytesToClient = 0;
  let bytesLeft = Number.POSITIVE_INFINITY;
  let frozen = new WeakSet<Socket>();
  const open = new Set<Socket>();
  const cut = (): void => {
    bytesLeft = Number.POSITIVE_INFINITY;
    for (const socket of open) socket.resetAndDestroy();
    open.clear();
  };
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (!frozen.has(client)) upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (frozen.has(client)) return;
      const part = chunk.subarray(0, bytesLeft);
      bytesLeft -= part.length;
      bytesToClient += part.length;
      // A client that reads nothing makes the server wait, as without a proxy.
      if (!client.write(part)) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
      if (bytesLeft <= 0) setImmediate(cut);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    get bytesToClient() {
      return bytesToClient;
    },
    cut,
    cutAfter(bytes) {
      bytesLeft = bytes;
    },
    freeze() {
      for (const socket of open) frozen.add(socket);
    },
    leadTo(next) {
      frozen = new WeakSet();
      target = new URL(next);
    },
    async close() {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
