import type { preHandlerAsyncHookHandler } from 'fastify';
import type { HiddenActions } from '../catalogue/hidden.js';
import { Problem } from '../errors.js';
import type { AuthMethod } from './actor.js';
import type { Headers } from './headers.js';
import type { CredentialSource } from './sources.js';

/** What a key may be allowed. `admin` includes every other; bound to organizations, every other that stays within them. */
export const permissions = [
  'view:audit_logs',
  'view:system_audit_logs',
  /** Events of actions that are for an organization's owners only (catalogue/hidden.ts), beside the others. */
  'view:owner_events',
  'export:audit_logs',
  'write:events',
  'verify',
  'manage:alerts',
  'manage:keys',
  'admin',
] as const;
export type Permission = (typeof permissions)[number];

/** How a caller came in. */
export type CallerKind = 'api_key' | 'session' | 'auditor' | 'oidc';

/** Who asks, as the credential says; nothing else in a request adds to it. */
export interface Caller {
  /** An API key where absent. */
  readonly kind?: CallerKind | undefined;
  readonly keyId: string;
  readonly name: string;
  /** '*' is every organization. */
  readonly organizations: '*' | readonly string[];
  readonly permissions: ReadonlySet<Permission>;
  /** The one that a session chose, for requests that name none. */
  readonly organization?: string | undefined;
  /** By what it proved who it is, for events about it; an API key where absent. */
  readonly method?: AuthMethod | undefined;
  /** What a session or ticket for this caller has to remember. */
  readonly source?: CredentialSource | undefined;
  readonly session?: { readonly id: string; readonly expiresAtMs: number } | undefined;
  /** Milliseconds since 1970; absent where the key does not expire. */
  readonly expiresAtMs?: number | undefined;
  /** Actions whose events are not for this caller; what the catalogue says where absent. */
  readonly hidden?: HiddenActions | undefined;
}

/** Turns a credential into its caller. */
export interface Authenticator {
  /** Rejects with a Problem: unauthenticated (401), or unavailable (503) while keys cannot be looked up. */
  ofHeaders(headers: Headers, method?: string): Promise<Caller>;
  /** The same, of the key's text: for ways in that have no headers, as a browser's WebSocket. */
  ofKey(key: string): Promise<Caller>;
  /** What a caller may by now; rejects with unauthenticated once its credential was revoked or has expired. It keeps no session alive. */
  again?(caller: Caller): Promise<Caller>;
  /** Who a stream's ticket stands for, once, and a way to ask whether that still holds. */
  ofTicket?(ticket: string): Promise<{ caller: Caller; again(): Promise<Caller> }>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that is not `config: { public: true }`. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Answered without a credential. */
    public?: boolean;
  }
}

/** The system scope tells of every organization. */
const beyondOrganizations: ReadonlySet<Permission> = new Set(['view:system_audit_logs']);

export const may = (
  { permissions, organizations }: Pick<Caller, 'permissions'> & Partial<Pick<Caller, 'organizations'>>,
  permission: Permission,
): boolean =>
  permissions.has(permission) ||
  (permissions.has('admin') && (organizations === '*' || !beyondOrganizations.has(permission)));

export const mayActFor = (caller: Caller, organization: string): boolean =>
  caller.organizations === '*' || caller.organizations.includes(organization);

/** Throws forbidden (403), naming the permission that the key lacks. */
export function checkPermission(caller: Caller, permission: Permission): void {
  if (may(caller, permission)) return;
  throw new Problem('forbidden', `the API key ${JSON.stringify(caller.name)} lacks the permission ${permission}`, {
    extensions: { required_permission: permission },
  });
}

/** forbidden (403) for whoever would pass on a permission without having it. */
export const lacks = (caller: Caller, permission: Permission, what: string): Problem =>
  new Problem('forbidden', `the API key ${JSON.stringify(caller.name)} cannot ${what} ${permission}, which it lacks`, {
    extensions: { required_permission: permission },
  });

/** A pre-handler that lets through only keys with the permission. */
export const requirePermission =
  (permission: Permission): preHandlerAsyncHookHandler =>
  async (request) =>
    checkPermission(request.caller, permission);
