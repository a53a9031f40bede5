import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { Problem, problemKinds } from '../errors.js';
import type { HttpMetrics } from './metrics.js';
import { problemBody, problemContentType } from './problem-body.js';
import { problemOf } from './problem-of.js';
import type { RouteTable } from './route-table.js';

/** Makes a problem of everything that goes wrong in a request, unknown paths and methods included. */
export function registerProblems(
  app: FastifyInstance,
  { routes, metrics, log }: { routes: RouteTable; metrics: HttpMetrics; log: Logger },
): void {
  const send = (reply: FastifyReply, problem: Problem): FastifyReply => {
    metrics.problems.inc({ kind: problem.kind });
    return reply
      .status(problemKinds[problem.kind].status)
      .headers(problem.headers)
      .type(problemContentType)
      .serializer(JSON.stringify)
      .send(problemBody(problem, reply.request.id));
  };

  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem) return send(reply, problem);
    const { id, method, routeOptions } = request;
    const what = { requestId: id, method, route: routeOptions.url, err: error, error: messageOf(error) };
    if (reply.raw.destroyed) {
      // What was done for it was broken off, and nobody reads the answer.
      log.info(what, 'the client went away');
      return reply.send();
    }
    log.error(what, 'a request failed');
    return send(reply, new Problem('internal', 'the gateway failed; its log has this request_id'));
  });

  /** Says what is there instead of what was asked for. */
  const answerMissing = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = request.url.split('?', 1)[0]!;
    const methods = routes.methodsOf(path);
    if (methods.length === 0) return send(reply, new Problem('not-found', `no route is at ${JSON.stringify(path)}`));
    const allow = [...methods, 'OPTIONS'].join(', ');
    // Without a word of CORS: no other site's page may ask.
    if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
    const problem = new Problem('method-not-allowed', `${path} takes ${methods.join(', ')}, not ${request.method}`, {
      headers: { allow },
    });
    return send(reply, problem);
  };
  app.setNotFoundHandler(answerMissing);
  // Before the body: whatever it is, there is nothing that would take it.
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    if (request.is404 || !routes.isRouteOf(path, request.routeOptions.url)) return answerMissing(request, reply);
  });
}
