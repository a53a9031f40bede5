import { createCipheriv } from 'node:crypto';

const zeroIv = Buffer.alloc(16);

/** 32 bytes per event: its identity salt, then its content salt (AES-256-CTR keystream of the seed, zero IV). */
export function expandSalts(saltSeed: Buffer, count: number): Buffer {
  return createCipheriv('aes-256-ctr', saltSeed, zeroIv).update(Buffer.alloc(32 * count));
}
