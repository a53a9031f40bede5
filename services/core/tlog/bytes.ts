import { refuse, type TlogCode } from './errors.js';

export function concatBytes(...pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Standard Base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 4_096) binary += String.fromCharCode(...bytes.subarray(at, at + 4_096));
  return btoa(binary);
}

/** Strict: no blanks, full padding, and no bits set past the last byte, so that a value has one spelling only. */
export function fromBase64(text: string, code: TlogCode, what: string): Uint8Array {
  const isPlausible = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  const binary = isPlausible ? atob(text) : '';
  if (!isPlausible || btoa(binary) !== text) refuse(code, `${what} is not in standard Base64`);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Strict: refuses what is not UTF-8; keeps a byte order mark. */
export function fromUtf8(bytes: Uint8Array, code: TlogCode, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(code, `${what} is not UTF-8`);
  }
}

/** A decimal number without leading zeros, at most 2^53 − 1. */
export function readDecimal(text: string, code: TlogCode, what: string): number {
  const value = Number(text);
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(value)) {
    refuse(code, `${what} is ${JSON.stringify(text.slice(0, 40))}: not a decimal number of at most 2^53 − 1`);
  }
  return value;
}
