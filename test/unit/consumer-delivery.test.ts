import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Table } from '../../services/consumer/blocks/index.js';
import {
  decideDelivery,
  decideStart,
  type PartitionFacts,
  type StoredRows,
  tokenIsHeld,
} from '../../services/consumer/delivery.js';
import type { StopCode } from '../../services/consumer/errors.js';

const incarnation = 'a'.repeat(32);
const digest = 'd'.repeat(64);
const nowhere: Record<Table, number> = { events: 0, quarantine: 0, batches: 0 };

/** A partition that was delivered up to offset 100 and has 20 records more in Kafka. */
const facts = (change: Partial<PartitionFacts> = {}): PartitionFacts => ({
  incarnation,
  committed: { offset: 100, metadata: { incarnation, generation: 0 } },
  above: nowhere,
  doneAbove: 100,
  intended: undefined,
  log: { low: 0, high: 120 },
  ...change,
});
/** The same, with an intent for offsets 100–109. */
const begun = (change: Partial<PartitionFacts> = {}): PartitionFacts =>
  facts({
    committed: { offset: 100, metadata: { incarnation, generation: 3, intent: { last: 109, digest } } },
    intended: { rows: 0, distinct: 0, digest: '' },
    ...change,
  });

describe('where a partition begins', () => {
  const begins: [string, PartitionFacts, object][] = [
    [
      'a group without an offset and tables without rows begin at 0',
      facts({ committed: undefined, doneAbove: 0 }),
      { kind: 'begin', next: 0, generation: 0, compare: undefined },
    ],
    [
      'an offset of another incarnation counts as none',
      facts({ committed: { offset: 7, metadata: { incarnation: 'b'.repeat(32), generation: 2 } }, doneAbove: 0 }),
      { kind: 'begin', next: 0, generation: 0, compare: undefined },
    ],
    [
      'a done position goes on behind the last record, which is compared',
      facts(),
      { kind: 'begin', next: 100, generation: 0, compare: 99 },
    ],
    [
      'an offset that somebody set by hand is a done position',
      facts({ committed: { offset: 100, metadata: undefined } }),
      { kind: 'begin', next: 100, generation: 0, compare: 99 },
    ],
    [
      'where retention took the last done record, there is nothing to compare',
      facts({ log: { low: 100, high: 120 } }),
      { kind: 'begin', next: 100, generation: 0, compare: undefined },
    ],
    [
      'an intent without rows is finished',
      begun(),
      { kind: 'finish', next: 100, generation: 3, compare: 99, intent: { first: 100, last: 109, digest } },
    ],
    [
      'an intent with rows in some tables is finished',
      begun({ above: { events: 110, quarantine: 108, batches: 0 } }),
      { kind: 'finish', next: 100, generation: 3, compare: 99, intent: { first: 100, last: 109, digest } },
    ],
    [
      'an intent whose batches are all there is done, even when Kafka holds its records no more',
      begun({
        above: { events: 110, quarantine: 0, batches: 110 },
        intended: { rows: 10, distinct: 10, digest },
        log: { low: 110, high: 120 },
      }),
      { kind: 'begin', next: 110, generation: 3, compare: undefined },
    ],
  ];
  for (const [name, given, expected] of begins) test(name, () => assert.deepEqual(decideStart(given), expected));

  const stops: [string, PartitionFacts, StopCode][] = [
    [
      'rows without a group offset',
      facts({ committed: undefined, doneAbove: 0, above: { ...nowhere, batches: 50 } }),
      'rows_without_intent',
    ],
    ['rows at a position that announces none', facts({ above: { ...nowhere, events: 101 } }), 'rows_without_intent'],
    ['rows above an intent', begun({ above: { ...nowhere, quarantine: 111 } }), 'rows_without_intent'],
    ['a position above the rows', facts({ doneAbove: 90 }), 'rows_missing'],
    ['a position with no rows at all', facts({ doneAbove: 0 }), 'rows_missing'],
    ['records deleted before they were stored', facts({ log: { low: 105, high: 120 } }), 'range_gone'],
    [
      'a topic whose first records are gone',
      facts({ committed: undefined, doneAbove: 0, log: { low: 3, high: 9 } }),
      'range_gone',
    ],
    ['intended records deleted before they were stored', begun({ log: { low: 101, high: 120 } }), 'range_gone'],
    ['a topic that ends below the position', facts({ log: { low: 0, high: 99 } }), 'topic_recreated'],
    ['a topic that ends within the intent', begun({ log: { low: 0, high: 105 } }), 'topic_recreated'],
    ['two rows for a record', begun({ intended: { rows: 11, distinct: 10, digest } }), 'rows_contradict'],
    [
      'other records than intended',
      begun({ intended: { rows: 10, distinct: 10, digest: 'e'.repeat(64) } }),
      'rows_contradict',
    ],
  ];
  for (const [name, given, code] of stops) {
    test(`${name}: ${code}`, () => {
      const start = decideStart(given);
      assert.equal(start.kind === 'stop' ? start.code : start.kind, code);
    });
  }

  test('whatever the facts, nothing above the position is skipped and nothing below it is read again', () => {
    const offset = fc.integer({ min: 0, max: 12 });
    const arbitraryFacts = fc.record({
      incarnation: fc.constant(incarnation),
      committed: fc.option(
        fc.record({
          offset: fc.integer({ min: -1, max: 12 }),
          metadata: fc.option(
            fc.record({
              incarnation: fc.constant(incarnation),
              generation: fc.constant(0),
              intent: fc.record({ last: offset, digest: fc.constant(digest) }),
            }),
            { nil: undefined },
          ),
        }),
        { nil: undefined },
      ),
      above: fc.record({ events: offset, quarantine: offset, batches: offset }),
      doneAbove: offset,
      intended: fc.record({ rows: offset, distinct: offset, digest: fc.constantFrom(digest, '') }),
      log: fc.record({ low: offset, high: offset }),
    }) as fc.Arbitrary<PartitionFacts>;
    fc.assert(
      fc.property(arbitraryFacts, (given) => {
        const start = decideStart(given);
        if (start.kind === 'stop') return;
        const position = Math.max(0, given.committed?.offset ?? 0);
        // Below zero the group has no offset, and what is beside it says nothing.
        const intent = (given.committed?.offset ?? -1) < 0 ? undefined : given.committed?.metadata?.intent;
        const isDone = intent !== undefined && start.kind === 'begin';
        assert.equal(start.next, isDone ? intent.last + 1 : position);
        if (isDone) assert.equal(given.intended?.rows, intent.last - position + 1);
        assert.ok(start.next >= given.log.low && start.next <= given.log.high);
        assert.equal(given.committed === undefined || given.committed.offset < 0 ? 0 : given.doneAbove, position);
      }),
    );
  });
});

