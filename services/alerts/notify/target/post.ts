import { type IncomingMessage, request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { Dial } from './dial.js';
import { failureOf, SendFailure } from './failure.js';
import { retryAfterMs } from './retry-after.js';

export interface PostAnswer {
  status: number;
  /** The head of what the receiver said. */
  text: string;
}

/** One POST on a connection of its own; redirects are not followed. Rejects with a SendFailure unless the status is 2xx. */
export type Post = (message: {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
}) => Promise<PostAnswer>;

const mostAnswerBytes = 4_096;
const mostHeaderBytes = 16_384;

/** `timeoutMs` bounds all of it, `ca` adds to the certificates that Node trusts. */
export function createPost({ dial, timeoutMs, ca }: { dial: Dial; timeoutMs: number; ca?: readonly string[] }): Post {
  return async ({ url, headers, body, signal }) => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    let socket: Socket | undefined;
    try {
      socket = await open(url, dial, within, ca);
      const response = await exchange({ socket, url, headers, body, signal: within });
      const answer = { status: response.statusCode ?? 0, text: await head(response) };
      throwUnlessTaken(answer, response.headers['retry-after']);
      return answer;
    } catch (error) {
      throw failureOf(error, url.host);
    } finally {
      socket?.destroy();
    }
  };
}

async function open(url: URL, dial: Dial, signal: AbortSignal, ca: readonly string[] | undefined): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const socket = await dial({ host, port: Number(url.port || (secure ? 443 : 80)), signal });
  if (!secure) return socket;
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      socket,
      host,
      ...(isIP(host) ? {} : { servername: host }),
      ALPNProtocols: ['http/1.1'],
      ...(ca ? { ca: [...rootCertificates, ...ca] } : {}),
    });
    const onAbort = (): void => void tls.destroy(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    tls.once('error', reject);
    tls.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      tls.on('error', () => {});
      resolve(tls);
    });
  });
}

function exchange({
  socket,
  url,
  headers,
  body,
  signal,
}: {
  socket: Socket;
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => socket,
      method: 'POST',
      host: url.hostname,
      path: url.pathname + url.search,
      maxHeaderSize: mostHeaderBytes,
      headers: {
        ...headers,
        host: url.host,
        'content-length': Buffer.byteLength(body),
        'user-agent': 'sealstream',
        connection: 'close',
      },
      signal,
    });
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
    outgoing.end(body);
  });
}

/** What has come by the time it ends, breaks off or takes too long: the status has been said, and that is what counts. */
async function head(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= mostAnswerBytes) break;
    }
  } catch {
    // Broken off.
  }
  return Buffer.concat(chunks).subarray(0, mostAnswerBytes).toString('utf8');
}

/** Statuses beside 5xx after which the same request may be taken later: Request Timeout, Too Early, Too Many Requests. */
const laterStatuses = new Set([408, 425, 429]);

function throwUnlessTaken({ status, text }: PostAnswer, retryAfter: string | undefined): void {
  if (status >= 200 && status < 300) return;
  const said = `answered ${status}${text === '' ? '' : `: ${text}`}`;
  if (status >= 300 && status < 400) {
    throw new SendFailure('redirected', `${said} (redirects are not followed)`, { again: false, status });
  }
  const later = laterStatuses.has(status);
  if (!later && status < 500) throw new SendFailure('refused', said, { again: false, status });
  const afterMs = retryAfterMs(retryAfter, Date.now());
  throw new SendFailure(later ? 'limited' : 'receiver_failed', said, { again: true, afterMs, status });
}
