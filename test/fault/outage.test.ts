import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createDeliveryWorld,
  type DeliveryWorld,
  startTestConsumer,
  type TestConsumer,
} from '../support/delivering.js';
import { assertExactlyOnce, createLedger } from '../support/exactly-once.js';
import { eventParts, testProducer } from '../support/judging.js';
import { createLiveWorld, deliveryFault, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { startEmbedded } from '../support/stack.js';
import { temporaryFolder } from '../support/stack-instance.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

const messagesOf = (client: StreamClient): unknown[] => client.events.map(({ message }) => message);

/** Parts of its own, as it ends them. What is watched meanwhile is watched by all at once: parts take their time to start. */
describe('while a part of the stack is killed', () => {
  const folder = temporaryFolder();
  let stack: Awaited<ReturnType<typeof startEmbedded>>;

  // A consumer under load.
  const ledger = createLedger();
  let world: DeliveryWorld;
  let consumer: TestConsumer;
  let lane: ReturnType<typeof testProducer>;
  const load = async (records: number): Promise<void> => {
    for (let record = 0; record < records; record += 1) {
      const events = Array.from({ length: 20 }, () => eventParts());
      const values = [lane.record('data', events).value];
      ledger.expect(events);
      ledger.published(0, await world.publish(0, values), values);
    }
  };
  const ready = async (part: string, wanted: boolean): Promise<void> => {
    for (let waited = 0; waited < 40_000; waited += 50) {
      if (consumer.health.report().parts[part]!.ready === wanted) return;
      await sleep(50);
    }
    assert.fail(`${part} did not become ${wanted ? 'ready' : 'unready'}: ${JSON.stringify(consumer.health.report())}`);
  };

  // An open stream.
  const sent: string[] = [];
  let live: LiveWorld;
  let gateway: QueryGateway;
  let client: StreamClient;
  const publish = async (): Promise<void> => {
    sent.push(...(await live.publish(30, 10)));
  };

  before(async () => {
    stack = await startEmbedded({ dataDir: folder.path, parts: ['kafka', 'clickhouse'], env: process.env });
    Object.assign(process.env, stack.addresses);
    world = await createDeliveryWorld();
    lane = testProducer({ key: await world.register('shop') });
    const open = [lane.open()];
    ledger.published(0, await world.publish(0, open), open);
    consumer = await startTestConsumer(world.config);

    live = await createLiveWorld();
    await live.startConsumer();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('acme', ['acme']);
    client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'all', since: 'beginning' });
    await publish();
    await client.untilTrue(() => client.events.length >= sent.length);
  });
  after(async () => {
    await client?.close();
    await gateway?.stop();
    await live?.remove();
    await consumer?.stop();
    await world?.remove();
    await stack?.stop();
    folder.remove();
  });

  describe('ClickHouse', () => {
    let late: StreamClient;
    let loaded: Promise<void>;
    before(async () => {
      await load(20);
      loaded = load(200);
      await stack.part('clickhouse').kill();
    });
    after(() => late?.close());

    test('a consumer waits and names it, and a stream goes on live', async () => {
      await ready('clickhouse', false);
      await publish();
      await client.untilTrue(() => client.events.length >= sent.length);
      late = await openStream(gateway.streamUrl, { key: 'acme' });
      late.send({ type: 'subscribe', id: 'all', since: client.messages.find(({ type }) => type === 'events')!.from });
      await late.until('subscribed');
      await sleep(500);
      await loaded;
    });

    test('once it is back, what came meanwhile is stored once, and who came late gets all of it', async () => {
      await stack.part('clickhouse').start();
      await late.untilTrue(() => late.events.length >= sent.length, 60_000);
      assert.equal(deliveryFault(messagesOf(client), sent), undefined);
      assert.equal(deliveryFault(messagesOf(late), sent), undefined);
      await world.delivered({ timeoutMs: 60_000 });
      await ready('clickhouse', true);
      await assertExactlyOnce(world, ledger);
    });
  });

  describe('Kafka', () => {
    before(() => stack.part('kafka').kill());

    test('a consumer waits and names it, joins the group again once it is back, and stores everything once', async () => {
      await ready('kafka', false);
      await stack.part('kafka').start();
      await load(20);
      await world.delivered({ timeoutMs: 60_000 });
      await ready('kafka', true);
      assert.equal(consumer.health.report().ready, true);
      await assertExactlyOnce(world, ledger);
    });

    test('an open stream loses and repeats nothing once it is back', async () => {
      await publish();
      await client.untilTrue(() => client.events.length >= sent.length, 90_000);
      await publish();
      await client.untilTrue(() => client.events.length >= sent.length, 60_000);
      assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    });
  });
});
