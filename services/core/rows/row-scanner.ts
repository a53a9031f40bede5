import { scopes } from '../wire/symbols.js';

/**
 * Reads rows of `eventColumns` in RowBinary straight into the bytes that were signed (schemas/README.md §1): both are lengths and bytes in
 * the same order, so no text has to become one. What the row says of its place is beside it.
 */
export interface RowScanner {
  /** Begins with other rows. */
  reset(bytes: Buffer): void;
  /** Goes to the next row; false where there is none. */
  next(): boolean;
  /** Where the row lies in the bytes, for `decodeEventRows`. */
  start: number;
  end: number;
  offset: number;
  idx: number;
  lane: number;
  seq: number;
  /** Milliseconds. */
  appendTime: number;
  scope: (typeof scopes)[number] | undefined;
  organizationId: string;
  /** The row holds what has no encoding, or a part of it was erased: `parts` says nothing. */
  isOdd: boolean;
  /** Body, identity and content one behind the other, from 0. */
  readonly parts: Buffer;
  bodyEnd: number;
  identityEnd: number;
  contentEnd: number;
}

/** Copied byte by byte: a call costs more. */
const shortText = 40;
const roomPerRow = 1_048_576;

export function createRowScanner(): RowScanner {
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  let to = 0;
  let parts: Buffer = Buffer.allocUnsafe(roomPerRow);
  const organizations = new Map<string, string>();

  const room = (length: number): void => {
    if (to + length + 16 <= parts.length) return;
    const larger = Buffer.allocUnsafe(2 * (to + length + 16));
    parts.copy(larger, 0, 0, to);
    parts = larger;
  };
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at];
      if (byte === undefined) throw new RangeError('the rows end within a length');
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  /** A long that is not negative, as Avro has it. Twice a number below 2^53 is exact. */
  const writeLong = (value: number): void => {
    let left = value * 2;
    while (left >= 128) {
      parts[to++] = (left % 128) | 0x80;
      left = Math.floor(left / 128);
    }
    parts[to++] = left;
  };
  const long = (): number => {
    at += 8;
    return bytes.readInt32LE(at - 4) * 0x1_0000_0000 + bytes.readUInt32LE(at - 8);
  };
  const writeText = (start: number, length: number): void => {
    writeLong(length);
    if (length <= shortText) {
      for (let from = start; from < start + length; from += 1) parts[to++] = bytes[from]!;
    } else {
      bytes.copy(parts, to, start, start + length);
      to += length;
    }
  };
  /** Copies a text from the row, and says how long it is. */
  const text = (): number => {
    const length = varint();
    if (at + length > bytes.length) throw new RangeError(`the rows end within a value of ${length} bytes`);
    room(length);
    writeText(at, length);
    at += length;
    return length;
  };
  const texts = (count: number): number => {
    let sum = 0;
    for (let left = count; left > 0; left -= 1) sum += text();
    return sum;
  };
  const symbol = (): void => {
    const value = bytes.readInt8(at++);
    if (value < 0) scanner.isOdd = true;
    else parts[to++] = value * 2;
  };
  const list = (): { start: number; length: number }[] =>
    Array.from({ length: varint() }, () => {
      const length = varint();
      const start = at;
      at += length;
      return { start, length };
    });
  const related = (): void => {
    if (bytes[at] === 0 && bytes[at + 1] === 0) {
      at += 2;
      parts[to++] = 0;
      return;
    }
    const types = list();
    const ids = list();
    if (types.length !== ids.length) {
      scanner.isOdd = true;
      return;
    }
    writeLong(types.length);
    types.forEach((type, index) => {
      room(type.length + ids[index]!.length + 16);
      writeText(type.start, type.length);
      writeText(ids[index]!.start, ids[index]!.length);
    });
    parts[to++] = 0;
  };
  /** The name of the organization, which many rows share. */
  const organization = (start: number, length: number): string => {
    const raw = bytes.toString('latin1', start, start + length);
    let known = organizations.get(raw);
    if (known === undefined) {
      known = bytes.toString('utf8', start, start + length);
      if (organizations.size < 10_000) organizations.set(raw, known);
    }
    return known;
  };
  const reversed = (): void => {
    for (let byte = 7; byte >= 0; byte -= 1) parts[to++] = bytes[at + byte]!;
    at += 8;
  };
  const body = (): void => {
    reversed();
    reversed();
    const occurredAt = long();
    if (occurredAt >= 0) writeLong(occurredAt);
    else scanner.isOdd = true;
    scanner.scope = scopes[bytes.readInt8(at)];
    symbol();
    const length = text();
    scanner.organizationId = organization(at - length, length);
    text();
    symbol();
    texts(2);
    symbol();
    texts(2);
    related();
    symbol();
    texts(7);
  };
  /** A part with every field absent is zero bytes. */
  const part = (fields: number): void => {
    const start = to;
    if (texts(fields) === 0) to = start;
  };
  const place = (): void => {
    at += 20;
    scanner.offset = long();
    scanner.idx = bytes.readUInt16LE(at);
    scanner.lane = bytes.readUInt32LE(at + 2);
    at += 6;
    scanner.seq = long();
    scanner.appendTime = long();
  };

  const scanner: RowScanner = {
    start: 0,
    end: 0,
    offset: 0,
    idx: 0,
    lane: 0,
    seq: 0,
    appendTime: 0,
    scope: undefined,
    organizationId: '',
    isOdd: false,
    get parts() {
      return parts;
    },
    bodyEnd: 0,
    identityEnd: 0,
    contentEnd: 0,
    reset(rows) {
      bytes = rows;
      at = 0;
    },
    next() {
      if (at >= bytes.length) return false;
      scanner.start = at;
      scanner.isOdd = false;
      to = 0;
      place();
      body();
      scanner.bodyEnd = to;
      part(6);
      scanner.identityEnd = to;
      part(5);
      scanner.contentEnd = to;
      for (let digest = 0; digest < 2; digest += 1) {
        const length = varint();
        if (length > 0) scanner.isOdd = true;
        at += length;
      }
      scanner.end = at;
      return true;
    },
  };
  return scanner;
}
