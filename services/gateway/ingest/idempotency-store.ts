import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { sha256 } from '../../core/seal/index.js';

/** What stands under an Idempotency-Key. */
export type Claim =
  /** Nothing did; now a lock of ours does. */
  | { kind: 'claimed'; lock: Buffer }
  /** Another request with the key is being signed. */
  | { kind: 'busy'; bodyHash: Buffer }
  /** The signed records of the first request. */
  | { kind: 'stored'; bodyHash: Buffer; values: Buffer[] };

/** Signed records under Idempotency-Keys, in Redis. Every call rejects when Redis does not answer. */
export interface IdempotencyStore {
  claim(slot: string, bodyHash: Buffer): Promise<Claim>;
  /** Puts the records in place of the lock; again with the same records is no harm. False when the lock is another's by now. */
  store(slot: string, lock: Buffer, values: Buffer[]): Promise<boolean>;
  /** Takes back the lock, or the records that were put in its place. */
  forget(slot: string, lock: Buffer): Promise<void>;
  /** Whether a command would go out now. When not, a command that fails has certainly changed nothing. */
  readonly isConnected: boolean;
}

/** How long a request may hold its lock before another may sign in its place. */
const lockMs = 15_000;
const hashBytes = 32;
const tokenBytes = 16;
const headBytes = 1 + hashBytes + tokenBytes;
const tags = { lock: 0x4c, stored: 0x53 } as const;

// Both compare what follows the first byte: body hash and token of the request that put it there.
const storeScript = `
local head = string.sub(redis.call('GET', KEYS[1]) or '', 2, ${headBytes})
if head ~= '' and head ~= string.sub(ARGV[1], 2, ${headBytes}) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
const forgetScript = `
local head = string.sub(redis.call('GET', KEYS[1]) or '', 2, ${headBytes})
if head == string.sub(ARGV[1], 2, ${headBytes}) then redis.call('DEL', KEYS[1]) end
return 1`;

/** A slot is one key of one tenant of one deployment. Lengths are hashed too, so that no two pairs give one slot. */
export function slotOf(audience: string, tenant: string, key: string): string {
  const parts = [audience, tenant, key].map((part) => `${Buffer.byteLength(part)}:${part}`);
  return `sealstream:idempotency:${sha256(parts.join('')).toString('hex')}`;
}

export function createIdempotencyStore({
  redis,
  ttlMs = 86_400_000,
}: {
  redis: Redis;
  ttlMs?: number;
}): IdempotencyStore {
  const forget = async (slot: string, lock: Buffer): Promise<void> => {
    await redis.eval(forgetScript, 1, slot, lock);
  };

  const setLock = async (slot: string, lock: Buffer): Promise<boolean> => {
    try {
      return (await redis.set(slot, lock, 'PX', lockMs, 'NX')) !== null;
    } catch (error) {
      // It may be set all the same, when Redis was only slow; then this comes after it and takes it away.
      void forget(slot, lock).catch(() => {});
      throw error;
    }
  };

  return {
    async claim(slot, bodyHash) {
      const lock = Buffer.concat([Buffer.from([tags.lock]), bodyHash, randomBytes(tokenBytes)]);
      for (;;) {
        if (await setLock(slot, lock)) return { kind: 'claimed', lock };
        const found = await redis.getBuffer(slot);
        // It may have run out between the two.
        if (found) return open(found);
      }
    },
    async store(slot, lock, values) {
      const head = Buffer.from(lock);
      head[0] = tags.stored;
      return (await redis.eval(storeScript, 1, slot, Buffer.concat([head, ...framed(values)]), ttlMs)) === 1;
    },
    forget,
    get isConnected() {
      return redis.status === 'ready';
    },
  };
}

const framed = (values: Buffer[]): Buffer[] =>
  values.flatMap((value) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    return [length, value];
  });

function open(found: Buffer): Claim {
  const bodyHash = found.subarray(1, 1 + hashBytes);
  if (found[0] === tags.lock) return { kind: 'busy', bodyHash };
  const values: Buffer[] = [];
  for (let at = headBytes; at < found.length; ) {
    const end = at + 4 + found.readUInt32BE(at);
    values.push(found.subarray(at + 4, end));
    at = end;
  }
  return { kind: 'stored', bodyHash, values };
}
