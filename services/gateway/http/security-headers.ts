import type { FastifyInstance } from 'fastify';

const yearSeconds = 31_536_000;

/**
 * What browsers are told of every answer: it is data, nothing in it is to be run, framed, kept or guessed at, and no other site learns
 * where it came from. Pages say their own policy over this one.
 */
export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** HSTS only where browsers come by https, and for this host alone. */
export function registerSecurityHeaders(app: FastifyInstance, { publicUrl }: { publicUrl: URL | undefined }): void {
  const headers = {
    ...securityHeaders,
    ...(publicUrl?.protocol === 'https:' ? { 'strict-transport-security': `max-age=${yearSeconds}` } : {}),
  };
  app.addHook('onRequest', async (_, reply) => {
    reply.headers(headers);
  });
}
