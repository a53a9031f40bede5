import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from '../core/log.js';
import type { RefusedKeys } from './auth/attempts/refused-keys.js';
import { registerAuthentication } from './auth/authentication.js';
import type { Authenticator } from './auth/caller.js';
import { Problem } from './errors.js';
import { registerAdmission } from './http/admission.js';
import type { TrustedProxies } from './http/client-address.js';
import { registerCompression } from './http/compression.js';
import { registerEtags } from './http/etag.js';
import { registerJsonBody } from './http/json-body.js';
import type { HttpMetrics } from './http/metrics.js';
import { problemOf } from './http/problem-of.js';
import { registerProblems } from './http/problems.js';
import type { RateLimiter } from './http/rate-limiter.js';
import { sendProblem } from './http/raw-problem.js';
import { createRouteTable } from './http/route-table.js';
import { registerSecurityHeaders } from './http/security-headers.js';
import type { Rate } from './http/token-buckets.js';
import type { PageFiles } from './page/page-files.js';
import { registerPage } from './page/register-page.js';

export interface AppLimits {
  /** Of a request's body, where the route sets no other. */
  bodyBytes: number;
  maxInFlight: number;
  /** Of requests, for each API key. */
  requestRate: Rate;
}

/** Longer than any id that a path names. */
const maxParamLength = 512;

/**
 * The HTTP surface without its routes: what every request meets, in this order: authentication, rate and concurrency, the body, and a
 * problem for whatever goes wrong. It listens nowhere; its requests come from the front door's server.
 */
export function createApp({
  server,
  authenticator,
  refusedKeys,
  publicUrl,
  trustedProxies,
  limits,
  limiter,
  page,
  metrics,
  log,
}: {
  server: Server;
  authenticator: Authenticator;
  refusedKeys: RefusedKeys;
  /** Where browsers find the gateway; undefined where they ask it directly. */
  publicUrl: URL | undefined;
  trustedProxies?: TrustedProxies | undefined;
  limits: AppLimits;
  /** Of requests. */
  limiter: RateLimiter;
  /** The console's build; no page where absent. */
  page?: PageFiles | undefined;
  metrics: HttpMetrics;
  log: Logger;
}): FastifyInstance {
  const app: FastifyInstance = Fastify({
    serverFactory: () => server,
    // The front door answers what is no request.
    clientErrorHandler: () => {},
    forceCloseConnections: false,
    bodyLimit: limits.bodyBytes,
    ...(trustedProxies ? { trustProxy: trustedProxies } : {}),
    routerOptions: { maxParamLength },
    genReqId: () => randomUUID(),
    // Before there is a route there are no hooks either: a path that cannot be read.
    frameworkErrors: (error, request, reply) => {
      const problem = problemOf(error) ?? new Problem('invalid-request', 'the path cannot be read');
      reply.hijack();
      sendProblem(reply.raw, problem, { requestId: request.id });
    },
  });
  // As it is done for bodies: elsewhere the compiler would first make a number of `true` or `0x10`.
  app.setValidatorCompiler((route) => TypeBoxValidatorCompiler({ ...route, httpPart: 'body' }));

  app.addHook('onRequest', async (request, reply) => {
    metrics.inFlight.inc();
    reply.raw.once('close', () => metrics.inFlight.dec());
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const labels = { method, route: routeOptions.url ?? 'none', status: String(reply.statusCode) };
    metrics.requestSeconds.observe(labels, reply.elapsedTime / 1_000);
  });

  registerSecurityHeaders(app, { publicUrl });
  registerEtags(app);
  registerCompression(app);
  if (page) registerPage(app, { files: page });
  const routes = createRouteTable(app);
  registerProblems(app, { routes, metrics, log });
  registerAuthentication(app, { authenticator, refusedKeys });
  registerAdmission(app, { maxInFlight: limits.maxInFlight, limiter });
  registerJsonBody(app);
  return app;
}
