import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Api } from '../../services/console/src/api/call.js';
import type { AuditEvent } from '../../services/console/src/api/types.js';
import { type Clock, createTail, mostNew } from '../../services/console/src/explore/tail.js';
import type { Live, LiveHandlers } from '../../services/console/src/live/live.js';
import { createSlots } from '../../services/console/src/ui/slots.js';
import { createTurns } from '../../services/console/src/ui/turns.js';

/** Time that stands still until it is moved; a frame every 16 ms, as long as the page is seen. */
function createTestClock() {
  let nowMs = 0;
  let seen = true;
  const timers: { atMs: number; run: () => void }[] = [];
  let frames: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    after: (ms, run) => timers.push({ atMs: nowMs + ms, run }),
    withFrame: (run) => frames.push(run),
  };
  return {
    clock,
    see: (on: boolean) => {
      seen = on;
    },
    pass(ms: number) {
      for (const until = nowMs + ms; nowMs < until; nowMs++) {
        for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
          timers.splice(timers.indexOf(timer), 1);
          timer.run();
        }
        if (!seen || nowMs % 16 !== 0) continue;
        const drawn = frames;
        frames = [];
        for (const run of drawn) run();
      }
    },
    work: (ms: number) => {
      nowMs += ms;
    },
  };
}

let made = 0;
const events = (count: number): AuditEvent[] =>
  Array.from({ length: count }, () => ({ id: `e${made++}`, occurred_at: new Date(made).toISOString() }) as AuditEvent);

async function startTail() {
  const time = createTestClock();
  let handlers: LiveHandlers | undefined;
  const api = { get: async () => ({ next_cursor: 'here' }) } as unknown as Api;
  const live = {
    events: (_: unknown, given: LiveHandlers) => {
      handlers = given;
      return { stop() {} };
    },
  } as unknown as Live;
  const tail = createTail({ api, live, clock: time.clock });
  await new Promise<void>((ready) => tail.start({ base: '/api/audit', query: {}, ready }));
  let draws = 0;
  let workMs = 0;
  tail.shown.subscribe(() => {
    draws++;
    time.work(workMs);
  });
  return {
    tail,
    time,
    come: (some: AuditEvent[]) => handlers!.onEvents(some, 'here'),
    drawsWhile(run: () => void, costMs = 0): number {
      const before = draws;
      workMs = costMs;
      run();
      workMs = 0;
      return draws - before;
    },
  };
}

describe('the live tail', () => {
  test('draws what came together, at most ten times a second, and the first one at once', async () => {
    const { tail, time, come, drawsWhile } = await startTail();
    come(events(1));
    time.pass(17);
    assert.equal(tail.shown.value.events.length, 1);
    const draws = drawsWhile(() => {
      for (let ms = 0; ms < 1_000; ms += 20) {
        come(events(1));
        time.pass(20);
      }
    });
    assert.ok(draws >= 7 && draws <= 10, `${draws} draws`);
    time.pass(200);
    assert.equal(tail.shown.value.events.length, 51);
  });

  test('draws less often what is too much to be read, and leaves out nothing', async () => {
    const { tail, time, come, drawsWhile } = await startTail();
    const draws = drawsWhile(() => {
      for (let ms = 0; ms < 1_000; ms += 10) {
        come(events(10));
        time.pass(10);
      }
    });
    assert.ok(draws >= 2 && draws <= 4, `${draws} draws`);
    time.pass(600);
    assert.equal(tail.shown.value.events.length, 1_000);
  });

  test('leaves most of the time to the page where drawing is slow', async () => {
    const { time, come, drawsWhile } = await startTail();
    const beganMs = time.clock.nowMs();
    const draws = drawsWhile(() => {
      for (let round = 0; round < 100; round++) {
        come(events(1));
        time.pass(20);
      }
    }, 150);
    const share = (draws * 150) / (time.clock.nowMs() - beganMs);
    assert.ok(share > 0.2 && share < 0.4, `${draws} draws of 150 ms took ${share} of the time`);
  });

  test('keeps the newest while nobody sees the page, and says that older ones went by', async () => {
    const { tail, time, come } = await startTail();
    time.see(false);
    const all = events(3 * mostNew);
    for (let at = 0; at < all.length; at += 500) {
      come(all.slice(at, at + 500));
      time.pass(50);
    }
    assert.equal(tail.shown.value.events.length, 0);
    time.see(true);
    time.pass(200);
    const { events: shown, cut } = tail.shown.value;
    assert.equal(cut, true);
    assert.deepEqual(
      shown.map(({ id }) => id),
      all
        .slice(-mostNew)
        .map(({ id }) => id)
        .reverse(),
    );
  });

  test('holds what comes while it is paused, and shows all of it after', async () => {
    const { tail, time, come } = await startTail();
    tail.pause(true);
    come(events(3));
    time.pass(200);
    assert.deepEqual([tail.shown.value.events.length, tail.held.value.count], [0, 3]);
    tail.pause(false);
    assert.deepEqual([tail.shown.value.events.length, tail.held.value.count], [3, 0]);
  });
});

describe('slots of rows', () => {
  test('are kept by who stays, and taken over by who comes from who went', () => {
    const slots = createSlots();
    assert.deepEqual(slots(['a', 'b', 'c']), [0, 1, 2]);
    assert.deepEqual(slots(['n', 'a', 'b']), [2, 0, 1]);
    assert.deepEqual(slots(['x', 'y', 'z']), [2, 0, 1]);
  });

  test('are no more than there ever were rows at a time, and never shared', () => {
    const slots = createSlots();
    let at = 0;
    for (const count of [40, 3, 40, 0, 12, 38, 40]) {
      const given = slots(Array.from({ length: count }, () => `k${at++ % 57}`));
      assert.equal(new Set(given).size, count);
      assert.ok(given.every((slot) => slot < 40));
    }
  });
});

describe('turns of rows that change at once', () => {
  /** Each of `count` takes part, and goes when it may. */
  const startTurns = (count: number, most: number) => {
    let frames: (() => void)[] = [];
    const turns = createTurns(
      () => most,
      (run) => void frames.push(run),
    );
    const went: number[] = [];
    const who = Array.from({ length: count }, () => ({}));
    const ask = (at: number): void => {
      if (turns.take(who[at]!, () => ask(at))) went.push(at);
    };
    return {
      ask,
      leave: (at: number) => turns.leave(who[at]!),
      frame(): number[] {
        const before = frames;
        frames = [];
        for (const run of before) run();
        return went.splice(0);
      },
      went: () => went.splice(0),
    };
  };

  test('some go with each frame, in the order in which they asked, until all went', () => {
    const { ask, frame, went } = startTurns(7, 3);
    for (let at = 0; at < 7; at++) ask(at);
    assert.deepEqual([went(), frame(), frame(), frame()], [[0, 1, 2], [3, 4, 5], [6], []]);
  });

  test('who is alone never waits, and who left is not told', () => {
    const { ask, leave, frame, went } = startTurns(4, 1);
    ask(0);
    assert.deepEqual(went(), [0]);
    frame();
    for (const at of [1, 2, 3]) ask(at);
    leave(2);
    assert.deepEqual([went(), frame(), frame()], [[1], [3], []]);
  });

  test('who asks again while it waits goes once', () => {
    const { ask, frame, went } = startTurns(2, 1);
    for (const at of [0, 1, 1, 1]) ask(at);
    assert.deepEqual([went(), frame(), frame()], [[0], [1], []]);
  });
});
