import { copyBytes, GrowingBytes, varintBytes, writeVarint } from './bytes.js';
import type { Column } from './column.js';

export interface StringColumn extends Column {
  append(bytes: Buffer): void;
  appendText(text: string): void;
  /** The same bytes in `count` rows. */
  repeat(bytes: Buffer, count: number): void;
  /**
   * One row per index: the bytes of `value` between `positions[index * stride + slot]` and the position after it. Made for the
   * judge's positions table, so that a field goes from the record into the column without becoming a string.
   */
  appendFields(fields: {
    value: Buffer;
    positions: Int32Array;
    stride: number;
    slot: number;
    indices: readonly number[];
  }): void;
}

/** String: a varint length and the bytes, row after row. */
export function createStringColumn(name: string): StringColumn {
  const bytes = new GrowingBytes();
  let rows = 0;

  const append = (value: Buffer): void => {
    bytes.reserve(varintBytes + value.length);
    const at = writeVarint(bytes.data, bytes.length, value.length);
    bytes.length = copyBytes(bytes.data, at, value, 0, value.length);
    rows += 1;
  };

  return {
    name,
    type: 'String',
    get rows() {
      return rows;
    },
    append,
    appendText: (text) => append(Buffer.from(text, 'utf8')),
    repeat(value, count) {
      for (let row = 0; row < count; row += 1) append(value);
    },
    appendFields({ value, positions, stride, slot, indices }) {
      // No field is longer than the record, so that one reservation serves all rows of it.
      bytes.reserve(value.length + varintBytes * indices.length);
      const { data } = bytes;
      let at = bytes.length;
      for (let row = 0; row < indices.length; row += 1) {
        const place = indices[row]! * stride + slot;
        const from = positions[place]!;
        const to = positions[place + 1]!;
        if (from === to) data[at++] = 0;
        else at = copyBytes(data, writeVarint(data, at, to - from), value, from, to);
      }
      bytes.length = at;
      rows += indices.length;
    },
    chunks: () => [bytes.written()],
    reset() {
      bytes.reset();
      rows = 0;
    },
  };
}
