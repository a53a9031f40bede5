import { Type } from 'typebox';
import { Label, Organizations } from '../http/schemas.js';
import type { ApiKey } from './api-key.js';
import { permissions } from './caller.js';

export const Permissions = Type.Array(Type.Union(permissions.map((permission) => Type.Literal(permission))), {
  minItems: 1,
  uniqueItems: true,
});

export const NewKey = Type.Object(
  {
    name: Label,
    organizations: Organizations,
    permissions: Type.Optional(Permissions),
    role: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'its permissions come beside these' })),
    expires_at: Type.Optional(Type.String({ format: 'date-time' })),
  },
  { additionalProperties: false },
);

const Time = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

const keyFields = {
  id: Type.String(),
  name: Type.String(),
  prefix: Type.String({ description: 'the first characters of the key' }),
  organizations: Organizations,
  permissions: Type.Array(Type.String()),
  role: Type.Union([Type.String(), Type.Null()]),
  created_at: Type.String({ format: 'date-time' }),
  expires_at: Time,
  revoked_at: Time,
  replaces: Type.Union([Type.String(), Type.Null()], { description: 'id of the key that it was made in place of' }),
};
export const Key = Type.Object(keyFields, { title: 'ApiKey' });
export const KeyList = Type.Object({
  keys: Type.Array(
    Type.Object({ ...keyFields, last_used_at: Type.Union([Time], { description: 'to about half a minute' }) }),
  ),
});
export const MadeKey = Type.Object({ ...keyFields, key: Type.String({ description: 'shown this once' }) });

export const KeyId = Type.Object({ id: Type.String({ pattern: '^key_[0-9a-z_]{1,64}$' }) });

const monthSeconds = 30 * 86_400;
export const Rotation = Type.Object(
  {
    overlap_seconds: Type.Integer({
      minimum: 0,
      maximum: monthSeconds,
      description: 'how long the old key goes on; not beyond its expiry',
    }),
  },
  { additionalProperties: false },
);

export const timeOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

export const keyAnswer = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  organizations: key.organizations,
  permissions: key.permissions,
  role: key.role ?? null,
  created_at: timeOf(key.createdAtMs)!,
  expires_at: timeOf(key.expiresAtMs),
  revoked_at: timeOf(key.revokedAtMs),
  replaces: key.replaces ?? null,
});
