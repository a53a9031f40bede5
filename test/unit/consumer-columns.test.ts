import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  createArrayColumn,
  createFixedStringColumn,
  createHalfUuidColumn,
  createNumberColumn,
  createStringColumn,
  maxBlockRows,
  nativeBlock,
} from '../../services/consumer/columns/index.js';

const hexOf = (column: { chunks(): Buffer[] }): string => Buffer.concat(column.chunks()).toString('hex');

describe('columns in the Native format', () => {
  test('a block names its columns, types and rows, then holds column after column', () => {
    const id = createNumberColumn('id', 'UInt16');
    const name = createStringColumn('n');
    id.append(1);
    id.append(0x0203);
    name.appendText('a');
    name.appendText('');
    assert.equal(
      Buffer.concat(nativeBlock([id, name])).toString('latin1'),
      '\x02\x02' + '\x02id\x06UInt16' + '\x01\x00\x03\x02' + '\x01n\x06String' + '\x01a\x00',
    );
  });

  test('half a UUID is a number, its bytes reversed', () => {
    const column = createHalfUuidColumn('id_time');
    column.append(Buffer.from('ff0011223344556677ff', 'hex'), 1);
    assert.equal(hexOf(column), '7766554433221100');
    assert.equal(column.rows, 1);
    assert.equal(column.type, 'UInt64');
  });

  test('an array is the ends of its rows, then its items', () => {
    const column = createArrayColumn(createStringColumn('tags'));
    column.items.appendText('x');
    column.items.appendText('yz');
    column.endRow();
    column.emptyRows(2);
    assert.equal(column.type, 'Array(String)');
    assert.equal(column.rows, 3);
    assert.equal(hexOf(column), `${'0200000000000000'.repeat(3)}${'0178'}${'02797a'}`);
  });

  test('a FixedString refuses a value that would shift the rows after it', () => {
    const column = createFixedStringColumn('hash', 4);
    column.repeat(Buffer.from('abcd'), 2);
    assert.throws(() => column.append(Buffer.from('abc')), /hash takes 4 bytes, not 3/);
    assert.equal(hexOf(column), '6162636461626364');
  });

  test('64-bit numbers are exact up to 2^53, negative ones too', () => {
    const whole = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(fc.array(whole), (values) => {
        const column = createNumberColumn('n', 'Int64');
        for (const value of values) column.append(value);
        const bytes = Buffer.concat(column.chunks());
        assert.deepEqual(
          values.map((_, row) => Number(bytes.readBigInt64LE(row * 8))),
          values.map((value) => (value === 0 ? 0 : value)),
        );
      }),
    );
  });

  test("small numbers wrap as two's complement does", () => {
    const bytes = createNumberColumn('n', 'Int8');
    bytes.append(-1);
    bytes.repeat(5, 2);
    assert.equal(hexOf(bytes), 'ff0505');
    const words = createNumberColumn('n', 'UInt32');
    words.append(0xfedcba98);
    assert.equal(hexOf(words), '98badcfe');
  });

  test('fields copied out of a record are the bytes between their positions, of any length', () => {
    const field = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 120, maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), fc.infiniteStream(fc.boolean()), (fields, taken) => {
        const value = Buffer.concat([Buffer.from('head'), ...fields]);
        const stride = 5;
        const positions = new Int32Array(fields.length * stride);
        let at = 4;
        for (const [row, bytes] of fields.entries()) {
          positions.set([at, at + bytes.length], row * stride + 2);
          at += bytes.length;
        }
        const indices = fields.flatMap((_, row) => (taken.next().value ? [row] : []));
        const copied = createStringColumn('copied');
        const single = createStringColumn('single');
        copied.appendFields({ value, positions, stride, slot: 2, indices });
        for (const row of indices) single.append(Buffer.from(fields[row]!));
        assert.equal(copied.rows, indices.length);
        assert.equal(hexOf(copied), hexOf(single));
      }),
    );
  });

  test('a reset column begins anew', () => {
    const column = createArrayColumn(createNumberColumn('n', 'UInt16'));
    column.items.append(7);
    column.endRow();
    column.reset();
    column.endRow();
    assert.equal(column.rows, 1);
    assert.equal(hexOf(column), '0000000000000000');
  });

  test('a block whose columns differ in rows, or that ClickHouse would split, is refused', () => {
    const [a, b] = [createNumberColumn('a', 'UInt8'), createNumberColumn('b', 'UInt8')];
    a.repeat(0, 2);
    b.repeat(0, 1);
    assert.throws(() => nativeBlock([a, b]), /column b has 1 rows, a has 2/);
    a.repeat(0, maxBlockRows - 2);
    assert.throws(() => nativeBlock([a]), /must stay below 1048449/);
  });
});
