import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { messageOf, type SealstreamError } from '../../core/errors.js';
import { AuditClientError } from '../errors.js';
import { refuseRedirect, timedOut, unreachable } from '../gateway/gateway.js';
import { problemOfAnswer } from '../gateway/problem.js';
import { readServerMessage, type ServerMessage, subprotocol } from './protocol.js';

/** One connection to the stream. */
export interface StreamSocket {
  send(message: object): void;
  /** Stops reading: TCP then makes the gateway wait. */
  pause(): void;
  resume(): void;
  /** Ends it; `ended` rejects with the error, or resolves without one. Nothing is heard of it any more. */
  close(error?: SealstreamError): void;
  /** Rejects with why the connection is over. */
  readonly ended: Promise<void>;
}

export interface SocketTimes {
  openMs: number;
  /** A ping goes out so often; when nothing at all came by the next one, the connection is dead. */
  keepaliveMs: number;
}

export const defaultTimes: SocketTimes = { openMs: 15_000, keepaliveMs: 20_000 };

/** Longer than any frame of a gateway. */
const mostFrameBytes = 16_777_216;
const mostRefusalBytes = 65_536;
/** How long a closing handshake may take. */
const goodbyeMs = 1_000;

export function openSocket({
  address,
  headers,
  onOpen,
  onMessage,
  times = defaultTimes,
}: {
  /** http or https. */
  address: URL;
  headers: Readonly<Record<string, string>>;
  onOpen: (socket: StreamSocket) => void;
  /** `bytes`: how long the frame was. */
  onMessage: (message: ServerMessage, bytes: number) => void;
  times?: SocketTimes;
}): StreamSocket {
  const target = new URL(address);
  target.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(target, subprotocol, {
    headers: { ...headers },
    followRedirects: false,
    handshakeTimeout: times.openMs,
    maxPayload: mostFrameBytes,
    perMessageDeflate: false,
  });
  let over = false;
  let settle: { resolve: () => void; reject: (error: SealstreamError) => void };
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });

  const close = (error?: SealstreamError): void => {
    if (over) return;
    over = true;
    clearInterval(keepalive);
    if (error) settle.reject(error);
    else settle.resolve();
    if (socket.readyState === WebSocket.OPEN && !socket.isPaused) {
      socket.close(1000);
      setTimeout(() => socket.terminate(), goodbyeMs).unref();
    } else socket.terminate();
  };

  let alive = true;
  const sign = (): void => {
    alive = true;
  };
  const keepalive = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    // While nothing is read, nothing can be heard.
    if (!alive && !socket.isPaused) close(cut(address, 'nothing came any more'));
    alive = false;
    socket.ping();
  }, times.keepaliveMs);

  const self: StreamSocket = {
    send: (message) => socket.send(JSON.stringify(message)),
    pause: () => socket.pause(),
    resume() {
      sign();
      socket.resume();
    },
    close,
    ended,
  };

  socket.on('open', () => {
    if (!over) onOpen(self);
  });
  for (const heard of ['ping', 'pong', 'message'] as const) socket.on(heard, sign);
  socket.on('message', (data, isBinary) => {
    if (over) return;
    const frame = String(data);
    const message = isBinary ? undefined : readServerMessage(frame);
    if (message) onMessage(message, frame.length);
    else close(new AuditClientError('bad_answer', `${address.origin} sent a frame that is no message of the stream`));
  });
  socket.on('unexpected-response', (request, response) => {
    void refusal(response, address).then((error) => {
      close(error);
      request.destroy();
    });
  });
  socket.on('error', (error: NodeJS.ErrnoException) => close(socketError(error, address, times.openMs)));
  socket.on('close', (code, reason) => close(cut(address, closeWords(code, String(reason)))));
  return self;
}

const cut = ({ origin }: URL, why: string): AuditClientError =>
  new AuditClientError('cut', `the stream from ${origin} was cut: ${why}`, { retriable: true });

const closeWords = (code: number, reason: string): string =>
  reason ? `${code} ${reason}` : code === 1006 ? 'the connection broke' : `closed with ${code}`;

function socketError(error: NodeJS.ErrnoException, address: URL, openMs: number): AuditClientError {
  if (/handshake has timed out/.test(error.message)) return timedOut(address, openMs);
  // The system's errors and those of TLS have a code, and so has what is wrong with a frame; a bad handshake has none.
  if (error.code !== undefined && !error.code.startsWith('WS_ERR_')) return unreachable(address, error);
  return new AuditClientError(
    'bad_answer',
    `${address.origin} does not speak ${subprotocol}: ${messageOf(error)}; is it a Sealstream gateway?`,
    { cause: error },
  );
}

/** What an answer that is no upgrade says. */
async function refusal(response: IncomingMessage, address: URL): Promise<SealstreamError> {
  const { statusCode: status = 0, headers } = response;
  let body = '';
  try {
    refuseRedirect(status, headers.location, address);
    for await (const chunk of response.setEncoding('utf8')) {
      body += chunk;
      if (body.length > mostRefusalBytes) break;
    }
  } catch (error) {
    return error instanceof AuditClientError ? error : unreachable(address, error);
  }
  if (status < 400) {
    return new AuditClientError(
      'bad_answer',
      `${address.origin} answered ${status} where a stream should begin; is it a Sealstream gateway?`,
    );
  }
  return problemOfAnswer({
    status,
    contentType: headers['content-type'],
    retryAfter: headers['retry-after'],
    body,
  });
}
