import { NonCanonicalError } from './faults.js';

const MASK_64 = (1n << 64n) - 1n;

/** Avro 1.11 long: zig-zag, then 7 bits a byte, least significant first. */
export function encodeLong(value: bigint): Buffer {
  let rest = value >= 0n ? value * 2n : -value * 2n - 1n;
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest % 128n) + 128);
    rest /= 128n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

export interface ReadLong {
  value: bigint;
  end: number;
}

/** Reads the shortest form only: a last byte of 0 after another byte is padding, and a tenth byte above 1 is more than 64 bits. */
export function readLong(bytes: Buffer, start: number, path: string): ReadLong {
  let raw = 0n;
  for (let index = 0; ; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) throw new NonCanonicalError('truncated', path, start + index);
    if (index === 9 && byte > 1) throw new NonCanonicalError('varint_overflow', path, start + index);
    raw += BigInt(byte % 128) * 128n ** BigInt(index);
    if (byte >= 128) continue;
    if (index > 0 && byte === 0) throw new NonCanonicalError('padded_varint', path, start + index);
    const unsigned = raw & MASK_64;
    const value = unsigned % 2n === 0n ? unsigned / 2n : -(unsigned + 1n) / 2n;
    return { value, end: start + index + 1 };
  }
}
