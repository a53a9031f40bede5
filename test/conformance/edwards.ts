import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';

/** edwards25519 (RFC 8032 section 5.1) in plain BigInt arithmetic: only for what Node's crypto does not answer. */
const P = 2n ** 255n - 19n;
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));

export interface Point {
  x: bigint;
  y: bigint;
}
const IDENTITY: Point = { x: 0n, y: 1n };

function mod(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let rest = exponent; rest > 0n; rest /= 2n) {
    if (rest % 2n === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

export function add(a: Point, b: Point): Point {
  const cross = D * a.x * b.x * a.y * b.y;
  return {
    x: mod((a.x * b.y + b.x * a.y) * power(1n + cross, P - 2n)),
    y: mod((a.y * b.y + a.x * b.x) * power(1n - cross, P - 2n)),
  };
}

export function multiply(scalar: bigint, point: Point): Point {
  let result = IDENTITY;
  let doubled = point;
  for (let rest = scalar; rest > 0n; rest /= 2n) {
    if (rest % 2n === 1n) result = add(result, doubled);
    doubled = add(doubled, doubled);
  }
  return result;
}

export function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

export function toLittleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

export function encodePoint(point: Point): Buffer {
  return toLittleEndian(point.y + (point.x % 2n) * 2n ** 255n);
}

/** The point of a 32-byte encoding, or undefined: y ≥ p, not on the curve, or x = 0 with the sign bit set. */
export function decodePoint(bytes: Buffer): Point | undefined {
  const sign = littleEndian(bytes) / 2n ** 255n;
  const y = littleEndian(bytes) % 2n ** 255n;
  if (y >= P) return undefined;
  const x2 = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(x2, (P + 3n) / 8n);
  if (mod(x * x) !== x2) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(x * x) !== x2) return undefined;
  if (x === 0n && sign === 1n) return undefined;
  return { x: x % 2n === sign ? x : P - x, y };
}

/** A key fit for registration: 32 bytes, canonical, on the curve, and eight times it is not the identity. */
export function isAcceptableKey(publicKey: Buffer): boolean {
  if (publicKey.length !== 32) return false;
  const point = decodePoint(publicKey);
  if (point === undefined) return false;
  const eightfold = multiply(8n, point);
  return !(eightfold.x === IDENTITY.x && eightfold.y === IDENTITY.y);
}

export function publicKeyOf(seed: Buffer): Buffer {
  return createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' }).subarray(-32);
}

export function ed25519Sign(seed: Buffer, message: Buffer): Buffer {
  return sign(null, message, privateKey(seed));
}

export function ed25519Verify(publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  if (littleEndian(signature.subarray(32)) >= L) return false;
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
  return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
}

function privateKey(seed: Buffer) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** The equation that the wire format does not use: 8SB = 8R + 8kA. */
export function verifyCofactored(publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  const moved = decodePoint(signature.subarray(0, 32));
  const key = decodePoint(publicKey);
  if (moved === undefined || key === undefined) return false;
  const challenge = sha512Scalar(signature.subarray(0, 32), publicKey, message);
  const left = multiply(8n * littleEndian(signature.subarray(32)), basePoint());
  const right = multiply(8n, add(moved, multiply(challenge, key)));
  return left.x === right.x && left.y === right.y;
}

/**
 * A signature that the cofactored equation takes and the cofactorless one refuses: an honest R moved by a point of order 8.
 * RFC 8032 permits both equations; the wire format does not.
 */
export function signOnlyCofactored(seed: Buffer, message: Buffer): Buffer {
  const expanded = createHash('sha512').update(seed).digest();
  const clamped = Buffer.from(expanded.subarray(0, 32));
  clamped[0] = (clamped[0] ?? 0) & 248;
  clamped[31] = ((clamped[31] ?? 0) & 127) | 64;
  const secret = littleEndian(clamped);
  const nonce = sha512Scalar(expanded.subarray(32), message);
  const moved = add(multiply(nonce, basePoint()), pointOfOrderEight());
  const challenge = sha512Scalar(encodePoint(moved), publicKeyOf(seed), message);
  return Buffer.concat([encodePoint(moved), toLittleEndian((nonce + challenge * secret) % L)]);
}

function sha512Scalar(...parts: Buffer[]): bigint {
  return littleEndian(createHash('sha512').update(Buffer.concat(parts)).digest()) % L;
}

function basePoint(): Point {
  const point = decodePoint(toLittleEndian(mod(4n * power(5n, P - 2n))));
  if (point === undefined) throw new Error('the base point does not decode');
  return point;
}

/** L times a point outside the prime-order subgroup is a torsion point; the first of order 8 is taken. */
export function pointOfOrderEight(): Point {
  for (let y = 2n; ; y++) {
    const point = decodePoint(toLittleEndian(y));
    if (point === undefined) continue;
    const torsion = multiply(L, point);
    const fourfold = multiply(4n, torsion);
    if (!(fourfold.x === 0n && fourfold.y === 1n)) return torsion;
  }
}
