import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { type ContentCoding, codingFor } from './content-coding.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Never compressed: the answer holds a secret, and how well it compresses would tell of it. */
    uncompressed?: boolean;
  }
}

/** Below that the packets are as many. */
const leastBytes = 2_048;
const compressible = /^(application\/(json|problem\+json|schema\+json|xml)|text\/|image\/svg)/;

const [runGzip, runBrotli] = [promisify(gzip), promisify(brotliCompress)];
/** A page of 1,000 events takes 2 ms of another thread either way, and shrinks to a seventh. */
const compress: Record<ContentCoding, (body: string | Buffer) => Promise<Buffer>> = {
  gzip: (body) => runGzip(body, { level: 5 }),
  br: (body) =>
    runBrotli(body, {
      params: { [zlib.BROTLI_PARAM_QUALITY]: 4, [zlib.BROTLI_PARAM_MODE]: zlib.BROTLI_MODE_TEXT },
    }),
};

/**
 * Compresses large answers to GET. Answers to what changes something are left alone: keys, tickets and tokens are shown there, and
 * beside text that somebody else may have chosen, the size of a compressed answer gives a secret away (BREACH). Streams are left
 * alone too: they see to it themselves.
 */
export function registerCompression(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || request.routeOptions.config?.uncompressed) return payload;
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    if (payload.length < leastBytes || reply.hasHeader('content-encoding')) return payload;
    if (!compressible.test(String(reply.getHeader('content-type') ?? ''))) return payload;
    // Said of the answer that was not compressed, too: a cache must tell them apart.
    if (!/accept-encoding/i.test(String(reply.getHeader('vary') ?? ''))) reply.header('vary', 'accept-encoding');
    const coding = codingFor(request.headers['accept-encoding']);
    if (!coding) return payload;
    const bytes = await compress[coding](payload);
    reply.header('content-encoding', coding).removeHeader('content-length');
    return bytes;
  });
}
