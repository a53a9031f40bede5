import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { problems } from '../../http/described.js';
import { originOf, type SystemLog } from '../../registry/system-log.js';
import { targetOf } from '../actor.js';
import type { SignInAttempts } from '../attempts/attempts.js';
import { requirePermission } from '../caller.js';
import type { SignIn } from '../sign-in.js';
import { registerLinkPage } from './link-page-routes.js';
import { Link } from './schemas.js';

const tags = ['session'];
const path = '/api/session/link';
/** One-time sign-in links. */
export function registerLinkRoutes(
  app: FastifyInstance,
  {
    signIn: { links, sessions },
    attempts,
    systemLog,
    changing,
  }: { signIn: SignIn; attempts: SignInAttempts; systemLog: SystemLog; changing: preHandlerAsyncHookHandler },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();

  routes.post(
    path,
    {
      preHandler: [requirePermission('admin'), changing],
      schema: {
        summary: 'Make a one-time sign-in link',
        description: 'It signs one browser in as its maker, within 15 minutes.',
        operationId: 'makeSignInLink',
        tags,
        response: { 201: Link, ...problems(401, 403, 409, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const { secret, expiresAtMs } = await links.issue(request.caller);
      systemLog.writeLater(
        { action: 'session.link_created', target: targetOf(request.caller), details: {} },
        originOf(request),
      );
      reply.code(201);
      const url = `${sessions.sameOrigin.own(request.raw.headersDistinct)}${path}/${secret}`;
      return { url, expires_at: new Date(expiresAtMs).toISOString() };
    },
  );

  registerLinkPage(app, {
    path,
    operation: 'SignInLink',
    by: 'link',
    note: 'This link works once.',
    redeem: (secret) => links.redeem(secret),
    sessions,
    attempts,
    systemLog,
  });
}
