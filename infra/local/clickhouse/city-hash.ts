// CityHash128 in version 1.0.2, the one that ClickHouse's compressed blocks carry. Later versions of CityHash give other
// values. Pike and Alakuijala, https://github.com/google/cityhash; the tests compare it with blocks that the engine wrote.

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const MIX = 0x9ddfea08eb382d69n;

/** A state of two words. */
interface Pair {
  readonly first: bigint;
  readonly second: bigint;
}

// V8 turns 64-bit operations that are wrapped like this into machine instructions; with a mask they are several times as slow.
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint): bigint => u64((value >> bits) | u64(value << (64n - bits)));
const shiftMix = (value: bigint): bigint => u64(value ^ (value >> 47n));

function hashPair(low: bigint, high: bigint): bigint {
  const a = shiftMix(u64((low ^ high) * MIX));
  return u64(shiftMix(u64((high ^ a) * MIX)) * MIX);
}

function hashUpTo16(data: DataView): bigint {
  const length = data.byteLength;
  const size = BigInt(length);
  if (length > 8) {
    const a = data.getBigUint64(0, true);
    const b = data.getBigUint64(length - 8, true);
    return hashPair(a, rotate(u64(b + size), size)) ^ b;
  }
  if (length >= 4) {
    const a = BigInt(data.getUint32(0, true));
    return hashPair(u64(size + (a << 3n)), BigInt(data.getUint32(length - 4, true)));
  }
  if (length === 0) return K2;
  const y = BigInt(data.getUint8(0)) + (BigInt(data.getUint8(length >> 1)) << 8n);
  const z = size + (BigInt(data.getUint8(length - 1)) << 2n);
  return u64(shiftMix(u64(u64(y * K2) ^ u64(z * K3))) * K2);
}

/** Mixes 32 bytes into two seeds. */
function weakHash32(data: DataView, at: number, seedA: bigint, seedB: bigint): Pair {
  const last = data.getBigUint64(at + 24, true);
  const a = u64(seedA + data.getBigUint64(at, true));
  const b = rotate(u64(u64(seedB + a) + last), 21n);
  const c = u64(u64(a + data.getBigUint64(at + 8, true)) + data.getBigUint64(at + 16, true));
  return { first: u64(c + last), second: u64(u64(b + rotate(c, 44n)) + a) };
}

function cityMurmur(data: DataView, seed: Pair): Pair {
  const length = data.byteLength;
  let { first: a, second: b } = seed;
  let c: bigint;
  let d: bigint;
  if (length <= 16) {
    a = u64(shiftMix(u64(a * K1)) * K1);
    c = u64(u64(b * K1) + hashUpTo16(data));
    d = shiftMix(u64(a + (length >= 8 ? data.getBigUint64(0, true) : c)));
  } else {
    c = hashPair(u64(data.getBigUint64(length - 8, true) + K1), a);
    d = hashPair(u64(b + BigInt(length)), u64(c + data.getBigUint64(length - 16, true)));
    a = u64(a + d);
    for (let at = 0; at < length - 16; at += 16) {
      a = u64((a ^ u64(shiftMix(u64(data.getBigUint64(at, true) * K1)) * K1)) * K1);
      b ^= a;
      c = u64((c ^ u64(shiftMix(u64(data.getBigUint64(at + 8, true) * K1)) * K1)) * K1);
      d ^= c;
    }
  }
  a = hashPair(a, c);
  b = hashPair(d, b);
  return { first: a ^ b, second: hashPair(b, a) };
}

function cityHashLong(data: DataView, seed: Pair): Pair {
  const length = data.byteLength;
  let { first: x, second: y } = seed;
  let z = u64(BigInt(length) * K1);
  const v0 = u64(u64(rotate(y ^ K1, 49n) * K1) + data.getBigUint64(0, true));
  let v: Pair = { first: v0, second: u64(u64(rotate(v0, 42n) * K1) + data.getBigUint64(8, true)) };
  let w: Pair = {
    first: u64(u64(rotate(u64(y + z), 35n) * K1) + x),
    second: u64(rotate(u64(x + data.getBigUint64(88, true)), 53n) * K1),
  };
  // Two steps of 64 bytes belong together.
  const steps = Math.floor(length / 128) * 128;
  for (let at = 0; at < steps; at += 64) {
    const mixed = u64(u64(u64(x + y) + v.first) + data.getBigUint64(at + 16, true));
    x = u64(rotate(mixed, 37n) * K1) ^ w.second;
    y = u64(rotate(u64(u64(y + v.second) + data.getBigUint64(at + 48, true)), 42n) * K1) ^ v.first;
    z = rotate(z ^ w.first, 33n);
    v = weakHash32(data, at, u64(v.second * K1), u64(x + w.first));
    w = weakHash32(data, at + 32, u64(z + w.second), y);
    const swapped = x;
    x = z;
    z = swapped;
  }
  y = u64(u64(y + u64(rotate(w.first, 37n) * K0)) + z);
  x = u64(x + u64(rotate(u64(v.first + z), 49n) * K0));
  // The rest, in pieces of 32 bytes from the end, of which the last may reach back into what was done.
  for (let end = length; end > steps; end -= 32) {
    const from = end - 32;
    y = u64(u64(rotate(u64(y - x), 42n) * K0) + v.second);
    const first = u64(w.first + data.getBigUint64(from + 16, true));
    x = u64(u64(rotate(x, 49n) * K0) + first);
    w = { first: u64(first + v.first), second: w.second };
    v = weakHash32(data, from, v.first, v.second);
  }
  x = hashPair(x, v.first);
  y = hashPair(y, w.first);
  return {
    first: u64(hashPair(u64(x + v.second), w.second) + y),
    second: hashPair(u64(x + w.second), u64(y + v.second)),
  };
}

function hash(data: Buffer): Pair {
  const view = (from: number, length: number): DataView => new DataView(data.buffer, data.byteOffset + from, length);
  const whole = view(0, data.length);
  const size = BigInt(data.length);
  if (data.length < 8) return cityMurmur(whole, { first: K0, second: K1 });
  const head = whole.getBigUint64(0, true);
  if (data.length < 16) {
    const tail = whole.getBigUint64(data.length - 8, true);
    return cityMurmur(view(0, 0), { first: head ^ u64(size * K0), second: tail ^ K1 });
  }
  const seed = { first: head ^ K3, second: whole.getBigUint64(8, true) };
  const rest = view(16, data.length - 16);
  return rest.byteLength < 128 ? cityMurmur(rest, seed) : cityHashLong(rest, seed);
}

/** Sixteen bytes, as they stand at the head of a compressed block. */
export function cityHash128(data: Buffer): Buffer {
  const { first, second } = hash(data);
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(first, 0);
  bytes.writeBigUInt64LE(second, 8);
  return bytes;
}
