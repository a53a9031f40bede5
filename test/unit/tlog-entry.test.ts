import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeEntry, encodeEntry, entryLimits, type LogEntry, TlogError } from '../../services/core/tlog/index.js';

const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const entry: LogEntry = {
  incarnation: fill(16, 0xa1),
  partition: 3,
  offset: 2 ** 40 + 7,
  appendTimeMs: 1_790_000_000_123,
  valueHash: fill(32, 0xb2),
  signed: { header: fill(5, 0xc3), signature: fill(64, 0xd4) },
};
const isBadEntry = (error: unknown): boolean => error instanceof TlogError && error.code === 'bad_entry';

describe('the bytes of an entry', () => {
  test('are those of docs/decisions/0040, spelled out by hand', () => {
    const expected =
      '7365616c73747265616d2f656e7472792f763100' + // "sealstream/entry/v1" 00
      'a1'.repeat(16) +
      '00000003' +
      '0000010000000007' +
      '000001a0c4506c7b' +
      'b2'.repeat(32) +
      '0005' +
      'c3'.repeat(5) +
      'd4'.repeat(64);
    assert.equal(Buffer.from(encodeEntry(entry)).toString('hex'), expected);
  });

  test('end with the length 0 where no header could be read', () => {
    const bytes = encodeEntry({ ...entry, signed: undefined });
    assert.equal(bytes.length, entryLimits.minBytes);
    assert.deepEqual(Buffer.from(bytes.subarray(88)), Buffer.from([0, 0]));
  });

  test('come back as they were, at every limit', () => {
    for (const signed of [
      undefined,
      { header: fill(1, 1), signature: fill(64, 2) },
      { header: fill(1_024, 1), signature: fill(64, 2) },
    ]) {
      for (const [partition, offset, appendTimeMs] of [
        [0, 0, 0],
        [0xffff_ffff, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      ] as const) {
        const given = { ...entry, partition, offset, appendTimeMs, signed };
        assert.deepEqual(decodeEntry(encodeEntry(given)), given);
      }
    }
    assert.equal(
      encodeEntry({ ...entry, signed: { header: fill(1_024, 1), signature: fill(64, 2) } }).length,
      entryLimits.maxBytes,
    );
  });

  test('are read out of a larger buffer, and what was read does not change with it', () => {
    const bytes = encodeEntry(entry);
    const buffer = Buffer.concat([Buffer.alloc(3, 9), bytes, Buffer.alloc(3, 9)]);
    const decoded = decodeEntry(buffer.subarray(3, 3 + bytes.length));
    buffer.fill(0);
    assert.deepEqual(decoded, entry);
  });
});

describe('what is no entry is refused with a code', () => {
  test('encoding: fields that do not fit', () => {
    for (const change of [
      { incarnation: fill(15, 0) },
      { partition: -1 },
      { partition: 2 ** 32 },
      { offset: 1.5 },
      { offset: 2 ** 53 },
      { appendTimeMs: -1 },
      { appendTimeMs: Number.NaN },
      { valueHash: fill(31, 0) },
      { signed: { header: fill(0, 0), signature: fill(64, 0) } },
      { signed: { header: fill(1_025, 0), signature: fill(64, 0) } },
      { signed: { header: fill(1, 0), signature: fill(63, 0) } },
    ]) {
      assert.throws(() => encodeEntry({ ...entry, ...change }), isBadEntry);
    }
  });

  test('decoding: every truncation, anything appended, another magic, a longer header, numbers beyond 2^53', () => {
    const bytes = encodeEntry(entry);
    for (let length = 0; length < bytes.length; length += 1) {
      assert.throws(() => decodeEntry(bytes.subarray(0, length)), isBadEntry);
    }
    assert.throws(() => decodeEntry(Buffer.concat([bytes, Buffer.of(0)])), isBadEntry);
    for (let at = 0; at < 20; at += 1) assert.throws(() => decodeEntry(bytes.with(at, 0x7f)), isBadEntry);
    assert.throws(() => decodeEntry(bytes.with(40, 0xff)), isBadEntry);
    assert.throws(() => decodeEntry(bytes.with(48, 0xff)), isBadEntry);
    assert.throws(() => decodeEntry(bytes.with(88, 0xff)), isBadEntry);
    assert.throws(() => decodeEntry(bytes.with(89, 6)), isBadEntry);
    // A header of no bytes is no header: then nothing may follow.
    assert.throws(() => decodeEntry(bytes.with(89, 0)), isBadEntry);
  });
});
