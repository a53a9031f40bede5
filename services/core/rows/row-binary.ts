import { isUtf8 } from 'node:buffer';

/**
 * Reads ClickHouse's RowBinary (https://clickhouse.com/docs/interfaces/formats/RowBinary). Rows come in this form because every byte
 * of a row counts when its signature is checked: JSON output would quote 64-bit numbers, write times in a time zone and let a byte
 * that is no UTF-8 pass for U+FFFD.
 */
export class RowBinaryReader {
  pos = 0;
  /** Set by `text` when the bytes are no UTF-8; the caller clears it. */
  malformed = false;
  constructor(readonly bytes: Buffer) {}

  get done(): boolean {
    return this.pos >= this.bytes.length;
  }

  u16(): number {
    this.pos += 2;
    return this.bytes.readUInt16LE(this.pos - 2);
  }

  u32(): number {
    this.pos += 4;
    return this.bytes.readUInt32LE(this.pos - 4);
  }

  /** An Int64 or UInt64; beyond 2^53 it comes back inexact, which no signed value can be. */
  long(signed: boolean): number {
    this.pos += 8;
    const high = signed ? this.bytes.readInt32LE(this.pos - 4) : this.bytes.readUInt32LE(this.pos - 4);
    return high * 0x1_0000_0000 + this.bytes.readUInt32LE(this.pos - 8);
  }

  i8(): number {
    this.pos += 1;
    return this.bytes.readInt8(this.pos - 1);
  }

  fixed(length: number): Buffer {
    this.pos += length;
    if (this.pos > this.bytes.length) throw new RangeError(`the rows end within a value of ${length} bytes`);
    return this.bytes.subarray(this.pos - length, this.pos);
  }

  varint(): number {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.pos];
      if (byte === undefined) throw new RangeError('the rows end within a length');
      this.pos += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** A String of raw bytes. */
  blob(): Buffer {
    return this.fixed(this.varint());
  }

  text(): string {
    const length = this.varint();
    if (length === 0) return '';
    const bytes = this.fixed(length);
    const value = bytes.toString('utf8');
    if (value.includes('\ufffd') && !isUtf8(bytes)) this.malformed = true;
    return value;
  }

  list<T>(item: () => T): T[] {
    const items: T[] = [];
    for (let left = this.varint(); left > 0; left -= 1) items.push(item());
    return items;
  }

  /** ClickHouse keeps a UUID as two numbers, each half's bytes reversed. */
  uuid(): Buffer {
    const id = Buffer.from(this.fixed(16));
    id.subarray(0, 8).reverse();
    id.subarray(8).reverse();
    return id;
  }
}
