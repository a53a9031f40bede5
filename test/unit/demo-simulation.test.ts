import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createFlow } from '../../services/cli/demo/delivery/delivery.js';
import { createDueQueue } from '../../services/cli/demo/due-queue.js';
import { history } from '../../services/cli/demo/history.js';
import { keepPace } from '../../services/cli/demo/pace.js';
import { createSimulation, type Simulation } from '../../services/cli/demo/simulation.js';
import { tellAttack } from '../../services/cli/demo/story.js';
import { type EventInput, toWire } from '../../services/core/event/index.js';

/** A Monday, 12:00 UTC. */
const noon = Date.UTC(2026, 5, 15, 12);
const dayMs = 86_400_000;

const dayOf = (simulation: Simulation, count = 2_000): EventInput[] => [
  ...history({ simulation, fromMs: noon - dayMs, toMs: noon, count }),
];

const liveOf = (simulation: Simulation, count: number, rate = 20): EventInput[] =>
  Array.from({ length: count }, (_, nth) => simulation.next(noon + Math.floor((nth * 1_000) / rate)));

describe('a simulated company', () => {
  test('does the same for the same seed, and something else for another; its people stay', () => {
    const run = (seed: string): EventInput[] => {
      const simulation = createSimulation(seed);
      simulation.attack({ startMs: noon + 1_000, spanMs: 10_000, budget: 60 });
      return [...dayOf(simulation, 500), ...liveOf(simulation, 500)];
    };
    assert.deepEqual(run('a'), run('a'));
    assert.notDeepEqual(run('a'), run('b'));
    const emails = (seed: string) =>
      createSimulation(seed).companies.map(({ people }) => people.map(({ email }) => email));
    assert.deepEqual(emails('a'), emails('b'));
  });

  test('makes events that can go on the wire, in the order of their times', () => {
    const simulation = createSimulation('a');
    const events = [...dayOf(simulation), ...liveOf(simulation, 1_000)];
    for (const event of events) toWire(event, { id: Buffer.alloc(16), nowUs: 0 });
    const times = events.map((event) => event.occurred_at!.slice(0, 23));
    assert.deepEqual(times, [...times].sort());
    assert.ok(events.length > 2_000 && events.length < 5_000, `${events.length}`);
  });

  test('is busier by day than by night', () => {
    const hours = dayOf(createSimulation('a')).map((event) => Number(event.occurred_at!.slice(11, 13)));
    const between = (from: number, to: number): number => hours.filter((hour) => hour >= from && hour < to).length;
    assert.ok(between(8, 12) > 2 * between(20, 24));
  });

  test('has a normal rate of failed logins, and changes that fit what was before', () => {
    const events = dayOf(createSimulation('a'), 6_000);
    const share = (action: string): number => events.filter((event) => event.action === action).length / events.length;
    assert.ok(share('auth.login_failed') > 0.005 && share('auth.login_failed') < 0.06);
    const states = new Map<string, unknown>();
    for (const { target, before, after } of events.filter(({ action }) => action === 'project.updated')) {
      if (states.has(target!.id!)) assert.deepEqual(before, states.get(target!.id!));
      states.set(target!.id!, after);
    }
    assert.ok(states.size > 3);
    for (const wanted of [
      'member.invited',
      'member.role_changed',
      'api_key.created',
      'api_key.revoked',
      'billing.invoice_paid',
      'export.completed',
    ]) {
      assert.ok(share(wanted) > 0, wanted);
    }
  });

  test('goes on at any rate, without end', () => {
    const simulation = createSimulation('a');
    // Four in each millisecond: many more wait for their time than there is room for.
    for (let nth = 0; nth < 90_000; nth++) {
      const { occurred_at } = simulation.next(noon + Math.floor(nth / 4));
      assert.equal(Date.parse(occurred_at!), noon + Math.floor(nth / 4));
    }
  });
});

