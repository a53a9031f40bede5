import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { unpackBlocks } from './compressed-blocks.js';
import { FrontError } from './errors.js';
import { isOn } from './parameters.js';

const DECODERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;
type Encoding = keyof typeof DECODERS;

/** A request's body as it comes. */
export interface Body {
  /** The next piece, unpacked; undefined at the end. Throws when the client goes away in the middle. */
  next(): Promise<Buffer | undefined>;
  /** Reads the rest and forgets it, so that the connection serves the next request. Never throws. */
  drain(): void;
}

/** The request's body, unpacked by its Content-Encoding, and from ClickHouse's own format where decompress=1. */
export function openBody({ request, params }: { request: IncomingMessage; params: URLSearchParams }): Body {
  const body = decode(request);
  return isOn(params.get('decompress')) ? unpackBlocks(body) : body;
}

function decode(request: IncomingMessage): Body {
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return plain(request);
  if (encoding in DECODERS) return packed({ request, encoding: encoding as Encoding });
  throw new FrontError(
    48,
    'NOT_IMPLEMENTED',
    `Content-Encoding ${encoding} is not supported: use gzip, deflate or br.`,
  );
}

export const emptyBody: Body = { next: async () => undefined, drain() {} };

function plain(source: Readable): Body {
  const chunks: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | undefined> => {
    const { value, done } = await chunks.next();
    return done ? undefined : value;
  };
  const readRest = async (): Promise<void> => {
    while ((await next()) !== undefined);
  };
  return { next, drain: () => void readRest().catch(() => {}) };
}

function packed({ request, encoding }: { request: IncomingMessage; encoding: Encoding }): Body {
  const decoder = DECODERS[encoding]();
  request.once('error', (error) => decoder.destroy(error));
  const unpacked = plain(request.pipe(decoder));
  return {
    async next() {
      try {
        return await unpacked.next();
      } catch (cause) {
        throw new FrontError(354, 'ZLIB_INFLATE_FAILED', `The body is not valid ${encoding}.`, { cause });
      }
    },
    drain() {
      request.unpipe(decoder);
      request.resume();
      decoder.destroy();
    },
  };
}
