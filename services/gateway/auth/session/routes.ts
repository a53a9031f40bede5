import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../../errors.js';
import { problems } from '../../http/described.js';
import { originOf, type SystemLog } from '../../registry/system-log.js';
import { targetOf } from '../actor.js';
import { isKeyText, prefixOfKey } from '../api-key.js';
import type { SignInAttempts } from '../attempts/attempts.js';
import { type Caller, may, mayActFor, permissions } from '../caller.js';
import type { SignIn } from '../sign-in.js';
import { OrganizationChoice, Session, SignInRequest, SignInWays, Ticket } from './schemas.js';

const tags = ['session'];
const NoContent = Type.Null({ description: 'done' });

/** What a caller is told about itself. */
export const sessionAnswer = (caller: Caller, csrfToken: string | undefined) => ({
  kind: caller.kind ?? 'api_key',
  name: caller.name,
  organizations: caller.organizations === '*' ? ('*' as const) : [...caller.organizations],
  permissions: permissions.filter((permission) => may(caller, permission)),
  organization: caller.organization ?? null,
  expires_at: timeOf(caller.session?.expiresAtMs ?? caller.expiresAtMs),
  csrf_token: csrfToken ?? null,
});

const timeOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

/** Sign-in of browsers, /api/session, and tickets for streams. */
export function registerSessionRoutes(
  app: FastifyInstance,
  {
    signIn: { sources, sessions, tickets, oidc },
    attempts,
    systemLog,
    changing,
  }: { signIn: SignIn; attempts: SignInAttempts; systemLog: SystemLog; changing: preHandlerAsyncHookHandler },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const answer = (request: FastifyRequest, caller = request.caller) =>
    sessionAnswer(caller, caller.session ? sessions.csrfToken(request.raw.headersDistinct) : undefined);

  routes.post(
    '/api/session',
    {
      config: { public: true },
      schema: {
        summary: 'Sign a browser in with an API key',
        description: 'Answers with a cookie. Only from the console’s own origin. A session that the browser had ends.',
        operationId: 'beginSession',
        tags,
        security: [],
        body: SignInRequest,
        response: { 200: Session, ...problems(400, 401, 403, 413, 415, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const headers = request.raw.headersDistinct;
      // Another site must not sign a browser in as somebody of its choice either.
      sessions.sameOrigin.check(headers);
      const { api_key: key } = request.body;
      const identifier = isKeyText(key) ? prefixOfKey(key) : undefined;
      const caller = await attempts.run(request, { method: 'api_token', identifier }, () => sources.ofKey(key));
      request.caller = caller;
      await changing.call(app, request, reply);
      const begun = await sessions.begin(caller.source!, headers);
      reply.header('set-cookie', begun.cookie);
      systemLog.writeLater(
        { action: 'session.created', target: targetOf(caller), details: { by: 'api_key' } },
        originOf(request),
      );
      return sessionAnswer(begun.caller, begun.csrfToken);
    },
  );

  routes.get(
    '/api/session',
    {
      // The CSRF token is in it.
      config: { uncompressed: true },
      schema: {
        summary: 'Who asks, and what that one may',
        operationId: 'readSession',
        tags,
        response: { 200: Session, ...problems(401, 403, 429, 500, 503) },
      },
    },
    async (request) => answer(request),
  );

  routes.get(
    '/api/session/ways',
    {
      config: { public: true },
      schema: {
        summary: 'Which ways there are to sign in',
        operationId: 'listSignInWays',
        tags,
        security: [],
        response: { 200: SignInWays, ...problems(429, 500, 503) },
      },
    },
    async () => ({ api_key: true, link: true, oidc: oidc !== undefined }),
  );

  routes.put(
    '/api/session/organization',
    {
      schema: {
        summary: 'Choose the session’s organization',
        description: 'It is meant by requests that name none themselves.',
        operationId: 'chooseOrganization',
        tags,
        body: OrganizationChoice,
        response: { 200: Session, ...problems(400, 401, 403, 409, 413, 415, 429, 500, 503) },
      },
    },
    async (request) => {
      const { caller } = request;
      const { organization_id: chosen } = request.body;
      if (!caller.session) throw new Problem('conflict', 'only a session has an organization of its own');
      if (chosen !== null && !mayActFor(caller, chosen)) {
        const detail = `organization ${JSON.stringify(chosen)} is not among those of the session`;
        throw new Problem('forbidden', detail, { errors: [{ pointer: '/organization_id', detail }] });
      }
      await sessions.choose(request.raw.headersDistinct, chosen);
      return answer(request, { ...caller, organization: chosen ?? undefined });
    },
  );

  routes.delete(
    '/api/session',
    {
      schema: {
        summary: 'Sign out',
        operationId: 'endSession',
        tags,
        response: { 204: NoContent, ...problems(401, 403, 409, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      if (!request.caller.session) throw new Problem('conflict', 'there is no session to end');
      await sessions.end(request.raw.headersDistinct);
      reply.code(204).header('set-cookie', sessions.cookie.clear());
      return null;
    },
  );

  routes.post(
    '/api/audit/stream/tickets',
    {
      preHandler: changing,
      schema: {
        summary: 'A ticket to open one stream with',
        description: 'For clients that can send no header: it works once, within 30 seconds, and ends with its maker.',
        operationId: 'makeStreamTicket',
        tags,
        response: { 201: Ticket, ...problems(401, 403, 409, 429, 500, 503) },
      },
    },
    async ({ caller }, reply) => {
      const { ticket, expiresAtMs } = await tickets.issue(caller);
      reply.code(201);
      return { ticket, expires_at: new Date(expiresAtMs).toISOString() };
    },
  );
}
