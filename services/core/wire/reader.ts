import { isUtf8 } from './bytes.js';
import { WireFault } from './fault.js';

/** Below this many bytes a loop over the bytes is quicker than a call into the runtime. */
const loopBytes = 48;

/**
 * Reads canonical Avro from a window of a buffer and refuses anything else: padded varints, split or negative array blocks,
 * bad UTF-8, fields past the window. avsc accepts all of these, so it is used to write and never to judge.
 */
export class CanonicalReader<Bytes extends Uint8Array = Buffer> {
  pos = 0;
  end = 0;
  constructor(readonly bytes: Bytes) {
    this.end = bytes.length;
  }

  window(start: number, end: number): this {
    this.pos = start;
    this.end = end;
    return this;
  }

  /** A zigzag varint. Values beyond 2^53 come back inexact, which every caller's range check refuses. */
  long(): number {
    const { bytes, end } = this;
    let pos = this.pos;
    let byte = pos < end ? bytes[pos++]! : -1;
    if (byte >= 0 && byte < 0x80) {
      this.pos = pos;
      return byte & 1 ? -((byte + 1) / 2) : byte / 2;
    }
    let low = 0;
    let scale = 1;
    let length = 0;
    for (;;) {
      if (byte < 0) throw new WireFault('non_canonical', `a number is cut off at byte ${pos}`);
      length += 1;
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      if (length === 10) throw new WireFault('non_canonical', `a number at byte ${pos} is longer than 64 bits`);
      scale *= 128;
      byte = pos < end ? bytes[pos++]! : -1;
    }
    if (byte === 0) throw new WireFault('non_canonical', `a number before byte ${pos} is not in its shortest form`);
    if (length === 10 && byte > 1)
      throw new WireFault('non_canonical', `a number at byte ${pos} is longer than 64 bits`);
    this.pos = pos;
    // The parity is read from the first byte: it survives where the sum has lost its low bits.
    return bytes[pos - length]! & 1 ? -((low + 1) / 2) : low / 2;
  }

  /** A symbol's index, below `count`. */
  enumeration(count: number): number {
    const index = this.long();
    if (!(index >= 0 && index < count))
      throw new WireFault('non_canonical', `enum index ${index} is not below ${count}`);
    return index;
  }

  /** Moves past `length` bytes and returns where they start. */
  fixed(length: number): number {
    const start = this.pos;
    if (start + length > this.end) {
      throw new WireFault('non_canonical', `${length} bytes at ${start} run past the end`);
    }
    this.pos = start + length;
    return start;
  }

  /** Moves past a bytes field and returns where it starts; it ends at `pos`. */
  byteField(): number {
    const length = this.long();
    if (!(length >= 0)) throw new WireFault('non_canonical', `a length of ${length} at byte ${this.pos}`);
    return this.fixed(length);
  }

  /** Like byteField, and the bytes are valid UTF-8. */
  stringField(): number {
    const start = this.byteField();
    const { bytes, pos } = this;
    if (pos - start > loopBytes) {
      if (!isUtf8(bytes.subarray(start, pos)))
        throw new WireFault('non_canonical', `bytes ${start}–${pos} are not UTF-8`);
      return start;
    }
    for (let at = start; at < pos; at += 1) {
      if (bytes[at]! >= 0x80) {
        if (!isUtf8(bytes.subarray(start, pos)))
          throw new WireFault('non_canonical', `bytes ${start}–${pos} are not UTF-8`);
        break;
      }
    }
    return start;
  }

  /** The item count of an array's one block, 0 when empty. After the items call `endOfArray`. */
  arrayCount(): number {
    const count = this.long();
    if (!(count >= 0)) throw new WireFault('non_canonical', 'an array block with a negative count');
    return count;
  }

  endOfArray(count: number): void {
    if (count > 0 && this.long() !== 0) throw new WireFault('non_canonical', 'an array in more than one block');
  }

  done(what: string): void {
    if (this.pos !== this.end) throw new WireFault('non_canonical', `${this.end - this.pos} bytes after ${what}`);
  }
}
