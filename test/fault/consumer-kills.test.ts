import { randomInt } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsumerChild, type StopAt, startConsumerChild } from '../support/consumer-child.js';
import { createDeliveryWorld, type DeliveryWorld, quickFetch } from '../support/delivering.js';
import {
  assertExactlyOnce,
  assertJudgedAsOneFold,
  createLedger,
  type Ledger,
  setWindow,
} from '../support/exactly-once.js';
import { eventParts, testProducer } from '../support/judging.js';

const partitions = 4;
const eventsPerRecord = 40;
const pick = <T>(list: readonly T[]): T => list[randomInt(list.length)]!;

/** Publishes to all partitions until told to end: new records, records again (a producer's resend), and bytes that are no record. */
function startLoad({
  world,
  ledger,
  key,
}: {
  world: DeliveryWorld;
  ledger: Ledger;
  key: Awaited<ReturnType<DeliveryWorld['register']>>;
}) {
  let ending = false;
  const publish = async (partition: number, values: Buffer[]): Promise<void> =>
    ledger.published(partition, await world.publish(partition, values), values);
  const flow = async (partition: number): Promise<void> => {
    const lane = testProducer({ key, producerId: 'shop', partition, lane: partition });
    const sent = [lane.open()];
    await publish(partition, [...sent]);
    while (!ending) {
      const events = Array.from({ length: eventsPerRecord }, () => eventParts());
      const values = [lane.record('data', events).value];
      sent.push(values[0]!);
      if (randomInt(5) === 0) values.push(pick(sent));
      if (randomInt(40) === 0) values.push(Buffer.from('no record'));
      ledger.expect(events);
      await publish(partition, values);
      await sleep(randomInt(40));
    }
  };
  const flows = Promise.all(Array.from({ length: partitions }, (_, partition) => flow(partition)));
  return async (): Promise<void> => {
    ending = true;
    await flows;
  };
}

/** Every other kill falls on a step that the consumer comes to, the others on a moment by the clock. */
const randomStop = (): StopAt | undefined =>
  randomInt(2) === 0 ? { time: 1 + randomInt(30), signal: 'SIGKILL' } : undefined;

/** Kills one of two consumers, again and again, and starts another in its place. */
async function killAtRandom({
  t,
  world,
  kills,
}: {
  t: TestContext;
  world: DeliveryWorld;
  kills: number;
}): Promise<void> {
  const running = new Map<ConsumerChild, StopAt | undefined>();
  t.after(() => {
    for (const child of running.keys()) child.signal('SIGKILL');
  });
  const start = (stopAt?: StopAt): void => void running.set(startConsumerChild(world.config, stopAt), stopAt);
  start(randomStop());
  start(randomStop());
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = pick([...running.keys()]);
    // Mostly when it is at work; sometimes before, in the middle of joining.
    if (randomInt(5) > 0) await Promise.race([victim.delivering.catch(() => {}), sleep(5_000)]);
    await sleep(randomInt(600));
    if (running.get(victim) === undefined) victim.signal('SIGKILL');
    await Promise.race([victim.ended, sleep(1_500)]);
    victim.signal('SIGKILL');
    await victim.ended;
    running.delete(victim);
    start(randomStop());
  }
  // The last two may still meet their ends: one that does not is needed.
  for (const child of running.keys()) child.signal('SIGKILL');
  start();
}

/** Of the least session that the broker grants, so that a killed member is missed soon. */
const fetch = { ...quickFetch, sessionTimeoutMs: 1_000, heartbeatIntervalMs: 200 };

/** All of it takes minutes: `npm run test:faults`. */
const many = process.env.SEALSTREAM_FAULTS === '1';
const kills = many ? 13 : 4;
const windows = many ? [10_000, 10_000, 10_000, 30] : [10_000, 30];

describe('two consumers under load, of which one is killed again and again', { concurrency: windows.length }, () => {
  for (const [index, window] of windows.entries()) {
    test(`${kills} kills, rebalances and resends leave every row once (${index + 1}, window of ${window} blocks)`, async (t) => {
      const world = await createDeliveryWorld({ partitions, fetch });
      t.after(world.remove);
      await setWindow(world, window);
      const ledger = createLedger();
      const key = await world.register('shop');
      const endLoad = startLoad({ world, ledger, key });
      await killAtRandom({ t, world, kills });
      await endLoad();
      await world.delivered({ timeoutMs: 60_000 });
      await assertExactlyOnce(world, ledger);
      await assertJudgedAsOneFold(world);
      t.diagnostic(`${kills} kills, ${ledger.values.length} records, ${ledger.ids.length} events`);
    });
  }
});
