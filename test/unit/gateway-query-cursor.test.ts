import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeIngestCursor, encodeIngestCursor, positionOf } from '../../services/core/cursor/index.js';
import { Problem } from '../../services/gateway/errors.js';
import { readParameters } from '../../services/gateway/query/filter.js';
import { decodePageCursor, encodePageCursor, pageBinding } from '../../services/gateway/query/page-cursor.js';

const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));
const offset = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const position = fc.record({ offset, idx: fc.nat(1_000) }, { noNullPrototype: true });
const cursor = fc.record({
  incarnation: bytes16,
  positions: fc.array(fc.tuple(fc.nat(5_000), position), { maxLength: 20 }).map((pairs) => new Map(pairs)),
});

describe('an ingest cursor', () => {
  test('says the same after its way through text', () => {
    fc.assert(
      fc.property(cursor, (original) => {
        const read = decodeIngestCursor(encodeIngestCursor(original))!;
        assert.deepEqual(read.incarnation, original.incarnation);
        assert.deepEqual([...read.positions].sort(), [...original.positions].sort());
      }),
    );
  });

  test('is short and fits into a URL', () => {
    const positions = new Map([0, 1, 2, 3].map((at) => [at, { offset: 1_000_000 + at, idx: 0 }]));
    const text = encodeIngestCursor({ incarnation: randomBytes(16), positions });
    assert.ok(text.length <= 60, text);
    assert.match(text, /^[\w-]+$/);
  });

  test('is taken back where a topic has many partitions', () => {
    const place = (at: number) => [at, { offset: 1_000_000_000 + at, idx: 499 }] as const;
    const positions = new Map(Array.from({ length: 500 }, (_, at) => place(at)));
    const since = encodeIngestCursor({ incarnation: randomBytes(16), positions });
    assert.deepEqual(readParameters({ since }).get('since'), [since]);
  });

  test('is the same text for the same place, whatever the order in which partitions were named', () => {
    const incarnation = randomBytes(16);
    const pairs: [number, { offset: number; idx: number }][] = [
      [2, { offset: 5, idx: 1 }],
      [0, { offset: 9, idx: 0 }],
    ];
    assert.equal(
      encodeIngestCursor({ incarnation, positions: new Map(pairs) }),
      encodeIngestCursor({ incarnation, positions: new Map(pairs.toReversed()) }),
    );
  });

  test('is refused when a character is changed, added or cut off', () => {
    fc.assert(
      fc.property(cursor, fc.nat(), (original, at) => {
        const text = encodeIngestCursor(original);
        const spot = at % text.length;
        const other = text[spot] === 'A' ? 'B' : 'A';
        for (const damaged of [
          text.slice(0, spot) + other + text.slice(spot + 1),
          text.slice(0, spot),
          `${text}A`,
          `${text.slice(0, spot)} ${text.slice(spot)}`,
        ]) {
          assert.equal(decodeIngestCursor(damaged), undefined);
        }
      }),
    );
  });

  test('is refused for any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(decodeIngestCursor(text), undefined)));
  });

  test('stands at the beginning of a partition that it does not name', () => {
    assert.deepEqual(positionOf({ incarnation: randomBytes(16), positions: new Map() }, 7), { offset: 0, idx: 0 });
  });
});

describe('a page cursor', () => {
  const acme = { kind: 'organizations', organizations: ['acme', 'globex'] } as const;
  const filters = new Map([['action', ['login']]]);
  const end = { occurred_at: 1_700_000_000_123_456, partition: 3, offset: 77, idx: 9, incarnation: randomBytes(16) };

  test('gives back where the page ended', () => {
    const binding = pageBinding(acme, filters);
    assert.deepEqual(decodePageCursor(encodePageCursor(binding, end), binding), end);
  });

  test('does not mind the order in which organizations and filters are named', () => {
    const more = new Map([...filters, ['actor', ['u1']]]);
    const turned = { kind: 'organizations', organizations: ['globex', 'acme'] } as const;
    assert.deepEqual(pageBinding(acme, more), pageBinding(turned, new Map([...more].reverse())));
  });

  test('is refused for another tenant, another filter, and as the cursor of a collector', () => {
    const text = encodePageCursor(pageBinding(acme, filters), end);
    for (const binding of [
      pageBinding({ kind: 'organizations', organizations: ['acme'] }, filters),
      pageBinding({ kind: 'organizations', organizations: '*' }, filters),
      pageBinding({ kind: 'system' }, filters),
      pageBinding(acme, new Map([['action', ['logout']]])),
      pageBinding(acme, new Map()),
    ]) {
      assert.throws(() => decodePageCursor(text, binding), Problem);
    }
    assert.equal(decodeIngestCursor(text), undefined);
  });
});