describe('the attack', () => {
  for (const budget of [20, 60, 400]) {
    test(`goes from names over passwords to a login and away with the customers, with ${budget} events to spend`, () => {
      const simulation = createSimulation('a');
      const attack = simulation.attack({ startMs: noon, spanMs: 30_000, budget });
      assert.ok(attack.steps.length <= Math.max(20, budget));
      const events = liveOf(simulation, 2_000).filter((event) => event.ip === attack.ip);
      const phases = events
        .map(({ action, reason }) => reason ?? action)
        .filter((phase, at, all) => phase !== all[at - 1]);
      assert.deepEqual(phases, [
        'invalid_user',
        'bad_password',
        'auth.login',
        'member.role_changed',
        'api_key.created',
        'export.requested',
      ]);
      const change = events.find(({ action }) => action === 'member.role_changed')!;
      assert.deepEqual([change.before, change.after], [{ role: 'manager' }, { role: 'owner' }]);
      assert.equal(events.filter(({ reason }) => reason === 'bad_password').length, attack.passwords);
    });
  }

  test("leaves its victim's role alone until it takes it", () => {
    const simulation = createSimulation('a');
    const { victim } = simulation.attack({ startMs: noon, spanMs: 60_000, budget: 60 });
    const changes = dayOf(simulation, 6_000).filter(
      ({ action, target }) => action.startsWith('member.') && target?.id === victim.id,
    );
    assert.deepEqual(changes, []);
  });

  test('is told with its address, user, times and the commands that show it', () => {
    const attack = createSimulation('a').attack({ startMs: noon, spanMs: 30_000, budget: 60 });
    const story = tellAttack(attack, { roleChange: 'the-id', alerts: 9 }, 80);
    assert.match(story, /9 alerts were raised while it went on\n {2}npx sealstream alerts list --organization /);
    const past = tellAttack(attack, { roleChange: undefined, alerts: undefined }, 80);
    assert.match(past, /too long ago for alerts[\s\S]*alerts backtest [0-9a-f-]{36} .* --late include/);
    assert.match(tellAttack(attack, { roleChange: undefined, alerts: 0 }, 80), /no alert was raised yet/);
    for (const part of [attack.ip, attack.victim.email, '2026-06-15 12:00:00', '12:00:30', 'verify the-id']) {
      assert.ok(story.includes(part), part);
    }
  });
});

describe('the parts of the simulation', () => {
  test('what waits comes out by time, equal times in the order of coming', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 })), (times) => {
        const queue = createDueQueue<number>();
        times.forEach((atMs, nth) => {
          queue.add(atMs, nth);
        });
        const out = Array.from(times, () => queue.take());
        const sorted = times
          .map((atMs, nth) => ({ atMs, value: nth }))
          .sort((a, b) => a.atMs - b.atMs || a.value - b.value);
        assert.deepEqual(out, sorted);
        assert.equal(queue.size, 0);
      }),
    );
  });

  test('the rate is kept over the whole time, also after a stall, and a stop stops it', async () => {
    const emitted: number[] = [];
    let stalled = false;
    const emit = (atMs: number): Promise<void> | undefined => {
      emitted.push(atMs);
      if (emitted.length !== 20 || stalled) return undefined;
      stalled = true;
      return new Promise((resolve) => setTimeout(resolve, 150));
    };
    const signal = new AbortController().signal;
    const run = await keepPace({ rate: 100, durationMs: 600, nowMs: Date.now, signal, emit });
    assert.equal(run.emitted, 60);
    assert.ok(run.elapsedMs >= 590, `${run.elapsedMs}`);
    assert.deepEqual(
      emitted.map((atMs) => Math.round(atMs - emitted[0]!)),
      Array.from({ length: 60 }, (_, nth) => nth * 10),
    );
    const stop = new AbortController();
    const stopped = keepPace({
      rate: 100,
      durationMs: 60_000,
      nowMs: Date.now,
      signal: stop.signal,
      emit: () => undefined,
    });
    setTimeout(() => stop.abort(), 50);
    assert.ok((await stopped).emitted < 100);
  });

  test('too much under way makes the sender wait, and a loss is kept', async () => {
    const flow = createFlow(4);
    flow.take(3);
    assert.equal(flow.room(), undefined);
    flow.take(1);
    const room = flow.room()!;
    let free = false;
    void room.then(() => {
      free = true;
    });
    flow.settle(1);
    await Promise.resolve();
    assert.equal(free, false);
    flow.settle(1, new Error('lost'));
    await room;
    const idle = flow.idle();
    flow.settle(2);
    await idle;
    assert.deepEqual([flow.sent, flow.acknowledged, flow.failure?.message], [4, 3, 'lost']);
  });
});
