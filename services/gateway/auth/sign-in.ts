import type { Redis } from 'ioredis';
import type { AuditorLinks } from './auditors/auditor-links.js';
import { createAuthenticator } from './authenticator.js';
import type { Authenticator, Caller } from './caller.js';
import type { KeyDirectory } from './key-directory.js';
import type { KeyUses } from './key-uses.js';
import { createOidc, type Oidc } from './oidc/oidc.js';
import type { Roles } from './roles/roles.js';
import { createLinks, type Links } from './session/links.js';
import { createSessions, type Sessions } from './session/sessions.js';
import { createTickets, type Tickets } from './session/tickets.js';
import { defaultSessionLimits, type SignInConfig } from './sign-in-config.js';
import { createSources, type Sources } from './sources.js';

/** Every way in, and what it rests on. */
export interface SignIn {
  authenticator: Authenticator;
  sources: Sources;
  sessions: Sessions;
  tickets: Tickets;
  links: Links;
  auditors: AuditorLinks;
  /** Undefined where there is no OpenID provider. */
  oidc: Oidc | undefined;
}

export function createSignIn({
  directory,
  redis,
  uses,
  roles,
  auditors,
  config: { admin, deployment, signIn },
}: {
  directory: KeyDirectory;
  redis: Redis;
  uses?: Pick<KeyUses, 'note'>;
  roles?: Roles;
  auditors: AuditorLinks;
  config: {
    admin: { hash: Buffer; caller: Caller };
    deployment: { audience: string };
    signIn?: Partial<SignInConfig> | undefined;
  };
}): SignIn {
  const { audience } = deployment;
  const sources = createSources({ directory, admin, roles, auditors, onUse: (id) => uses?.note(id) });
  const { publicUrl, sessions: limits = defaultSessionLimits } = signIn ?? {};
  const sessions = createSessions({ redis, audience, sources, publicUrl, limits });
  const tickets = createTickets({ redis, audience, sources, sessions });
  const links = createLinks({ redis, audience });
  const oidc = signIn?.oidc && createOidc({ redis, audience, config: signIn.oidc, sessionMs: limits.absoluteMs });
  const authenticator = createAuthenticator({ sources, sessions, tickets, oidc });
  return { authenticator, sources, sessions, tickets, links, auditors, oidc };
}
