import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AssignmentLost, DeliveryStop } from '../../services/consumer/errors.js';
import { decodeMetadata, encodeMetadata, insertToken, maxMetadataBytes } from '../../services/consumer/intent.js';
import { createMembership } from '../../services/consumer/membership.js';
import { belongs, emptyRange, grown, monthOf, rangeDigest } from '../../services/consumer/range.js';
import type { TopicRecord } from '../../services/core/judge/index.js';
import { startHeartbeats } from '../../services/core/reading/index.js';
import { sha256 } from '../../services/core/seal/index.js';

const incarnation = '00112233445566778899aabbccddeeff';
const digest = 'ab'.repeat(32);

describe('the metadata of a commit', () => {
  test('says what is intended, and reads back as it was written', () => {
    const intended = { incarnation, generation: 2, intent: { last: 41, digest } };
    assert.deepEqual(decodeMetadata(encodeMetadata(intended)), intended);
    const done = { incarnation, generation: 0 };
    assert.deepEqual(decodeMetadata(encodeMetadata(done)), done);
  });

  test('fits what Kafka takes, at the largest offsets', () => {
    const largest = Number.MAX_SAFE_INTEGER;
    const text = encodeMetadata({ incarnation, generation: largest, intent: { last: largest, digest } });
    assert.ok(text.length < maxMetadataBytes / 10);
    assert.throws(() => encodeMetadata({ incarnation: 'a'.repeat(5_000), generation: 0 }), /Kafka takes 4096/);
  });

  const foreign = [
    'consumer-1',
    '{}',
    'null',
    '[]',
    '{"v":2}',
    `{"v":1,"incarnation":"${incarnation}","generation":-1}`,
  ]
    .concat(`{"v":1,"incarnation":"${incarnation}","generation":0,"last":4}`)
    .concat(`{"v":1,"incarnation":"${incarnation}","generation":0,"last":4,"digest":"${digest.toUpperCase()}"}`);
  for (const text of foreign) {
    test(`${text} is not ours, and the partition stops`, () => {
      assert.throws(
        () => decodeMetadata(text),
        (error) => error instanceof DeliveryStop && error.code === 'intent_unreadable',
      );
    });
  }
});

test('a token names incarnation, partition, range, digest, generation and table', () => {
  const token = (generation: number, table: string) =>
    insertToken({ incarnation, partition: 3, intent: { first: 10, last: 41, digest }, generation, table });
  assert.equal(token(0, 'events'), `${incarnation}/3/10-41/${digest}/0/events`);
  assert.notEqual(token(0, 'events'), token(1, 'events'));
  assert.notEqual(token(0, 'events'), token(0, 'batches'));
});

test('a digest is over the hashes in their order', () => {
  const hashes = [sha256('a'), sha256('b')];
  assert.equal(rangeDigest(hashes), sha256(...hashes).toString('hex'));
  assert.notEqual(rangeDigest(hashes), rangeDigest(hashes.toReversed()));
});

describe('a range', () => {
  const record = (appendTimeMs = Date.UTC(2026, 0, 31), bytes = 10): TopicRecord => ({
    partition: 0,
    offset: 0,
    appendTimeMs,
    value: Buffer.alloc(bytes),
  });
  const bounds = { records: 3, rows: 3_000, bytes: 100 };
  const filled = (rows: number[], bytes = 10) =>
    rows.reduce((range, count) => grown(range, record(undefined, bytes), count), emptyRange);

  test('takes one record however large', () => assert.ok(belongs(emptyRange, record(undefined, 1_000), bounds)));
  test('ends at its number of records', () => {
    assert.ok(belongs(filled([1, 1]), record(), bounds));
    assert.ok(!belongs(filled([1, 1, 1]), record(), bounds));
  });
  test('ends where the largest record could pass its rows', () => {
    assert.ok(belongs(filled([1_000, 1_000]), record(), bounds));
    assert.ok(!belongs(filled([1_000, 1_001]), record(), bounds));
  });
  test('ends where its bytes would pass', () => {
    assert.ok(belongs(filled([1], 90), record(), bounds));
    assert.ok(!belongs(filled([1], 91), record(), bounds));
  });
  test('ends with the month, so that a block is one part', () => {
    assert.ok(belongs(filled([1]), record(Date.UTC(2026, 0, 31, 23, 59, 59, 999)), bounds));
    assert.ok(!belongs(filled([1]), record(Date.UTC(2026, 1, 1)), bounds));
    assert.equal(monthOf(Date.UTC(2026, 11, 31, 23)), 202612);
  });
});

describe('a membership', () => {
  test('permits while its proof is young, by whichever clock went further', () => {
    let wall = 0;
    let steady = 0;
    const membership = createMembership({ trustMs: 100, wallClock: () => wall, steadyClock: () => steady });
    assert.throws(() => membership.permit(), AssignmentLost);
    membership.prove(0);
    steady = 100;
    membership.permit();
    wall = 101;
    assert.throws(() => membership.permit(), AssignmentLost);
    membership.prove(101);
    membership.permit();
    steady = 201;
    wall = 0;
    assert.throws(() => membership.permit(), /101 ms ago/);
  });

  test('is as old as the request that was confirmed, not as the answer, and no earlier request makes it older', () => {
    let now = 1_000;
    const membership = createMembership({ trustMs: 100, wallClock: () => now, steadyClock: () => now });
    membership.prove(1_000);
    now = 5_000;
    membership.prove(1_001);
    assert.equal(membership.age(), 3_999);
    assert.throws(() => membership.permit(), AssignmentLost);
    membership.prove(4_950);
    membership.prove(4_900);
    assert.equal(membership.age(), 50);
    membership.permit();
  });
});

describe('heartbeats', () => {
  test('what Kafka answers to one ends the waits and the next range', async () => {
    const refused = new Error('REBALANCE_IN_PROGRESS');
    const heartbeats = startHeartbeats({ heartbeat: () => Promise.reject(refused), everyMs: 1 });
    heartbeats.check();
    await assert.rejects(heartbeats.during(new Promise(() => {})), refused);
    assert.throws(() => heartbeats.check(), refused);
    heartbeats.stop();
  });

  test('a wait that ends in time gives what it gives', async () => {
    const heartbeats = startHeartbeats({ heartbeat: async () => {}, everyMs: 1 });
    assert.equal(await heartbeats.during(Promise.resolve(7)), 7);
    heartbeats.check();
    heartbeats.stop();
  });
});
