import { GrowingBytes } from './bytes.js';
import type { Column } from './column.js';

/** Whole numbers that fit a double; Int64 and UInt64 are written from their two 32-bit halves. */
export type NumberType = 'Int8' | 'UInt8' | 'UInt16' | 'UInt32' | 'Int64' | 'UInt64';

const widths: Record<NumberType, number> = { Int8: 1, UInt8: 1, UInt16: 2, UInt32: 4, Int64: 8, UInt64: 8 };

export interface NumberColumn extends Column {
  append(value: number): void;
  /** The same number in `count` rows. */
  repeat(value: number, count: number): void;
}

/** Writes a number little-endian at `at`. Beyond 32 bits Math.floor makes the upper half of a negative one right too. */
function writeNumber(data: Buffer, at: number, value: number, width: number): void {
  data[at] = value;
  if (width === 1) return;
  data[at + 1] = value >>> 8;
  if (width === 2) return;
  data[at + 2] = value >>> 16;
  data[at + 3] = value >>> 24;
  if (width === 4) return;
  const upper = Math.floor(value / 0x1_0000_0000);
  data[at + 4] = upper;
  data[at + 5] = upper >>> 8;
  data[at + 6] = upper >>> 16;
  data[at + 7] = upper >>> 24;
}

/**
 * A column of fixed-width numbers. `type` is what the block says it is where that differs from the number's own: DateTime64 travels
 * as the Int64 it is made of.
 */
export function createNumberColumn(name: string, kind: NumberType, type: string = kind): NumberColumn {
  const bytes = new GrowingBytes();
  const width = widths[kind];
  let rows = 0;
  return {
    name,
    type,
    get rows() {
      return rows;
    },
    append(value) {
      bytes.reserve(width);
      writeNumber(bytes.data, bytes.length, value, width);
      bytes.length += width;
      rows += 1;
    },
    repeat(value, count) {
      bytes.reserve(width * count);
      const { data, length } = bytes;
      for (let row = 0; row < count; row += 1) writeNumber(data, length + row * width, value, width);
      bytes.length += width * count;
      rows += count;
    },
    chunks: () => [bytes.written()],
    reset() {
      bytes.reset();
      rows = 0;
    },
  };
}
