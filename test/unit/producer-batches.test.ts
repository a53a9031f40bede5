import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Clock } from '../../services/producer/clock.js';
import type { QueuedEvent } from '../../services/producer/intake.js';
import { type BatchQueue, createBatchQueue, lingerMore } from '../../services/producer/lane/batch-queue.js';
import { laneForKey, placeLanes } from '../../services/producer/lane/placement.js';
import { createQueueBudget } from '../../services/producer/queue-budget.js';
import { splitRecords } from '../../services/producer/receipts.js';
import { eventParts } from '../support/judging.js';

/** Time that passes only when told to. */
function handClock(): Clock & { pass(ms: number): void } {
  let nowMs = 1_000;
  let timers: { atMs: number; run: () => void }[] = [];
  return {
    now: () => nowMs,
    after(ms, run) {
      const timer = { atMs: nowMs + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        nowMs = next.atMs;
        next.run();
      }
      nowMs = endMs;
    },
  };
}

const parts = eventParts();
const queued = (id: string, bytes = 100): QueuedEvent => ({ id, parts, bytes, waiter: undefined, held: false });
const settled = () => new Promise(setImmediate);

type Job = { kind: 'job'; name: string };

describe('a batch', () => {
  let clock: ReturnType<typeof handClock>;
  let queue: BatchQueue<Job>;
  let taken: string[];
  const limits = { maxEvents: 4, maxBytes: 1_000, lingerMs: 20 };

  /** Takes whatever comes, as a lane does, and writes down what. */
  const takeAll = async (): Promise<void> => {
    for (;;) {
      const work = await queue.next();
      taken.push(work.kind === 'events' ? work.events.map(({ id }) => id).join('') : work.name);
    }
  };
  const push = (ids: string, bytes?: number): void => {
    for (const id of ids) queue.push(queued(id, bytes));
  };

  beforeEach(() => {
    clock = handClock();
    queue = createBatchQueue<Job>({ limits, clock });
    taken = [];
    void takeAll();
  });

  test('closes by count', async () => {
    push('abcdef');
    await settled();
    assert.deepEqual(taken, ['abcd']);
  });

  test('closes by bytes, and never holds more', async () => {
    push('ab', 500);
    await settled();
    assert.deepEqual(taken, ['ab']);
    push('c', 400);
    push('d', 700);
    await settled();
    assert.deepEqual(taken, ['ab', 'c']);
  });

  test('closes by time, counted from its first event', async () => {
    push('a');
    clock.pass(15);
    push('b');
    await settled();
    assert.deepEqual(taken, []);
    clock.pass(5);
    await settled();
    assert.deepEqual(taken, ['ab']);
    push('c');
    clock.pass(19);
    await settled();
    assert.deepEqual(taken, ['ab']);
    clock.pass(1);
    await settled();
    assert.deepEqual(taken, ['ab', 'c']);
  });

  test('lets a large event go alone, in its place', async () => {
    push('ab');
    push('X', 5_000);
    push('c');
    clock.pass(20);
    await settled();
    assert.deepEqual(taken, ['ab', 'X', 'c']);
  });

  test('closes before a job, which nothing overtakes', async () => {
    push('ab');
    queue.pushJob({ kind: 'job', name: '(job)' });
    push('c');
    await settled();
    assert.deepEqual(taken, ['ab', '(job)']);
    clock.pass(20);
    await settled();
    assert.deepEqual(taken, ['ab', '(job)', 'c']);
  });
});

describe('a batch that nobody takes yet', () => {
  test('goes on filling up to its limits', async () => {
    const clock = handClock();
    const queue = createBatchQueue<Job>({ limits: { maxEvents: 4, maxBytes: 1_000, lingerMs: 20 }, clock });
    for (const id of 'abcdef') {
      queue.push(queued(id));
      clock.pass(30);
    }
    const first = await queue.next();
    assert.ok(first.kind === 'events');
    assert.deepEqual(
      first.events.map(({ id }) => id),
      ['a', 'b', 'c', 'd'],
    );
    assert.equal(queue.drain().length, 1);
    assert.ok(queue.isEmpty);
  });
});

