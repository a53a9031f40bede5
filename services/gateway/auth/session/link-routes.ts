import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import { problems } from '../../http/described.js';
import { originOf, type SystemLog } from '../../registry/system-log.js';
import { requirePermission } from '../caller.js';
import type { SignIn } from '../sign-in.js';
import { askPage, pageHeaders, usedPage } from './link-page.js';
import { Link } from './schemas.js';

const tags = ['session'];
const path = '/api/session/link';
const Secret = Type.Object({ secret: Type.String({ maxLength: 512 }) });
const page = (description: string) => ({
  description,
  content: { 'text/html': { schema: Type.String() } },
});
const formBytes = 1_024;

/** One-time sign-in links. */
export function registerLinkRoutes(
  app: FastifyInstance,
  {
    signIn: { links, sessions },
    systemLog,
    changing,
  }: { signIn: SignIn; systemLog: SystemLog; changing: preHandlerAsyncHookHandler },
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
      const { keyId: id, name } = request.caller;
      systemLog.writeLater(
        { action: 'session.link_created', target: { type: 'api_key', id, name }, details: {} },
        originOf(request),
      );
      reply.code(201);
      const url = `${sessions.sameOrigin.own(request.raw.headersDistinct)}${path}/${secret}`;
      return { url, expires_at: new Date(expiresAtMs).toISOString() };
    },
  );

  routes.get(
    `${path}/:secret`,
    {
      config: { public: true },
      schema: {
        summary: 'The page that a sign-in link opens',
        description: 'Asks whether to sign in; looking at it uses nothing up.',
        operationId: 'openSignInLink',
        tags,
        security: [],
        params: Secret,
        response: { 200: page('with a button that posts'), ...problems(400, 429, 500, 503) },
      },
    },
    async (_, reply) => reply.headers(pageHeaders).serializer(String).send(askPage),
  );

  // Forms are read here and nowhere else.
  app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'buffer', bodyLimit: formBytes },
      async () => null,
    );
    scope.withTypeProvider<TypeBoxTypeProvider>().post(
      `${path}/:secret`,
      {
        config: { public: true },
        schema: {
          summary: 'Sign in by a link',
          description: 'Only from the link’s own page, and once.',
          operationId: 'useSignInLink',
          tags,
          security: [],
          params: Secret,
          response: {
            303: { description: 'signed in; a cookie, and on to the console', content: {} },
            404: page('the link was used or has expired'),
            ...problems(400, 401, 403, 413, 415, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const headers = request.raw.headersDistinct;
        // Or another site could sign a browser in as somebody of its choice.
        sessions.sameOrigin.check(headers);
        const source = await links.redeem(request.params.secret);
        if (!source) return reply.code(404).headers(pageHeaders).serializer(String).send(usedPage);
        const { caller, cookie } = await sessions.begin(source, headers);
        request.caller = caller;
        const { keyId: id, name } = caller;
        systemLog.writeLater(
          { action: 'session.created', target: { type: 'api_key', id, name }, details: { by: 'link' } },
          originOf(request),
        );
        return reply.code(303).headers({ 'set-cookie': cookie, location: '/' }).serializer(String).send('');
      },
    );
  });
}
