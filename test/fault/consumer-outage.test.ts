import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { startEmbedded } from '../support/stack.js';

/** Parts of its own, as it ends them. */
describe('a consumer that loses a part', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sealstream-outage-'));
  const ledger = createLedger();
  let stack: Awaited<ReturnType<typeof startEmbedded>>;
  let world: DeliveryWorld;
  let consumer: TestConsumer;
  let lane: ReturnType<typeof testProducer>;

  before(async () => {
    stack = await startEmbedded({ dataDir, parts: ['kafka', 'clickhouse'], env: process.env });
    Object.assign(process.env, stack.addresses);
    world = await createDeliveryWorld();
    lane = testProducer({ key: await world.register('shop') });
    const open = [lane.open()];
    ledger.published(0, await world.publish(0, open), open);
    consumer = await startTestConsumer(world.config);
  });
  after(async () => {
    await consumer.stop();
    await world.remove();
    await stack.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const publish = async (records: number): Promise<void> => {
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

  test('waits while ClickHouse is away, names it, and stores what came meanwhile', async () => {
    await publish(20);
    const load = publish(200);
    await stack.part('clickhouse').kill();
    await ready('clickhouse', false);
    await load;
    await stack.part('clickhouse').start();
    await world.delivered({ timeoutMs: 60_000 });
    await ready('clickhouse', true);
    await assertExactlyOnce(world, ledger);
  });

  test('waits while Kafka is away, names it, and joins the group again', async () => {
    await stack.part('kafka').kill();
    await ready('kafka', false);
    await stack.part('kafka').start();
    await publish(20);
    await world.delivered({ timeoutMs: 60_000 });
    await ready('kafka', true);
    assert.equal(consumer.health.report().ready, true);
    await assertExactlyOnce(world, ledger);
  });
});
