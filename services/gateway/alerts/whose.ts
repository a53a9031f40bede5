import type { FastifyRequest } from 'fastify';
import { type Caller, may, mayActFor } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { organizationHeader } from '../http/headers.js';
import { callerScopes, ownScope } from '../query/asking.js';
import type { TenantScope } from '../query/scope.js';

/** Whose alerts a request may see. `system`: also those about events that belong to no organization. */
export interface AlertScope {
  organizations: '*' | readonly string[];
  system: boolean;
}

export function alertScopeOf(request: FastifyRequest): AlertScope {
  return alertScope(request.caller, organizationHeader(request), undefined);
}

/** By what the header X-Organization-Id chose, and the organizations that a filter asks for. Throws forbidden for others than the caller's. */
export function alertScope(
  caller: Caller,
  header: string | undefined,
  asked: readonly string[] | undefined,
): AlertScope {
  const scope = callerScopes(caller, header)(asked);
  const organizations = scope.kind === 'organizations' ? scope.organizations : [];
  return { organizations, system: organizations === '*' && may(caller, 'view:system_audit_logs') };
}

export const isInScope = ({ organizations, system }: AlertScope, organization: string): boolean =>
  (organizations === '*' || organizations.includes(organization)) && (system || organization !== '');

/**
 * Whose rules, silences and channels a request is about: one organization's, or '' for the deployment's own, which are those of whoever
 * speaks for every organization and chose none. Throws a Problem for any other organization, and where several may be meant.
 */
export function ownerOf(request: Pick<FastifyRequest, 'caller' | 'raw'>): string {
  const { caller } = request;
  const chosen = organizationHeader(request) ?? caller.organization;
  if (chosen !== undefined) return checked(caller, chosen);
  if (caller.organizations === '*') return '';
  const [only, ...others] = caller.organizations;
  if (only !== undefined && others.length === 0) return only;
  const detail = 'is needed: the credential is for several organizations';
  throw new Problem('invalid-request', `X-Organization-Id ${detail}`, {
    errors: [{ parameter: 'x-organization-id', detail }],
  });
}

function checked(caller: Caller, organization: string): string {
  if (organization !== '' && mayActFor(caller, organization)) return organization;
  throw new Problem('forbidden', `organization ${JSON.stringify(organization)} is not among those of the credential`);
}

/** The events that rules of an owner are about, as far as the caller may see them. */
export function eventScopesOf(request: FastifyRequest, owner: string): TenantScope[] {
  const scope = ownScope(request);
  if (scope.kind === 'system') return [scope];
  if (owner !== '') return [{ ...scope, organizations: [owner] }];
  return may(request.caller, 'view:system_audit_logs') ? [scope, { kind: 'system' }] : [scope];
}
