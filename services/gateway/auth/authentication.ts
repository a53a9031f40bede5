import type { FastifyInstance } from 'fastify';
import type { RefusedKeys } from './attempts/refused-keys.js';
import type { Authenticator, Caller } from './caller.js';
import { holdsKey } from './headers.js';

/** Sets `request.caller` on every route that does not say it is public: a route that forgets to say anything is closed. */
export function registerAuthentication(
  app: FastifyInstance,
  { authenticator, refusedKeys }: { authenticator: Authenticator; refusedKeys: RefusedKeys },
): void {
  app.decorateRequest('caller', null as unknown as Caller);
  app.addHook('onRequest', async (request) => {
    if (request.is404 || request.routeOptions.config.public) return;
    try {
      request.caller = await authenticator.ofHeaders(request.raw.headersDistinct, request.method);
    } catch (error) {
      throw holdsKey(request.headers) ? await refusedKeys.answerOf(request, error) : error;
    }
  });
}
