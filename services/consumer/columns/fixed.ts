import { copyBytes, GrowingBytes } from './bytes.js';
import type { Column } from './column.js';

export interface FixedColumn extends Column {
  append(bytes: Buffer): void;
  repeat(bytes: Buffer, count: number): void;
}

/** FixedString(width): the bytes alone. Throws for a value of another width, which would shift every row after it. */
export function createFixedStringColumn(name: string, width: number): FixedColumn {
  const bytes = new GrowingBytes();
  let rows = 0;
  const append = (value: Buffer): void => {
    if (value.length !== width) throw new RangeError(`${name} takes ${width} bytes, not ${value.length}`);
    bytes.reserve(width);
    bytes.length = copyBytes(bytes.data, bytes.length, value, 0, width);
    rows += 1;
  };
  return {
    name,
    type: `FixedString(${width})`,
    get rows() {
      return rows;
    },
    append,
    repeat(value, count) {
      for (let row = 0; row < count; row += 1) append(value);
    },
    chunks: () => [bytes.written()],
    reset() {
      bytes.reset();
      rows = 0;
    },
  };
}

export interface HalfUuidColumn extends Column {
  /** The 8 bytes at `from`, in the order in which a UUID's text is written. */
  append(bytes: Buffer, from: number): void;
}

/** One half of UUIDs as UInt64, so that the half's bytes stand reversed. */
export function createHalfUuidColumn(name: string): HalfUuidColumn {
  const bytes = new GrowingBytes();
  return {
    name,
    type: 'UInt64',
    get rows() {
      return bytes.length / 8;
    },
    append(value, from) {
      bytes.reserve(8);
      const { data, length } = bytes;
      for (let byte = 0; byte < 8; byte += 1) data[length + byte] = value[from + 7 - byte]!;
      bytes.length += 8;
    },
    chunks: () => [bytes.written()],
    reset: () => bytes.reset(),
  };
}
