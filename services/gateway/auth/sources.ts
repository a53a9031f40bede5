import { timingSafeEqual } from 'node:crypto';
import { type ApiKey, hashOfKey, isKeyText, isValidAt } from './api-key.js';
import type { AuditorLinks, AuditorSource } from './auditors/auditor-links.js';
import type { Caller, Permission } from './caller.js';
import { challenge } from './challenge.js';
import type { KeyDirectory } from './key-directory.js';
import type { OidcSource } from './oidc/claims.js';
import type { Roles } from './roles/roles.js';

/** Where a caller's rights come from. Sessions and tickets hold this, not the rights: what it permits is asked anew each time. */
export type CredentialSource = { kind: 'api_key'; hash: string } | OidcSource | AuditorSource;

/** Callers of API keys, by their text or by what a session remembers of them. Rejects as an Authenticator does. */
export interface Sources {
  ofKey(text: string): Promise<Caller>;
  of(source: CredentialSource): Promise<Caller>;
}

export function createSources({
  directory,
  admin,
  roles,
  auditors,
  onUse = () => {},
  now = Date.now,
}: {
  directory: KeyDirectory;
  /** The key of the administrator's file: it works without any other part. */
  admin: { hash: Buffer; caller: Caller };
  /** What keys' roles permit; without it, nothing. */
  roles?: Pick<Roles, 'permissionsOf'> | undefined;
  auditors?: Pick<AuditorLinks, 'callerOf'> | undefined;
  /** Told of every key that let somebody in. */
  onUse?: (keyId: string) => void;
  now?: () => number;
}): Sources {
  const ofHash = async (hash: Buffer): Promise<Caller> => {
    const source = { kind: 'api_key', hash: hash.toString('hex') } as const;
    if (timingSafeEqual(hash, admin.hash)) {
      onUse(admin.caller.keyId);
      return { ...admin.caller, kind: 'api_key', method: 'api_token', source };
    }
    const key = await directory.find(source.hash);
    // The map was asked by hash; the hashes are compared once more in constant time.
    if (!key || !timingSafeEqual(hash, key.hash) || !isValidAt(key, now())) throw unknownKey();
    onUse(key.id);
    const ofRole = (await roles?.permissionsOf(key)) ?? [];
    return { ...callerOf(key, ofRole), source };
  };
  const ofOidc = async (source: OidcSource): Promise<Caller> => {
    const { id, name, organizations, permissions, expiresAtMs } = source;
    if (now() >= expiresAtMs) throw challenge('the token has expired', 'invalid_token');
    const ofRoles = await Promise.all(
      source.roles.map(async (role) => (await roles?.permissionsOf({ role, organizations })) ?? []),
    );
    const all = new Set([...permissions, ...ofRoles.flat()]);
    return { kind: 'oidc', keyId: id, name, organizations, permissions: all, expiresAtMs, method: 'oidc', source };
  };
  return {
    async ofKey(text) {
      // What is no key's text is never looked up.
      if (!isKeyText(text)) throw unknownKey();
      return ofHash(hashOfKey(text));
    },
    async of(source) {
      if (source.kind === 'oidc') return ofOidc(source);
      if (source.kind === 'api_key') return ofHash(Buffer.from(source.hash, 'hex'));
      const caller = await auditors?.callerOf(source);
      if (caller) return caller;
      throw challenge('the auditor’s link was revoked or has expired', 'invalid_token');
    },
  };
}

const callerOf = (
  { id, name, organizations, permissions, expiresAtMs }: ApiKey,
  ofRole: readonly Permission[],
): Caller => ({
  kind: 'api_key',
  method: 'api_token',
  keyId: id,
  name,
  organizations,
  permissions: new Set([...permissions, ...ofRole]),
  expiresAtMs,
});

/** Unknown, revoked and expired look the same from outside. */
const unknownKey = () => challenge('the API key is unknown, revoked or expired', 'invalid_token');
