import type { FastifyRequest } from 'fastify';
import type { Caller } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { singleHeader } from '../http/headers.js';

const printable = /^[\x20-\x7e]{1,255}$/;

/** The header Idempotency-Key: 1–255 printable ASCII characters, taken as they are. */
export function idempotencyKeyOf(request: Pick<FastifyRequest, 'raw'>): string | undefined {
  const key = singleHeader(request, 'idempotency-key');
  if (key === undefined || printable.test(key)) return key;
  throw new Problem('invalid-idempotency-key', 'the Idempotency-Key must have 1 to 255 printable ASCII characters', {
    errors: [{ parameter: 'idempotency-key', detail: 'must have 1 to 255 printable ASCII characters' }],
  });
}

/**
 * Whose keys these are: the organization's that the request speaks for, so that a retry with a rotated API key is still the same
 * request; the API key's own where it speaks for several.
 */
export function tenantOfRequest(caller: Caller, organization: string | undefined): string {
  const only = caller.organizations !== '*' && caller.organizations.length === 1 ? caller.organizations[0] : undefined;
  const tenant = organization ?? only;
  return tenant === undefined ? `key:${caller.keyId}` : `organization:${tenant}`;
}
