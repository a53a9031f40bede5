import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { problems } from '../../http/described.js';
import { originOf, type SystemLog } from '../../registry/system-log.js';
import { targetOf } from '../actor.js';
import type { SignInAttempts } from '../attempts/attempts.js';
import type { CredentialSource } from '../sources.js';
import { askPage, pageHeaders, usedPage } from './link-page.js';
import type { Sessions } from './sessions.js';

const tags = ['session'];
const Secret = Type.Object({ secret: Type.String({ maxLength: 512 }) });
const page = (description: string) => ({
  description,
  content: { 'text/html': { schema: Type.String() } },
});
const formBytes = 1_024;

/** The page that a link opens, and the post of its button, which signs in. */
export function registerLinkPage(
  app: FastifyInstance,
  {
    path,
    operation,
    by,
    note,
    redeem,
    sessions,
    attempts,
    systemLog,
  }: {
    path: string;
    /** Ends the names of its operations. */
    operation: 'SignInLink' | 'AuditorLink';
    /** What the log says of how the session began. */
    by: 'link' | 'auditor_link';
    /** For the person before the page. */
    note: string;
    redeem: (secret: string) => Promise<CredentialSource | undefined>;
    sessions: Sessions;
    attempts: SignInAttempts;
    systemLog: SystemLog;
  },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const method = by === 'link' ? 'one_time_link' : 'auditor_link';
  const what = operation === 'SignInLink' ? 'a sign-in link' : 'an auditor’s link';

  routes.get(
    `${path}/:secret`,
    {
      config: { public: true },
      schema: {
        summary: `The page that ${what} opens`,
        description: 'Asks whether to sign in; looking at it uses nothing up.',
        operationId: `open${operation}`,
        tags,
        security: [],
        params: Secret,
        response: { 200: page('with a button that posts'), ...problems(400, 429, 500, 503) },
      },
    },
    async (_, reply) => reply.headers(pageHeaders).serializer(String).send(askPage(note)),
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
          summary: `Sign in by ${what}`,
          description: 'Only from the link’s own page.',
          operationId: `use${operation}`,
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
        const source = await attempts.run(request, { method }, () => redeem(request.params.secret));
        if (!source) return reply.code(404).headers(pageHeaders).serializer(String).send(usedPage);
        const { caller, cookie } = await sessions.begin(source, headers, method);
        request.caller = caller;
        systemLog.writeLater(
          { action: 'session.created', target: targetOf(caller), details: { by } },
          originOf(request),
        );
        return reply.code(303).headers({ 'set-cookie': cookie, location: '/' }).serializer(String).send('');
      },
    );
  });
}
