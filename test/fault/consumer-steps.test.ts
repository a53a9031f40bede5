import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { steps } from '../../services/consumer/partition.js';
import type { FetchSettings } from '../../services/core/reading/index.js';
import { type ConsumerChild, type StopAt, startConsumerChild } from '../support/consumer-child.js';
import { createDeliveryWorld, type DeliveryWorld, quickFetch } from '../support/delivering.js';
import { assertExactlyOnce, createLedger, type Ledger, pushTokensOut } from '../support/exactly-once.js';
import { eventParts, testProducer } from '../support/judging.js';

/** All of it takes minutes: `npm run test:faults`. */
const many = process.env.SEALSTREAM_FAULTS === '1';

type StartChild = (stopAt?: StopAt, fetch?: FetchSettings) => ConsumerChild;

/** A world with two partitions, in one of them a range of which all three tables get rows. */
async function createLoadedWorld(t: TestContext): Promise<{ world: DeliveryWorld; ledger: Ledger; start: StartChild }> {
  const world = await createDeliveryWorld({ partitions: 2 });
  t.after(world.remove);
  const start: StartChild = (stopAt, fetch = world.config.fetch) => {
    const child = startConsumerChild({ ...world.config, fetch }, stopAt);
    t.after(() => child.signal('SIGKILL'));
    return child;
  };
  const ledger = createLedger();
  const key = await world.register('shop');
  const lane = testProducer({ key });
  const batches = [1, 2, 3].map((count) => Array.from({ length: count * 10 }, () => eventParts()));
  const values = [lane.open(), ...batches.map((events) => lane.record('data', events).value), Buffer.from('no record')];
  for (const events of batches) ledger.expect(events);
  // Each in a Kafka batch of its own, so that a small fetch brings one.
  for (const value of values) ledger.published(0, await world.publish(0, [value]), [value]);
  return { world, ledger, start };
}

/** One record at a time. */
const smallFetch = { ...quickFetch, maxBytesPerPartition: 1 };

/** Where a range is under way: before and after these, there is no token to forget. */
const betweenInserts = steps.filter((step) => step.startsWith('after_') && step !== 'after_position');
const forgottenAt = many ? betweenInserts : (['after_events'] as const);

describe('a consumer that is killed', { concurrency: 4 }, () => {
  for (const forgotten of [false, true]) {
    for (const step of forgotten ? forgottenAt : steps) {
      const when = forgotten ? ', the tokens having left the window' : '';
      test(`${step.replaceAll('_', ' ')} leaves every row once${when}`, async (t) => {
        const { world, ledger, start } = await createLoadedWorld(t);
        const killed = start({ step, partition: 0, time: 1, signal: 'SIGKILL' });
        assert.equal(await killed.ended, 'SIGKILL');
        if (forgotten) await pushTokensOut(world);
        const next = start();
        await world.delivered();
        await next.stop();
        await assertExactlyOnce(world, ledger);
      });
    }
  }
});

describe('a range that is read again', { concurrency: 2 }, () => {
  for (const step of many ? (['after_intent', 'after_events'] as const) : (['after_events'] as const)) {
    test(`in smaller fetches than the first time (killed ${step.replaceAll('_', ' ')}) is finished as it was intended`, async (t) => {
      const { world, ledger, start } = await createLoadedWorld(t);
      assert.equal(await start({ step, partition: 0, time: 1, signal: 'SIGKILL' }).ended, 'SIGKILL');
      const next = start(undefined, smallFetch);
      await world.delivered();
      await next.stop();
      await assertExactlyOnce(world, ledger);
    });
  }
});

describe('a consumer that was suspended and lost its partitions meanwhile', { concurrency: 4 }, () => {
  const moments: Pick<StopAt, 'step' | 'sent'>[] = [
    { step: 'before_intent' },
    // Kafka's receipt of the intent waits for it until it wakes.
    { step: 'before_intent', sent: true },
    { step: 'after_intent' },
    { step: 'after_events' },
    { step: 'after_batches' },
  ];
  for (const at of many ? moments : moments.filter(({ step, sent }) => sent || step === 'after_events')) {
    const moment = at.sent ? 'while its intent was under way' : at.step!.replaceAll('_', ' ');
    test(`${moment} writes nothing when it wakes, even with all tokens forgotten`, async (t) => {
      const { world, ledger, start } = await createLoadedWorld(t);
      const sleeper = start({ ...at, partition: 0, time: 1, signal: 'SIGSTOP' });
      await sleeper.stopped();
      const owner = start();
      await world.delivered();
      await pushTokensOut(world);
      sleeper.signal('SIGCONT');
      const key = await world.register('later');
      const lane = testProducer({ key, producerId: 'later', partition: 1 });
      for (let round = 0; round < 5; round += 1) {
        const events = [eventParts()];
        const { value } = lane.record('data', events);
        ledger.expect(events);
        ledger.published(1, await world.publish(1, [value]), [value]);
        await sleep(500);
      }
      await world.delivered();
      await Promise.all([sleeper.stop(), owner.stop()]);
      await assertExactlyOnce(world, ledger);
    });
  }
});
