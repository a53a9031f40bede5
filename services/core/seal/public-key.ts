import { toHex } from '../wire/bytes.js';

const p = (1n << 255n) - 19n;
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** y-coordinates of the points whose order divides 8 (RFC 8032 §5.1, curve25519 has cofactor 8). */
const lowOrderY = new Set([
  0n,
  1n,
  p - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let b = base % p, e = exponent; e > 0n; e >>= 1n, b = (b * b) % p) if (e & 1n) result = (result * b) % p;
  return result;
};

/**
 * Why a raw Ed25519 public key may not be registered, or undefined when it may: wrong length, y ≥ p, a point of low order
 * (for which signatures over any message can be made), or no point of the curve.
 */
export function publicKeyFault(raw: Uint8Array): string | undefined {
  if (raw.length !== 32) return `the public key has ${raw.length} bytes; Ed25519 has 32`;
  const encoded = BigInt(`0x${toHex(Uint8Array.from(raw).reverse())}`);
  const y = encoded & ((1n << 255n) - 1n);
  if (y >= p) return 'the public key is not in canonical form (y ≥ p)';
  if (lowOrderY.has(y)) return 'the public key is a point of low order';
  const square = (y * y) % p;
  const x2 = ((square - 1n + p) * power((d * square + 1n) % p, p - 2n)) % p;
  if (power(x2, (p - 1n) / 2n) !== 1n) return 'the public key is no point of the curve';
  return undefined;
}
