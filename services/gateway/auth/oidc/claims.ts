import type { JWTPayload } from 'jose';
import { sha256 } from '../../../core/seal/index.js';
import { type Permission, permissions } from '../caller.js';
import type { OidcConfig } from './config.js';

/** What a token says of its bearer, as sessions and tickets remember it. */
export interface OidcSource {
  kind: 'oidc';
  /** Of issuer and subject: two issuers may know the same subject. */
  id: string;
  name: string;
  organizations: '*' | string[];
  permissions: Permission[];
  roles: string[];
  expiresAtMs: number;
}

/** What reaches beyond organizations; claims give it only where the deployment says so. */
const administrative: ReadonlySet<Permission> = new Set(['admin', 'view:system_audit_logs']);
const limits = { organizations: 1_000, roles: 100, characters: 256 };

/** A verified token's claims in our terms. What is not understood gives nothing. */
export function sourceOfClaims(
  payload: JWTPayload & { sub: string },
  { claims, roleMap, mayAdminister }: Pick<OidcConfig, 'claims' | 'roleMap' | 'mayAdminister'>,
  expiresAtMs: number,
): OidcSource {
  const subject = payload.sub;
  const organizations = texts(claimAt(payload, claims.organizations))
    .filter((id) => id.length <= limits.characters)
    .slice(0, limits.organizations);
  const roles = texts(claimAt(payload, claims.roles)).flatMap((role) => (roleMap ? (roleMap.get(role) ?? []) : [role]));
  const granted = new Set(texts(claimAt(payload, claims.permissions)));
  return {
    kind: 'oidc',
    id: `oidc_${sha256(JSON.stringify([payload.iss, subject]))
      .toString('hex')
      .slice(0, 32)}`,
    name: (texts(claimAt(payload, claims.name))[0] ?? subject).slice(0, limits.characters),
    organizations: mayAdminister && organizations.includes('*') ? '*' : organizations.filter((id) => id !== '*'),
    permissions: permissions.filter((name) => granted.has(name) && (mayAdminister || !administrative.has(name))),
    roles: roles.slice(0, limits.roles),
    expiresAtMs,
  };
}

function claimAt(payload: JWTPayload, path: string): unknown {
  // A claim may have dots in its own name, as those that are URLs do.
  if (Object.hasOwn(payload, path)) return payload[path];
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      payload,
    );
}

/** A text, or a list of texts. */
const texts = (value: unknown): string[] =>
  [value].flat().filter((text): text is string => typeof text === 'string' && text !== '');
