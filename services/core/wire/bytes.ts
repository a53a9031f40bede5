/** What reading needs of bytes, without Buffer: the same code reads in a page. */

/** Nothing compared here is secret, so it may stop early. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += (byte < 16 ? '0' : '') + byte.toString(16);
  return hex;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  decoder.decode(bytes.subarray(start, end));

/** Whether bytes are well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF. */
type Utf8Check = (bytes: Uint8Array) => boolean;

/** Node's own check, which is many times as fast; a page has none. */
const ofNode = (
  globalThis as { process?: { getBuiltinModule?: (id: string) => { isUtf8?: Utf8Check } | undefined } }
).process?.getBuiltinModule?.('node:buffer')?.isUtf8;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const isUtf8: Utf8Check =
  ofNode ??
  ((bytes) => {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  });
