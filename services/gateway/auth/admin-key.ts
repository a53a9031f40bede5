import { SealstreamError } from '../../core/errors.js';
import { type ApiKey, hashOfKey, isKeyText, prefixOfKey } from './api-key.js';
import { type Caller, permissions } from './caller.js';
import type { KeyDirectory } from './key-directory.js';

export interface AdminKey {
  hash: Buffer;
  prefix: string;
  caller: Caller;
}

export const adminKeyId = 'key_admin';

/** The key of SEALSTREAM_ADMIN_KEY_FILE. Whoever can read the file is the administrator, so it holds while every part is away. */
export function readAdminKey(contents: string): AdminKey {
  const text = contents.trim();
  if (!isKeyText(text)) {
    throw new SealstreamError(
      'config',
      'SEALSTREAM_ADMIN_KEY_FILE does not hold an API key: sk_ and 43 characters of base64url',
    );
  }
  return {
    hash: hashOfKey(text),
    prefix: prefixOfKey(text),
    caller: {
      kind: 'api_key',
      keyId: adminKeyId,
      name: 'administrator',
      organizations: '*',
      permissions: new Set(permissions),
    },
  };
}

/** Notes the administrator's key among the others, so that it is listed; a new file is a new version. Does nothing when it is there. */
export async function noteAdminKey({
  directory,
  admin,
  nowMs,
}: {
  directory: KeyDirectory;
  admin: AdminKey;
  nowMs: number;
}): Promise<void> {
  const known = (await directory.all()).find(({ id }) => id === adminKeyId);
  if (known?.hash.equals(admin.hash) && known.revokedAtMs === undefined) return;
  const key: ApiKey = {
    id: adminKeyId,
    version: Math.max(nowMs * 1_000, (known?.version ?? 0) + 1),
    prefix: admin.prefix,
    hash: admin.hash,
    name: admin.caller.name,
    organizations: '*',
    permissions: [...permissions],
    createdAtMs: nowMs,
    expiresAtMs: undefined,
    revokedAtMs: undefined,
  };
  await directory.put(key);
}