describe('what of an intended range is inserted', () => {
  const intent = { first: 100, last: 109, digest };
  const expected = { events: 40, quarantine: 2, batches: 10 };
  const none: StoredRows = { rows: 0, distinct: 0, tokenHeld: false };
  const whole = (rows: number): StoredRows => ({ rows, distinct: rows, tokenHeld: false });
  const decide = (stored: Record<Table, StoredRows>, wanted = expected) => {
    const decision = decideDelivery({ intent, expected: wanted, stored });
    return decision.kind === 'insert' ? decision.tables : decision.code;
  };

  const cases: [string, Record<Table, StoredRows>, Table[] | StopCode][] = [
    [
      'nothing is there: all of it',
      { events: none, quarantine: none, batches: none },
      ['events', 'quarantine', 'batches'],
    ],
    ['events are there: the rest', { events: whole(40), quarantine: none, batches: none }, ['quarantine', 'batches']],
    ['only batches lack: batches', { events: whole(40), quarantine: whole(2), batches: none }, ['batches']],
    ['all is there: nothing', { events: whole(40), quarantine: whole(2), batches: whole(10) }, []],
    [
      'a part whose token is held is filled up',
      { events: { rows: 7, distinct: 7, tokenHeld: true }, quarantine: none, batches: none },
      ['events', 'quarantine', 'batches'],
    ],
    [
      'a part whose token may be forgotten stops',
      { events: whole(7), quarantine: none, batches: none },
      'partly_stored',
    ],
    [
      'rows twice stop',
      { events: { rows: 80, distinct: 40, tokenHeld: true }, quarantine: none, batches: none },
      'rows_contradict',
    ],
    ['more rows than the records give stop', { events: whole(41), quarantine: none, batches: none }, 'rows_contradict'],
    [
      'a later table before an earlier one stops',
      { events: none, quarantine: whole(2), batches: none },
      'rows_contradict',
    ],
  ];
  for (const [name, stored, result] of cases) test(name, () => assert.deepEqual(decide(stored), result));

  test('a table that the records give no rows for is left alone', () => {
    assert.deepEqual(
      decide({ events: none, quarantine: none, batches: none }, { events: 0, quarantine: 0, batches: 1 }),
      ['batches'],
    );
  });

  test('a token counts as remembered only while fewer blocks came after it than the window holds', () => {
    assert.equal(tokenIsHeld({ windowBlocks: 10_000, blocksSince: 9_999 }), true);
    assert.equal(tokenIsHeld({ windowBlocks: 10_000, blocksSince: 10_000 }), false);
    assert.equal(tokenIsHeld({ windowBlocks: 0, blocksSince: 0 }), false);
  });
});
