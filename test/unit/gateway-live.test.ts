import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createBudget } from '../../services/gateway/live/budget.js';
import { type LiveEvent, liveEvents } from '../../services/gateway/live/live-event.js';
import { createRing } from '../../services/gateway/live/ring.js';
import { eventParts, nowMs, testPartition, testProducer, testRegistry } from '../support/judging.js';

const events = (offset: number, count: number): LiveEvent[] =>
  Array.from({ length: count }, (_, idx) => ({ offset, idx, json: `${offset}/${idx}` }) as LiveEvent);
const places = (found: LiveEvent[]): string[] => found.map(({ offset, idx }) => `${offset}/${idx}`);

describe('the memory of a partition', () => {
  test('gives every event at or above a position that it still reaches back to, once and in order', () => {
    const step = fc.record({ skip: fc.nat(3), count: fc.nat(4), bytes: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(200), fc.nat(4), (steps, wanted, idx) => {
        const ring = createRing({ start: 5, maxBytes: 200 });
        const all: LiveEvent[] = [];
        for (const { skip, count, bytes } of steps) {
          const offset = ring.next + skip;
          all.push(...events(offset, count));
          ring.push(offset, events(offset, count), bytes);
        }
        const position = { offset: Math.max(wanted, ring.from), idx };
        const expected = all.filter(
          (event) => event.offset > position.offset || (event.offset === position.offset && event.idx >= idx),
        );
        assert.deepEqual(places(ring.read(position, 1_000)), places(expected));
        assert.deepEqual(places(ring.read(position, 3)), places(expected).slice(0, 3));
      }),
    );
  });

  test('lets the oldest records go when it is full, and says how far it reaches back', () => {
    const ring = createRing({ start: 0, maxBytes: 100 });
    for (let offset = 0; offset < 5_000; offset += 1) ring.push(offset, events(offset, 1), 10);
    assert.deepEqual([ring.from, ring.next], [4_990, 5_000]);
    assert.equal(ring.read({ offset: ring.from, idx: 0 }, 100).length, 10);
  });

  test('holds nothing of a record that is larger than all of it', () => {
    const ring = createRing({ start: 0, maxBytes: 100 });
    ring.push(0, events(0, 3), 101);
    assert.deepEqual([ring.from, ring.next], [1, 1]);
  });

  test('reaches across records without events', () => {
    const ring = createRing({ start: 7, maxBytes: 100 });
    ring.push(7, [], 0);
    ring.push(8, [], 0);
    assert.deepEqual([ring.from, ring.next], [7, 9]);
  });
});

describe('the events of a judged record', () => {
  test('are the accepted ones, answered as history answers them', () => {
    const world = testRegistry();
    const producer = testProducer();
    world.register(producer.key, 'shop', { organizations: ['acme'] });
    const partition = testPartition(world);
    partition.mark();
    partition.write(producer.open());
    const parts = ['acme', 'globex', 'acme'].map((organization_id, n) =>
      eventParts({ organization_id, message: `m${n}`, ip: '::1', details: { n } }),
    );
    const { value } = producer.record('data', parts);
    const record = { partition: 0, offset: 2, appendTimeMs: nowMs, value };
    const found = liveEvents(record, partition.write(value));
    assert.deepEqual(places(found), ['2/0', '2/2']);
    const answer = JSON.parse(found[1]!.json);
    assert.deepEqual([answer.message, answer.ip, answer.details], ['m2', '::1', { n: 2 }]);
    assert.equal(answer.recorded_at, '2026-01-02T03:04:05.000000Z');
  });

  test('are none where the record was quarantined', () => {
    const partition = testPartition(testRegistry());
    const record = { partition: 0, offset: 0, appendTimeMs: nowMs, value: Buffer.from('junk') };
    assert.deepEqual(liveEvents(record, partition.write(record.value)), []);
  });
});

describe('a budget of messages', () => {
  test('lets a burst through, and then so many a second', () => {
    let now = 0;
    const budget = createBudget({ perSecond: 10, burst: 3, nowMs: () => now });
    const taken = (): number => Array.from({ length: 20 }, () => budget.take()).filter(Boolean).length;
    assert.equal(taken(), 3);
    now = 200;
    assert.equal(taken(), 2);
    now = 100_000;
    assert.equal(taken(), 3);
  });
});
