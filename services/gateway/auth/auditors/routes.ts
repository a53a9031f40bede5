import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { Type } from 'typebox';
import { parseTimestampUs } from '../../../core/event/index.js';
import { Problem } from '../../errors.js';
import { problems } from '../../http/described.js';
import type { Presence } from '../../http/presence.js';
import { Label, OrganizationId } from '../../http/schemas.js';
import { originOf, type SystemLog } from '../../registry/system-log.js';
import type { SignInAttempts } from '../attempts/attempts.js';
import { requirePermission } from '../caller.js';
import { timeOf } from '../key-schemas.js';
import { registerLinkPage } from '../session/link-page-routes.js';
import type { SignIn } from '../sign-in.js';
import type { ListedLink } from './auditor-links.js';

const tags = ['session'];
const path = '/api/session/auditor-links';
const Time = Type.String({ format: 'date-time' });
const fields = {
  id: Type.String(),
  organization_id: Type.String(),
  name: Type.String(),
  created_at: Time,
  created_by: Type.String(),
  expires_at: Time,
  revoked_at: Type.Union([Time, Type.Null()]),
};
const Link = Type.Object(fields, { title: 'AuditorLink' });
const MadeLink = Type.Object({ ...fields, url: Type.String({ description: 'shown this once' }) });
const NewLink = Type.Object(
  {
    organization_id: OrganizationId,
    name: Type.Optional(Label),
    expires_at: Type.String({ format: 'date-time', description: 'at most 92 days away' }),
  },
  { additionalProperties: false },
);
const LinkId = Type.Object({ id: Type.String({ pattern: '^aud_[0-9a-f]{32}$' }) });

const answerOf = (link: ListedLink) => ({
  id: link.id,
  organization_id: link.organization,
  name: link.name,
  created_at: timeOf(link.createdAtMs)!,
  created_by: link.createdBy,
  expires_at: timeOf(link.expiresAtMs)!,
  revoked_at: timeOf(link.revokedAtMs ?? undefined),
});

/** Time-boxed access for auditors: /api/session/auditor-links. */
export function registerAuditorRoutes(
  app: FastifyInstance,
  deps: {
    signIn: SignIn;
    attempts: SignInAttempts;
    systemLog: SystemLog;
    presence: Presence;
    changing: preHandlerAsyncHookHandler;
  },
): void {
  const { signIn, attempts, systemLog, presence, changing } = deps;
  const { auditors, sessions } = signIn;
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const preHandler = requirePermission('manage:keys');
  const actOf = (action: string, { id, name, organization, expiresAtMs }: ListedLink) => ({
    action,
    target: { type: 'auditor_link', id, name },
    details: { organization, expires_at: timeOf(expiresAtMs) },
  });

  routes.post(
    path,
    {
      preHandler: [preHandler, changing],
      schema: {
        summary: 'Make a link for an auditor',
        description: 'Whoever opens it reads, exports and verifies one organization until it expires or is revoked.',
        operationId: 'makeAuditorLink',
        tags,
        body: NewLink,
        response: { 201: MadeLink, ...problems(400, 401, 403, 409, 413, 415, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const { organization_id: organization, name = 'auditor', expires_at } = request.body;
      const expiresAtUs = parseTimestampUs(expires_at);
      if (expiresAtUs === undefined) {
        const detail = 'is no RFC 3339 time';
        throw new Problem('invalid-request', `/expires_at ${detail}`, { errors: [{ pointer: '/expires_at', detail }] });
      }
      const wanted = { organization, name, expiresAtMs: Math.floor(expiresAtUs / 1_000) };
      presence.require('clickhouse');
      const { link, secret } = await auditors.make(wanted, request.caller);
      systemLog.writeLater(actOf('auditor_link.created', link), originOf(request));
      reply.code(201);
      const origin = sessions.sameOrigin.own(request.raw.headersDistinct);
      return { ...answerOf(link), url: `${origin}/api/session/auditor/${secret}` };
    },
  );

  routes.get(
    path,
    {
      preHandler,
      schema: {
        summary: 'Links of auditors',
        operationId: 'listAuditorLinks',
        tags,
        response: { 200: Type.Object({ links: Type.Array(Link) }), ...problems(401, 403, 429, 500, 503) },
      },
    },
    async ({ caller }) => ({ links: (await auditors.list(caller)).map(answerOf) }),
  );

  routes.delete(
    `${path}/:id`,
    {
      preHandler: [preHandler, changing],
      schema: {
        summary: 'Revoke a link of an auditor',
        description: 'Its sessions and streams end with it.',
        operationId: 'revokeAuditorLink',
        tags,
        params: LinkId,
        response: { 200: Link, ...problems(400, 401, 403, 404, 429, 500, 503) },
      },
    },
    async (request) => {
      const { link, revoked } = await auditors.revoke(request.params.id, request.caller);
      if (revoked) systemLog.writeLater(actOf('auditor_link.revoked', link), originOf(request));
      return answerOf(link);
    },
  );

  registerLinkPage(app, {
    path: '/api/session/auditor',
    operation: 'AuditorLink',
    by: 'auditor_link',
    note: 'You may read, export and verify one organization’s audit log.',
    redeem: (secret) => auditors.open(secret),
    sessions,
    attempts,
    systemLog,
  });
}
