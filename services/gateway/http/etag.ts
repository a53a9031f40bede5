import type { FastifyInstance } from 'fastify';
import { sha256 } from '../../core/seal/index.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer carries an ETag, and is left out where the one who asks has it already. */
    tagged?: boolean;
  }
}

const tagBytes = 16;

/** Of the bytes before they are compressed, and so a weak one (RFC 9110 §8.8.1). */
export const etagOf = (body: string | Buffer): string =>
  `W/"${sha256(body).subarray(0, tagBytes).toString('base64url')}"`;

/** What If-None-Match says of an ETag, by weak comparison (RFC 9110 §13.1.2). */
export function isAmong(ifNoneMatch: string, etag: string): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => opaque(tag) === opaque(etag));
}

/** ETag and 304 on routes with `config: { tagged: true }`. */
export function registerEtags(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (!request.routeOptions.config.tagged || reply.statusCode !== 200) return payload;
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    const etag = etagOf(payload);
    // Vary is the same of a 304 as of the answer that it stands for (RFC 9110 §15.4.5), and compression comes after this.
    reply.headers({ etag, vary: 'accept-encoding' });
    const known = request.headers['if-none-match'];
    if (known === undefined || !isAmong(known, etag)) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  });
}
