import type { Socket } from 'node:net';
import { WebSocket } from 'ws';

export interface StreamMessage {
  type: string;
  id?: string;
  events?: { id: string; [field: string]: unknown }[];
  from?: string;
  to?: string;
  cursor?: string;
  problem?: { type: string; detail: string; status: number };
  name?: string;
  expires_at?: string | null;
  count?: number;
}

/** A WebSocket of audit.v1 that keeps what it was sent. */
export interface StreamClient {
  readonly socket: WebSocket;
  readonly messages: StreamMessage[];
  /** Every event so far, of every subscription. */
  readonly events: { id: string; [field: string]: unknown }[];
  send(message: unknown): void;
  /** Resolves with the first message, past or to come, that fits; rejects after `timeoutMs` or when the socket closes without it. */
  until(what: string | ((message: StreamMessage) => boolean), timeoutMs?: number): Promise<StreamMessage>;
  /** Resolves once the condition holds after some message. */
  untilTrue(condition: () => boolean, timeoutMs?: number): Promise<void>;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Cuts the connection as a network does. */
  cut(): void;
  close(): Promise<void>;
}

export async function openStream(
  url: string,
  {
    key,
    headers = {},
    protocols = ['audit.v1'],
  }: { key?: string; headers?: Record<string, string>; protocols?: string[] } = {},
): Promise<StreamClient> {
  const socket = new WebSocket(url, protocols, { headers: { ...(key ? { 'x-api-key': key } : {}), ...headers } });
  const messages: StreamMessage[] = [];
  const events: StreamClient['events'] = [];
  const watchers = new Set<() => void>();
  const wake = (): void => {
    for (const watcher of watchers) watcher();
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: String(reason) });
      wake();
    });
  });
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as StreamMessage;
    messages.push(message);
    if (message.events) events.push(...message.events);
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => reject(new Error(`${response.statusCode} ${Buffer.concat(chunks)}`)));
    });
  });
  socket.on('error', () => {});

  const untilTrue = (condition: () => boolean, timeoutMs = 30_000): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        clearTimeout(timer);
        watchers.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const said = (): string => JSON.stringify(messages.slice(-3)).slice(0, 600);
      const check = (): void => {
        if (condition()) end();
        else if (socket.readyState === WebSocket.CLOSED) end(new Error(`the stream closed first; last: ${said()}`));
      };
      const timer = setTimeout(() => end(new Error(`not within ${timeoutMs} ms; last: ${said()}`)), timeoutMs);
      watchers.add(check);
      check();
    });

  return {
    socket,
    messages,
    events,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async until(what, timeoutMs) {
      const fits = typeof what === 'string' ? ({ type }: StreamMessage) => type === what : what;
      await untilTrue(() => messages.some(fits), timeoutMs);
      return messages.find(fits)!;
    },
    untilTrue,
    cut: () => (socket as unknown as { _socket: Socket })._socket.destroy(),
    async close() {
      socket.close();
      await closed;
    },
  };
}