describe('lingering', () => {
  const limits = { lingerMs: 20, maxEvents: 500 };

  test('ends at lingerMs for a trickle and for a burst whose senders wait', () => {
    assert.equal(lingerMore({ count: 1, ageMs: 12, quietMs: 12 }, limits), 8);
    assert.equal(lingerMore({ count: 3, ageMs: 20, quietMs: 1 }, limits), 0);
    assert.equal(lingerMore({ count: 200, ageMs: 20, quietMs: 18 }, limits), 0);
  });

  test('goes on under load until 250 events are there, at most ten times as long', () => {
    assert.equal(lingerMore({ count: 60, ageMs: 20, quietMs: 1 }, limits), 5);
    assert.equal(lingerMore({ count: 250, ageMs: 90, quietMs: 1 }, limits), 0);
    assert.equal(lingerMore({ count: 249, ageMs: 200, quietMs: 1 }, limits), 0);
  });

  test('can be turned off', () => {
    assert.equal(lingerMore({ count: 1, ageMs: 0, quietMs: 0 }, { lingerMs: 0, maxEvents: 500 }), 0);
  });
});

describe('the memory of a producer', () => {
  test('takes all events of a call or none, and gives back once', () => {
    const budget = createQueueBudget({ limits: { maxEvents: 3, maxBytes: 1_000 } });
    const two = [queued('a'), queued('b')];
    budget.take(two);
    assert.throws(() => budget.take([queued('c'), queued('d')]), { code: 'producer_overflow', message: /maxEvents=3/ });
    assert.throws(() => budget.take([queued('c', 900)]), { code: 'producer_overflow', message: /maxBytes=1000/ });
    assert.deepEqual([budget.events, budget.bytes], [2, 200]);
    budget.release(two);
    budget.release(two);
    assert.deepEqual([budget.events, budget.bytes], [0, 0]);
  });
});

describe('records of their own', () => {
  test('are as few as the limits of a record allow', () => {
    const small = Array.from({ length: 2_001 }, (_, n) => queued(String(n)));
    assert.deepEqual(
      splitRecords(small).map(({ length }) => length),
      [1_000, 1_000, 1],
    );
    const large = Array.from({ length: 7 }, (_, n) => queued(String(n), 280_000));
    assert.deepEqual(
      splitRecords(large).map(({ length }) => length),
      [3, 3, 1],
    );
  });
});

describe('lanes', () => {
  test('as many as partitions stand each on its own number', () => {
    assert.deepEqual(placeLanes({ lanes: 'partitions', partitions: 4, producerId: 'shop' }), [0, 1, 2, 3]);
    assert.deepEqual(placeLanes({ lanes: 4, partitions: 4, producerId: 'other' }), [0, 1, 2, 3]);
  });

  test('of many small producers spread over the partitions, and stay where they are', () => {
    const place = (n: number): number => placeLanes({ lanes: 1, partitions: 8, producerId: `shop-${n}` })[0]!;
    const counts = Array<number>(8).fill(0);
    for (let n = 0; n < 800; n += 1) counts[place(n)]! += 1;
    assert.ok(Math.min(...counts) > 60, counts.join(' '));
    assert.equal(place(7), place(7));
  });

  test('never share a partition', () => {
    for (let lanes = 1; lanes <= 8; lanes += 1) {
      const placed = placeLanes({ lanes, partitions: 8, producerId: 'shop' });
      assert.equal(new Set(placed).size, lanes);
    }
  });

  test('more than there are partitions are refused', () => {
    assert.throws(() => placeLanes({ lanes: 9, partitions: 8, producerId: 'shop' }), { code: 'producer_config' });
  });

  test('take everything with one key in one of them', () => {
    const used = new Set(Array.from({ length: 200 }, (_, n) => laneForKey(`key-${n}`, 4)));
    assert.deepEqual([...used].sort(), [0, 1, 2, 3]);
    assert.equal(laneForKey('acme', 4), laneForKey('acme', 4));
  });
});
