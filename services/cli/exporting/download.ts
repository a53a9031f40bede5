import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AuditClientError } from '../../client/errors.js';
import { type Gateway, type Query, refuseRedirect, unreachable } from '../../client/gateway/gateway.js';
import { problemOfAnswer } from '../../client/gateway/problem.js';
import { messageOf } from '../../core/errors.js';

/** An answer that has begun. */
export interface Download {
  /** How many events it will hold. */
  events: number;
  /**
   * Takes the body, unpacked, piece by piece; the next one comes when `take` has resolved. Rejects where the answer is cut off, and with what
   * `take` throws.
   */
  read(take: (chunk: Buffer) => Promise<void>): Promise<void>;
  /** How many events the gateway says it has sent, which it says last; undefined where something between hides it. */
  saidComplete(): number | undefined;
}

/** Nothing came for so long: the connection is dead. The gateway counts first, which may take it a while. */
const silenceMs = 60_000;
const mostRefusalBytes = 65_536;

/** Node's own client: fetch hides how an answer ended, and its trailers. */
export async function openDownload({
  gateway,
  path,
  query,
  signal,
}: {
  gateway: Gateway;
  path: string;
  query: Query;
  signal: AbortSignal;
}): Promise<Download> {
  const address = gateway.address(path, query);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const ask = address.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = { ...gateway.headers(), 'accept-encoding': 'gzip', te: 'trailers' };
    const request = ask(address, { headers, signal, agent: false }, resolve);
    request.setTimeout(silenceMs, () => request.destroy(new Error(`nothing came for ${silenceMs / 1_000} s`)));
    request.on('error', (error) => reject(unreachable(gateway.url, error)));
    request.end();
  });
  if (response.statusCode !== 200) throw await refusal(response, gateway.url);
  const events = Number(response.headers['x-export-events'] ?? Number.NaN);
  if (!Number.isSafeInteger(events)) {
    response.destroy();
    throw new AuditClientError(
      'bad_answer',
      `${gateway.url.origin} answered with something that is no export; is it a Sealstream gateway?`,
    );
  }
  return {
    events,
    async read(take) {
      let fault: unknown;
      const taking = async (source: AsyncIterable<Buffer>): Promise<void> => {
        for await (const chunk of source) {
          await take(chunk).catch((error) => {
            fault = error;
            throw error;
          });
        }
      };
      try {
        if (response.headers['content-encoding'] === 'gzip') await pipeline(response, createGunzip(), taking);
        else await pipeline(response, taking);
      } catch (error) {
        if (fault !== undefined) throw fault;
        throw cutOff(messageOf(error), error);
      }
      if (!response.complete) throw cutOff('it has no end');
    },
    saidComplete() {
      const said = response.trailers['x-export-complete'];
      return said === undefined ? undefined : Number(said);
    },
  };
}

export const cutOff = (why: string, cause?: unknown): AuditClientError =>
  new AuditClientError('cut', `the export was cut off: ${why}`, { retriable: true, cause });

async function refusal(response: IncomingMessage, url: URL): Promise<Error> {
  const { statusCode: status = 0, headers } = response;
  let body = '';
  try {
    refuseRedirect(status, headers.location, url);
    for await (const chunk of response.setEncoding('utf8')) {
      body += chunk;
      if (body.length > mostRefusalBytes) break;
    }
  } catch (error) {
    return error instanceof AuditClientError ? error : unreachable(url, error);
  }
  return problemOfAnswer({
    status,
    contentType: headers['content-type'],
    retryAfter: headers['retry-after'],
    body,
  });
}
