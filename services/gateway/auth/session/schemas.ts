import { Type } from 'typebox';
import { OrganizationId } from '../../http/schemas.js';

const time = (description: string) => Type.String({ format: 'date-time', description });

export const Session = Type.Object(
  {
    kind: Type.String({ description: 'how the caller came in: api_key, session, auditor or oidc' }),
    name: Type.String(),
    organizations: Type.Union([Type.Literal('*'), Type.Array(OrganizationId)]),
    permissions: Type.Array(Type.String(), { description: 'all that it may, those that others include spelled out' }),
    organization: Type.Union([OrganizationId, Type.Null()], { description: 'the one that the session chose' }),
    expires_at: Type.Union([time('at the latest'), Type.Null()]),
    csrf_token: Type.Union([Type.String(), Type.Null()], {
      description: 'goes into X-CSRF-Token of every change by the session',
    }),
  },
  { title: 'Session' },
);

export const SignInRequest = Type.Object(
  { api_key: Type.String({ minLength: 1, maxLength: 512, description: 'the session lasts as long as it does' }) },
  { additionalProperties: false },
);

export const OrganizationChoice = Type.Object(
  { organization_id: Type.Union([OrganizationId, Type.Null()], { description: 'null for all that are permitted' }) },
  { additionalProperties: false },
);

export const Link = Type.Object({ url: Type.String(), expires_at: time('of the link, not of its session') });
export const Ticket = Type.Object({ ticket: Type.String(), expires_at: time('in 30 seconds') });

export const SignInWays = Type.Object(
  {
    api_key: Type.Boolean(),
    link: Type.Boolean({ description: 'by a one-time link, as an administrator makes it' }),
    oidc: Type.Boolean({ description: 'by the OpenID provider: GET /api/session/oidc/start' }),
  },
  { title: 'SignInWays' },
);
