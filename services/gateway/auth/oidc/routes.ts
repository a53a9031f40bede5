import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../../errors.js';
import { problems } from '../../http/described.js';
import { originOf, type SystemLog } from '../../registry/system-log.js';
import { targetOf } from '../actor.js';
import type { SignInAttempts } from '../attempts/attempts.js';
import type { SignIn } from '../sign-in.js';
import { loginMs } from './oidc.js';

const tags = ['session'];
const path = '/api/session/oidc';
const StartQuery = Type.Object({
  return_to: Type.Optional(Type.String({ pattern: '^/', maxLength: 2_048, description: 'a path of the console' })),
});
const CallbackQuery = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 8_192 })),
  state: Type.Optional(Type.String({ maxLength: 512 })),
  iss: Type.Optional(Type.String({ maxLength: 2_048 })),
  error: Type.Optional(Type.String({ maxLength: 2_048 })),
});
const redirect = (description: string) => ({ 302: { description, content: {} } });

/** Sign-in of browsers by an OpenID provider: the authorization code flow with PKCE (RFC 7636). */
export function registerOidcRoutes(
  app: FastifyInstance,
  {
    signIn: { oidc, sessions, sources },
    attempts,
    systemLog,
  }: { signIn: SignIn; attempts: SignInAttempts; systemLog: SystemLog },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const { binding } = sessions.cookie;
  const configured = () => {
    if (oidc) return oidc;
    throw new Problem('not-found', 'there is no OpenID provider: SEALSTREAM_OIDC_ISSUER is not set');
  };
  const redirectUri = (request: FastifyRequest): string =>
    `${sessions.sameOrigin.own(request.raw.headersDistinct)}${path}/callback`;

  routes.get(
    `${path}/start`,
    {
      config: { public: true },
      schema: {
        summary: 'Begin to sign in by the OpenID provider',
        operationId: 'beginOidcSignIn',
        tags,
        security: [],
        querystring: StartQuery,
        response: { ...redirect('to the provider'), ...problems(400, 404, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const returnTo = localPath(request.query.return_to ?? '/');
      const provider = configured();
      // Each beginning is kept until its end.
      await attempts.admit(request, { method: 'oidc' });
      const begun = await provider.start(redirectUri(request), returnTo);
      reply.header('set-cookie', binding.set(begun.binding, loginMs));
      return reply.redirect(begun.url, 302);
    },
  );

  routes.get(
    `${path}/callback`,
    {
      config: { public: true },
      schema: {
        summary: 'Where the OpenID provider sends the browser back to',
        operationId: 'finishOidcSignIn',
        tags,
        security: [],
        querystring: CallbackQuery,
        response: {
          ...redirect('signed in; a cookie, and on to the console'),
          ...problems(400, 401, 404, 429, 500, 503),
        },
      },
    },
    async (request, reply) => {
      const headers = request.raw.headersDistinct;
      const { code, state, iss, error } = request.query;
      const provider = configured();
      const { source, returnTo, caller } = await attempts.run(request, { method: 'oidc' }, async () => {
        const finished = await provider.finish({
          redirectUri: redirectUri(request),
          binding: binding.read(headers),
          code,
          state,
          issuer: iss,
          error,
        });
        return { ...finished, caller: await sources.of(finished.source) };
      });
      const begun = await sessions.begin(source, headers);
      // What it came in by just now; from here on, by the session.
      request.caller = caller;
      systemLog.writeLater(
        {
          action: 'session.created',
          target: targetOf(caller),
          details: { by: 'oidc' },
        },
        originOf(request),
      );
      reply.header('set-cookie', [begun.cookie, binding.clear()]);
      return reply.redirect(returnTo, 302);
    },
  );
}

/** A path of our own; browsers take `//host` and `/\\host` for other sites. */
function localPath(text: string): string {
  const here = 'http://here.invalid';
  if (text.startsWith('/') && URL.canParse(text, here)) {
    const url = new URL(text, here);
    if (url.origin === here) return `${url.pathname}${url.search}${url.hash}`;
  }
  throw new Problem('invalid-request', 'return_to is no path of the console', {
    errors: [{ parameter: 'return_to', detail: 'must begin with one slash' }],
  });
}
