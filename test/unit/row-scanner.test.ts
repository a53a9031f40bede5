import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRowScanner, decodeEventRows, rowToWire } from '../../services/core/rows/index.js';
import { createLeafHasher } from '../../services/core/seal/index.js';
import { encodeEvent } from '../../services/core/wire/index.js';

/** Values as RowBinary has them. */
const little = (bytes: number, value: number): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64LE(BigInt(value));
  return buffer.subarray(0, bytes);
};
const length = (value: number): Buffer =>
  value < 128 ? Buffer.from([value]) : Buffer.from([(value & 127) | 128, value >> 7]);
const text = (value: string): Buffer => Buffer.concat([length(Buffer.byteLength(value)), Buffer.from(value)]);
const list = (values: readonly string[]): Buffer => Buffer.concat([length(values.length), ...values.map(text)]);
const someText = (): string =>
  'aé€😀'.repeat(Math.floor(Math.random() ** 4 * 60)).slice(0, Math.floor(Math.random() * 200));

const someRow = ({ related = Math.floor(Math.random() * 4) } = {}): Buffer => {
  const texts = (count: number): Buffer[] =>
    Array.from({ length: count }, () => text(Math.random() < 0.4 ? '' : someText()));
  const parts = Math.random();
  const maybe = (count: number, isThere: boolean): Buffer[] => (isThere ? texts(count) : Array(count).fill(text('')));
  return Buffer.concat([
    Buffer.alloc(16, 7),
    little(4, 3),
    little(8, 2 ** 40 + 17),
    little(2, 41),
    little(4, 2),
    little(8, 99),
    little(8, 1_700_000_000_123),
    ...Array.from({ length: 16 }, () => Buffer.from([Math.floor(Math.random() * 256)])),
    little(8, Math.floor(Math.random() * 7e15)),
    Buffer.from([1]),
    ...texts(2),
    Buffer.from([6]),
    ...texts(2),
    Buffer.from([1]),
    ...texts(2),
    list(Array.from({ length: related }, someText)),
    list(Array.from({ length: related }, someText)),
    Buffer.from([4]),
    ...texts(7),
    ...maybe(6, parts > 0.3),
    ...maybe(5, parts < 0.7),
    text(''),
    text(''),
  ]);
};

describe('the row scanner', () => {
  test('gives the bytes that were signed, whatever the row holds', () => {
    const rows = Array.from({ length: 500 }, () => someRow());
    const scanner = createRowScanner();
    scanner.reset(Buffer.concat(rows));
    for (const [at, row] of decodeEventRows(Buffer.concat(rows)).entries()) {
      assert.ok(scanner.next());
      const { body, identity, content } = encodeEvent(rowToWire(row));
      assert.equal(scanner.isOdd, false);
      assert.deepEqual(scanner.parts.subarray(0, scanner.contentEnd), Buffer.concat([body, identity, content]));
      assert.deepEqual([scanner.bodyEnd, scanner.identityEnd], [body.length, body.length + identity.length]);
      assert.deepEqual(
        [scanner.offset, scanner.idx, scanner.lane, scanner.seq, scanner.appendTime],
        [row.offset, row.idx, row.lane, row.seq, row.append_time],
      );
      assert.deepEqual([scanner.scope, scanner.organizationId], [row.scope, row.organization_id]);
      assert.deepEqual(Buffer.concat(rows).subarray(scanner.start, scanner.end), rows[at]);
      const hasher = createLeafHasher();
      const salts = Buffer.alloc(32, 9);
      const leaf = Buffer.alloc(32);
      hasher.into(leaf, 0, scanner, salts, 0);
      assert.deepEqual(leaf, hasher.ofParts([{ body, identity, content }], salts));
    }
    assert.equal(scanner.next(), false);
  });

  test('says of a row that has no encoding, or lacks a part, that it is odd', () => {
    const scanner = createRowScanner();
    const row = someRow({ related: 0 });
    scanner.reset(Buffer.concat([row.subarray(0, -2), text('x'.repeat(32)), text('')]));
    assert.ok(scanner.next());
    assert.equal(scanner.isOdd, true);
    const early = Buffer.from(row);
    early.writeBigInt64LE(-5n, 66);
    scanner.reset(early);
    assert.ok(scanner.next());
    assert.equal(scanner.isOdd, true);
  });

  test('ends with an error where the bytes do', () => {
    const scanner = createRowScanner();
    const row = someRow();
    for (const cut of [10, 60, row.length - 1]) {
      scanner.reset(row.subarray(0, cut));
      assert.throws(() => scanner.next(), RangeError);
    }
  });
});
