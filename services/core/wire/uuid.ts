import { createHmac, randomFillSync } from 'node:crypto';

const setVersion = (id: Buffer, version: number): Buffer => {
  id[6] = (id[6]! & 0x0f) | (version << 4);
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
};

const pool = Buffer.alloc(4096);
let poolAt = pool.length;

/** A UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits. */
export function uuidV7(nowMs: number): Buffer {
  if (poolAt + 10 > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const id = Buffer.allocUnsafe(16);
  id.writeUIntBE(nowMs, 0, 6);
  pool.copy(id, 6, poolAt, poolAt + 10);
  poolAt += 10;
  return setVersion(id, 7);
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The UUIDv8 of event `index` of a request with an Idempotency-Key: the same request gives the same ids (schemas/README.md §1). */
export function uuidFromKey(secret: Buffer, tenant: string, key: string, index: number): Buffer {
  const [tenantBytes, keyBytes] = [Buffer.from(tenant), Buffer.from(key)];
  const id = createHmac('sha256', secret)
    .update('sealstream/id/v1\0')
    .update(Buffer.concat([u32(tenantBytes.length), tenantBytes, u32(keyBytes.length), keyBytes, u32(index)]))
    .digest()
    .subarray(0, 16);
  return setVersion(id, 8);
}

export function formatUuid(id: Uint8Array): string {
  const hex = Buffer.from(id.buffer, id.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The 16 bytes of a UUID's text, or undefined when it is none. */
export function parseUuid(text: string): Buffer | undefined {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
    ? Buffer.from(text.replaceAll('-', ''), 'hex')
    : undefined;
}
