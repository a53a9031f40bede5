import { formatUuid, uuidV7 } from '../../core/wire/index.js';
import { Problem } from '../errors.js';
import { adminKeyId } from './admin-key.js';
import { type ApiKey, hashOfKey, isValidAt, newKeyText, prefixOfKey } from './api-key.js';
import { type Caller, lacks, may, mayActFor, type Permission } from './caller.js';
import type { KeyDirectory } from './key-directory.js';
import type { Roles } from './roles/roles.js';

export interface KeyRequest {
  name: string;
  organizations: '*' | string[];
  permissions: Permission[];
  role?: string | undefined;
  /** Milliseconds since 1970. */
  expiresAtMs: number | undefined;
}

/** Makes and revokes API keys within what the caller has itself. */
export interface KeyIssuer {
  /** A key that is not written yet, and its text, which is shown once. */
  draft(request: KeyRequest, caller: Caller): Promise<{ key: ApiKey; text: string }>;
  list(caller: Caller): Promise<ApiKey[]>;
  /**
   * A key in place of another, with its name, its rights and its expiry, and that other as it will end after the overlap; neither is written
   * yet.
   */
  rotation(id: string, overlapMs: number, caller: Caller): Promise<{ key: ApiKey; text: string; old: ApiKey }>;
  /** `revoked` is false when it was before. */
  revoke(id: string, caller: Caller): Promise<{ key: ApiKey; revoked: boolean }>;
}

const covers = (caller: Caller, { organizations }: Pick<ApiKey, 'organizations'>): boolean =>
  organizations === '*' ? caller.organizations === '*' : organizations.every((id) => mayActFor(caller, id));

export function createKeyIssuer({
  directory,
  roles,
  now = Date.now,
}: {
  directory: KeyDirectory;
  roles: Pick<Roles, 'check' | 'permissionsOf'>;
  now?: () => number;
}): KeyIssuer {
  const grantedBy = async (key: Pick<ApiKey, 'permissions' | 'role' | 'organizations'>): Promise<Permission[]> => [
    ...key.permissions,
    ...(await roles.permissionsOf(key)),
  ];

  /** The key, which the caller may change. */
  const changeable = async (id: string, caller: Caller, what: string): Promise<ApiKey> => {
    const key = (await directory.all()).find((known) => known.id === id);
    if (!key || !covers(caller, key)) throw new Problem('not-found', `no API key ${JSON.stringify(id)} is to be seen`);
    if (id === adminKeyId) {
      throw new Problem('conflict', 'the administrator’s key is the one in its file: replace the file and start again');
    }
    const beyond = (await grantedBy(key)).find((permission) => !may(caller, permission));
    if (beyond) throw lacks(caller, beyond, what);
    return key;
  };

  const draft: KeyIssuer['draft'] = async (request, caller) => {
    checkCovered(request, caller);
    await roles.check(request);
    const beyond = (await grantedBy(request)).find((permission) => !may(caller, permission));
    if (beyond) throw lacks(caller, beyond, 'grant');
    const nowMs = now();
    if (request.expiresAtMs !== undefined && request.expiresAtMs <= nowMs) {
      throw invalid('/expires_at', 'lies in the past');
    }
    const text = newKeyText();
    const key: ApiKey = {
      id: `key_${formatUuid(uuidV7(nowMs)).replaceAll('-', '')}`,
      version: nowMs * 1_000,
      prefix: prefixOfKey(text),
      hash: hashOfKey(text),
      createdAtMs: nowMs,
      revokedAtMs: undefined,
      ...request,
      // A key cannot outlive the one that made it.
      expiresAtMs: request.expiresAtMs ?? caller.expiresAtMs,
    };
    return { key, text };
  };

  return {
    draft,
    list: async (caller) => (await directory.all()).filter((key) => covers(caller, key)),
    async rotation(id, overlapMs, caller) {
      const old = await changeable(id, caller, 'rotate');
      const nowMs = now();
      if (!isValidAt(old, nowMs)) throw new Problem('conflict', 'the API key was revoked or has expired');
      const { name, organizations, permissions, role, expiresAtMs } = old;
      const made = await draft({ name, organizations, permissions, role, expiresAtMs }, caller);
      const endsAtMs = Math.min(expiresAtMs ?? Number.POSITIVE_INFINITY, nowMs + overlapMs);
      return {
        text: made.text,
        key: { ...made.key, replaces: id },
        old: { ...old, expiresAtMs: endsAtMs, version: Math.max(nowMs * 1_000, old.version + 1) },
      };
    },
    async revoke(id, caller) {
      const key = await changeable(id, caller, 'revoke');
      if (key.revokedAtMs !== undefined) return { key, revoked: false };
      const nowMs = now();
      const revoked = { ...key, revokedAtMs: nowMs, version: Math.max(nowMs * 1_000, key.version + 1) };
      await directory.put(revoked);
      return { key: revoked, revoked: true };
    },
  };
}

/** A key grants nothing beyond its own organizations and its own time. */
function checkCovered({ organizations, expiresAtMs }: KeyRequest, caller: Caller): void {
  if (!covers(caller, { organizations })) {
    const detail = 'names an organization that the API key does not speak for';
    throw new Problem('forbidden', `/organizations ${detail}`, { errors: [{ pointer: '/organizations', detail }] });
  }
  if (expiresAtMs !== undefined && caller.expiresAtMs !== undefined && expiresAtMs > caller.expiresAtMs) {
    const detail = 'is later than the API key that grants it expires';
    throw new Problem('forbidden', `/expires_at ${detail}`, { errors: [{ pointer: '/expires_at', detail }] });
  }
}

const invalid = (pointer: string, detail: string): Problem =>
  new Problem('invalid-request', `${pointer} ${detail}`, { errors: [{ pointer, detail }] });
