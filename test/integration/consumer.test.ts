import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ConsumerService } from '../../services/consumer/service.js';
import { createDeliveryWorld, type DeliveryWorld, startTestConsumer } from '../support/delivering.js';
import { testProducer } from '../support/judging.js';

describe('the consumer', () => {
  let world: DeliveryWorld;
  let consumer: ConsumerService;

  before(async () => {
    world = await createDeliveryWorld({ partitions: 2 });
    consumer = await startTestConsumer(world.config, { level: process.env.TEST_LOG ?? 'silent' });
  });
  after(async () => {
    await consumer.stop();
    await world.remove();
  });

  test('stores what is published', async () => {
    const key = await world.register('shop');
    const producer = testProducer({ key });
    await world.publish(0, [producer.open(), producer.data(500), producer.data(3)]);
    await world.delivered();
    const [count] = await world.rows<{ n: number }>('SELECT count() AS n FROM events');
    assert.equal(count!.n, 503);
  });
});
