import type { FastifyInstance } from 'fastify';
import type { Authenticator, Caller } from './caller.js';

/** Sets `request.caller` on every route that does not say it is public: a route that forgets to say anything is closed. */
export function registerAuthentication(
  app: FastifyInstance,
  { authenticator }: { authenticator: Authenticator },
): void {
  app.decorateRequest('caller', null as unknown as Caller);
  app.addHook('onRequest', async (request) => {
    if (request.is404 || request.routeOptions.config.public) return;
    request.caller = await authenticator.ofHeaders(request.raw.headersDistinct, request.method);
  });
}
