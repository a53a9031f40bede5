import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeEventRows, eventColumns, rowToWire } from '../../services/core/rows/index.js';
import { RowBinaryReader } from '../../services/core/rows/row-binary.js';
import { decodeEvent, encodeEvent } from '../../services/core/wire/index.js';
import { eventParts } from '../support/judging.js';

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 128))];
const text = (value: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from(varint(bytes.length)), bytes]);
};
const number = (bytes: number, value: bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64LE(value);
  return buffer.subarray(0, bytes);
};

/** A row as ClickHouse would write it, with the given columns in place of the usual ones. */
function row(change: Record<string, Buffer> = {}): { bytes: Buffer; event: ReturnType<typeof decodeEvent> } {
  const event = decodeEvent(
    eventParts({ related: [{ type: 'team', id: 't1' }], ip: '10.0.0.1', details: { a: 'ü' }, correlation_id: 'c' }),
  );
  const { body, identity, content } = event;
  const id = Buffer.concat([Buffer.from(body.id.subarray(0, 8)).reverse(), Buffer.from(body.id.subarray(8)).reverse()]);
  const columns: Record<string, Buffer> = {
    incarnation: Buffer.alloc(16, 7),
    partition: number(4, 3n),
    offset: number(8, 2n ** 40n),
    idx: number(2, 999n),
    lane: number(4, 2n),
    seq: number(8, 17n),
    append_time: number(8, 1_700_000_000_000n),
    id_time: id.subarray(0, 8),
    id_random: id.subarray(8),
    occurred_at: number(8, BigInt(body.occurred_at)),
    scope: number(1, 1n),
    actor_type: number(1, 1n),
    kind: number(1, 0n),
    outcome: number(1, 0n),
    related_type: Buffer.concat([Buffer.from([1]), text('team')]),
    related_id: Buffer.concat([Buffer.from([1]), text('t1')]),
    ip_bytes: text(identity.ip),
    identity_digest: text(''),
    content_digest: text(''),
    ...change,
  };
  const fields = { ...body, ...identity, ...content } as unknown as Record<string, string>;
  return { bytes: Buffer.concat(eventColumns.map((name) => columns[name] ?? text(fields[name]!))), event };
}

describe('a row of events', () => {
  test('is the event again, to the byte', () => {
    const { bytes, event } = row();
    const [read, ...others] = decodeEventRows(bytes);
    assert.equal(others.length, 0);
    assert.deepEqual(encodeEvent(rowToWire(read!)), encodeEvent(event));
    const { partition, offset, idx, lane, seq, append_time, malformed } = read!;
    assert.deepEqual([partition, offset, idx, lane, seq], [3, 2 ** 40, 999, 2, 17]);
    assert.equal(append_time, 1_700_000_000_000);
    assert.deepEqual(malformed, []);
  });

  test('that holds bytes which are no UTF-8 says so, though they read like a signed U+FFFD', () => {
    const [altered] = decodeEventRows(row({ message: text(Uint8Array.of(0xff)) }).bytes);
    assert.deepEqual([altered!.message, altered!.malformed], ['\ufffd', ['message']]);
    const [genuine] = decodeEventRows(row({ message: text('\ufffd') }).bytes);
    assert.deepEqual([genuine!.message, genuine!.malformed], ['\ufffd', []]);
  });

  test('whose array lost its partner says so', () => {
    const two = Buffer.concat([Buffer.from([2]), text('t1'), text('t2')]);
    assert.deepEqual(decodeEventRows(row({ related_id: two }).bytes)[0]!.malformed, ['related_type', 'related_id']);
  });

  test('that is cut off is refused', () => {
    const { bytes } = row();
    for (let length = 1; length < bytes.length; length += 1) {
      assert.throws(() => decodeEventRows(bytes.subarray(0, length)), RangeError);
    }
  });

  test('keeps numbers beyond 2^53 apart from every signed one', () => {
    const reader = new RowBinaryReader(Buffer.concat([number(8, -1n), number(8, -1n), number(8, 2n ** 53n)]));
    assert.equal(reader.long(true), -1);
    assert.ok(reader.long(false) > Number.MAX_SAFE_INTEGER);
    assert.ok(reader.long(true) > Number.MAX_SAFE_INTEGER);
  });
});
