import { createHmac } from 'node:crypto';

/** The id of a named thing: the same for the same name, and no way back to the name without the key. */
export type OpaqueIds = (kind: string, name: string) => string;

const idBytes = 18;

/**
 * Ids in an event's body can never be erased, so a name must not be readable from one, nor found by trying names: HMAC-SHA256 under a
 * secret key, one per organization, so that the ids of two organizations cannot be compared either. 144 bits of it are kept.
 */
export function createOpaqueIds({ key, organization }: { key: Uint8Array; organization: string }): OpaqueIds {
  if (key.length < 32) throw new RangeError(`a key of ${key.length} bytes, at least 32 are needed`);
  const ofOrganization = createHmac('sha256', key).update(`sealstream/import/ids/v1\0${organization}`).digest();
  return (kind, name) => {
    const mac = createHmac('sha256', ofOrganization).update(`${kind}\0${name}`).digest();
    return `${kind}_${mac.subarray(0, idBytes).toString('base64url')}`;
  };
}
