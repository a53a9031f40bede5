import { sha256 } from '../seal/hash.js';

const checksumBytes = 4;

/** Writes the varints and fixed bytes of a cursor. */
export function createCursorWriter(version: number): {
  number(value: number): void;
  fixed(bytes: Uint8Array): void;
  /** base64url, with a checksum that tells a mistyped or cut cursor from a good one. It keeps no secret and proves nothing. */
  finish(): string;
} {
  const pieces: Uint8Array[] = [Uint8Array.of(version)];
  return {
    number(value) {
      const bytes: number[] = [];
      let rest = value;
      for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
      pieces.push(Uint8Array.from([...bytes, rest]));
    },
    fixed: (bytes) => void pieces.push(bytes),
    finish() {
      const body = Buffer.concat(pieces);
      return Buffer.concat([body, sha256(body).subarray(0, checksumBytes)]).toString('base64url');
    },
  };
}

/** Thrown inside a cursor's reading and caught there: whoever sent the cursor hears that it is none. */
export class CursorFault extends Error {}

export interface CursorReader {
  number(): number;
  fixed(length: number): Buffer;
  done(): void;
}

/** Opens a cursor text. Throws a CursorFault unless it is base64url of this version with its checksum. */
export function openCursor(text: string, version: number): CursorReader {
  const bytes = Buffer.from(text, 'base64url');
  const body = bytes.subarray(0, -checksumBytes);
  const canonical = bytes.length > checksumBytes && bytes.toString('base64url') === text;
  if (!canonical || !sha256(body).subarray(0, checksumBytes).equals(bytes.subarray(-checksumBytes))) {
    throw new CursorFault('damaged');
  }
  if (body[0] !== version) throw new CursorFault('of another kind');
  let pos = 1;
  return {
    number() {
      for (let value = 0, scale = 1; ; scale *= 128) {
        const byte = body[pos];
        if (byte === undefined || scale > 2 ** 49) throw new CursorFault('cut');
        pos += 1;
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) return value;
      }
    },
    fixed(length) {
      if (pos + length > body.length) throw new CursorFault('cut');
      pos += length;
      return body.subarray(pos - length, pos);
    },
    done() {
      if (pos !== body.length) throw new CursorFault('longer than it should be');
    },
  };
}
