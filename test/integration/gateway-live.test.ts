import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  createDeliveryWorld,
  type DeliveryWorld,
  startTestConsumer,
  type TestConsumer,
} from '../support/delivering.js';
import { eventParts, testProducer } from '../support/judging.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream } from '../support/stream-client.js';

const partitions = 3;

describe('the stream', () => {
  let world: DeliveryWorld;
  let consumer: TestConsumer;
  let gateway: QueryGateway;
  let producers: ReturnType<typeof testProducer>[];
  let count = 0;

  /** Publishes records of `perRecord` events each, round the partitions; gives the messages of the events. */
  const publish = async (records: number, perRecord: number, organization = 'acme'): Promise<string[]> => {
    const said: string[] = [];
    for (let record = 0; record < records; record += 1) {
      const at = record % partitions;
      const events = Array.from({ length: perRecord }, () => {
        said.push(`event ${count++}`);
        return eventParts(
          { organization_id: organization, message: said.at(-1)!, correlation_id: `p${at}` },
          Date.now(),
        );
      });
      await world.publish(at, [producers[at]!.record('data', events).value]);
    }
    return said;
  };

  before(async () => {
    world = await createDeliveryWorld({ partitions });
    const key = await world.register('shop');
    producers = Array.from({ length: partitions }, (_, partition) => testProducer({ key, partition, lane: partition }));
    for (const [partition, producer] of producers.entries()) await world.publish(partition, [producer.open()]);
    consumer = await startTestConsumer(world.config);
    gateway = await startQueryGateway(world.config);
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('globex', ['globex']);
  });
  after(async () => {
    await gateway.stop();
    await consumer.stop();
    await world.remove();
  });

  test('goes from history to live without a gap or a repeat', async () => {
    const early = await publish(30, 5);
    await world.delivered();
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'all', since: 'beginning' });
    await client.until('caught_up');
    const late = await publish(30, 5);
    await client.untilTrue(() => client.events.length >= 300);
    const said = client.events.map(({ message }) => message);
    assert.equal(said.length, 300);
    for (let at = 0; at < partitions; at += 1) {
      const own = client.events
        .filter(({ correlation_id }) => correlation_id === `p${at}`)
        .map((event) => event.message);
      const sent = [...early, ...late].filter((message) => own.includes(message));
      assert.deepEqual(own, sent, 'in the order of the partition');
    }
    assert.deepEqual(new Set(said), new Set([...early, ...late]));
    await client.close();
  });
});
