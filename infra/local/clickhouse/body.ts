import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { FrontError } from './errors.js';

const DECODERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;

/** The request's body, unpacked by its Content-Encoding. */
export function openBody(request: IncomingMessage): Readable {
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return request;
  if (!(encoding in DECODERS)) {
    throw new FrontError(
      48,
      'NOT_IMPLEMENTED',
      `Content-Encoding ${encoding} is not supported: use gzip, deflate or br.`,
    );
  }
  const decoder = DECODERS[encoding as keyof typeof DECODERS]();
  request.once('error', (error) => decoder.destroy(error));
  request.once('aborted', () => decoder.destroy(new Error('the client has gone')));
  return request.pipe(decoder);
}
