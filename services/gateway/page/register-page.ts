import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { codingFor } from '../http/content-coding.js';
import { isAmong } from '../http/etag.js';
import type { PageFile, PageFiles } from './page-files.js';
import { unbuiltPage, unbuiltPolicy } from './unbuilt.js';

/** All that the page needs comes from here, and nothing of it stands in the document: no script, no style. */
const pagePolicy =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:";
const pageHeaders = { 'content-security-policy': pagePolicy, 'referrer-policy': 'same-origin' };

/** A year; browsers do not even ask. */
const forEver = 'public, max-age=31536000, immutable';
const reading = new Set(['GET', 'HEAD']);
/** What is and stays the gateway's own, whether there is a route or not. */
const own = /^\/(api|docs|assets)(\/|$)|^\/(openapi\.json|asyncapi\.json|healthz|readyz|metrics)$/;

/**
 * Serves the console's build. It adds no routes, for then every unknown path would be a known one: it answers, of what no route is at, its
 * files, and the document for what a browser navigates to. Must be registered before whatever else answers unknown paths.
 */
export function registerPage(app: FastifyInstance, { files }: { files: PageFiles }): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404 || !reading.has(request.method)) return;
    const path = request.url.split('?', 1)[0]!;
    const file = files.file(path);
    if (file) return send(request, reply, file);
    if (own.test(path) || !wantsDocument(request)) return;
    return files.document
      ? send(request, reply.headers({ ...pageHeaders, vary: 'accept, accept-encoding' }), files.document)
      : sendUnbuilt(request, reply);
  });
}

/** Browsers name text/html when they navigate; curl and clients of the API do not. */
const wantsDocument = ({ headers }: FastifyRequest): boolean => /\btext\/html\b/i.test(headers.accept ?? '');

function send(request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply {
  const { mediaType, bytes, compressed, etag, hashed } = file;
  reply.headers({ 'cache-control': hashed ? forEver : 'no-cache', etag });
  if (!reply.hasHeader('vary')) reply.header('vary', 'accept-encoding');
  const known = request.headers['if-none-match'];
  if (known !== undefined && isAmong(known, etag)) return reply.code(304).send();
  const coding = codingFor(request.headers['accept-encoding']);
  const body = (coding && compressed[coding]) ?? bytes;
  if (body !== bytes) reply.header('content-encoding', coding);
  return sendBytes(request, reply.code(200).type(mediaType), body);
}

const sendUnbuilt = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendBytes(
    request,
    reply.code(503).headers({ 'content-security-policy': unbuiltPolicy }).type('text/html; charset=utf-8'),
    Buffer.from(unbuiltPage),
  );

const sendBytes = (request: FastifyRequest, reply: FastifyReply, body: Buffer): FastifyReply =>
  reply.header('content-length', body.length).send(request.method === 'HEAD' ? null : body);
