import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../auth/caller.js';
import { hiddenFrom } from '../catalogue/hidden.js';
import { organizationHeader } from '../http/headers.js';
import { badParameter } from './errors.js';
import type { RawQuery, ScopeFor } from './event-queries.js';
import type { TenantScope } from './scope.js';
import { tenantOf } from './tenant.js';

/** What a request asks, as the queries take it: its parameters, whose events it may see, and whether its sender still waits. */

export const queryOf = (request: FastifyRequest): RawQuery => request.query as RawQuery;

export function notSystem(query: RawQuery): RawQuery {
  if ([query.scope].flat().some((scope) => String(scope).split(',').includes('system'))) {
    throw badParameter('scope', 'events of the system scope are at /api/audit/system');
  }
  return query;
}

/** The scopes that a caller may ask for. */
export const callerScopes =
  (caller: Caller, header?: string | undefined): ScopeFor =>
  (asked) =>
    tenantOf({
      permitted: caller.organizations,
      // What a session chose is for requests that say nothing themselves.
      header: header ?? (asked === undefined ? caller.organization : undefined),
      asked,
      hidden: hiddenFrom(caller),
    });

export const scopesOf = (request: FastifyRequest): ScopeFor =>
  callerScopes(request.caller, organizationHeader(request));

export const ownScope = (request: FastifyRequest): TenantScope => scopesOf(request)(undefined);

export const systemScope: ScopeFor = (organizations) => {
  if (organizations) throw badParameter('organization_id', 'events of the system scope belong to no organization');
  return { kind: 'system' };
};

/** Aborts when the one who asked has gone: ClickHouse need not finish. */
export function signalOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
