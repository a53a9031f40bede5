import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../services/core/log.js';
import { createProducer, type Producer } from '../../services/producer/index.js';
import { createDeliveryWorld, type DeliveryWorld } from '../support/delivering.js';
import { audience, newKey } from '../support/judging.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

const total = 100_000;
const cuts = 20;
const producerIds = ['till', 'shop', 'door', 'cron'];
/** The flow is stretched over this time, so that the cuts fall into it. */
const flowMs = 30_000;
/** Memory for less than a second of the flow, so that a client that stays away longer comes back into history. */
const maxLiveBytes = 6_000_000;

describe('a WebSocket client that is cut at random while events flow', () => {
  let world: DeliveryWorld;
  let consumer: ChildProcess;
  let gateway: QueryGateway;
  const producers: Producer[] = [];

  before(async () => {
    world = await createDeliveryWorld({ partitions: producerIds.length });
    const { config } = world;
    const { CLICKHOUSE_URL = '', PATH = '' } = process.env;
    consumer = spawn(process.execPath, ['dist/services/consumer/main.js'], {
      env: {
        PATH,
        CLICKHOUSE_URL,
        KAFKA_BROKERS: config.brokers.join(','),
        CLICKHOUSE_DATABASE: config.database,
        SEALSTREAM_AUDIENCE: audience,
        SEALSTREAM_ROOT_PUBLIC_KEY: config.rootPublicKey,
        SEALSTREAM_EVENTS_TOPIC: config.topics.events,
        SEALSTREAM_REGISTRY_TOPIC: config.topics.registry,
        SEALSTREAM_CONSUMER_GROUP: config.groupId,
        SEALSTREAM_LOG_LEVEL: 'silent',
      },
      stdio: 'inherit',
    });
    gateway = await startQueryGateway(config, { maxLiveBytes });
    gateway.keys.add('acme', ['acme']);
    for (const producerId of producerIds) {
      const key = await world.register(producerId, newKey());
      const producer = createProducer({
        kafka: world.kafka,
        topic: config.topics.events,
        audience,
        producerId,
        key,
        log: createLogger('producer', 'silent'),
      });
      await producer.start();
      producers.push(producer);
    }
  });
  after(async () => {
    await Promise.all(producers.map((producer) => producer.close()));
    await gateway.stop();
    consumer.kill('SIGTERM');
    if (consumer.exitCode === null) await new Promise((resolve) => consumer.once('exit', resolve));
    await world.remove();
  });

  /** Each producer its share, evenly over the time of the flow. */
  const flow = async (): Promise<void> => {
    const share = total / producerIds.length;
    const burst = 250;
    for (let from = 0; from < share; from += burst) {
      const dueMs = started + (from / share) * flowMs;
      if (dueMs > Date.now()) await sleep(dueMs - Date.now());
      for (const [at, producer] of producers.entries()) {
        for (let n = from; n < from + burst; n += 1) {
          producer.enqueue({
            organization_id: n % 10 === 9 ? 'globex' : 'acme',
            action: 'door.opened',
            service: producerIds[at]!,
            message: `#${n}`,
          });
        }
      }
    }
    await Promise.all(producers.map((producer) => producer.flush()));
  };
  let started = 0;

  test(`receives each of ${total} events exactly once and in order per producer, over ${cuts} cuts`, async () => {
    const wanted = (total / 10) * 9;
    const received: StreamClient['events'] = [];
    let cursor = 'beginning';
    let cutsInFlow = 0;
    let done = false;
    started = Date.now();
    const flowing = flow().finally(() => {
      done = true;
    });
    const connect = async (): Promise<StreamClient> => {
      const client = await openStream(gateway.streamUrl, { key: 'acme' });
      client.send({ type: 'subscribe', id: 'doors', since: cursor });
      return client;
    };
    /** What came counts up to the last whole frame; its cursor is where to go on. */
    const keep = (client: StreamClient): void => {
      received.push(...client.events);
      cursor = client.messages.findLast(({ type }) => type === 'events')?.to ?? cursor;
    };
    for (let cut = 0; cut < cuts; cut += 1) {
      const client = await connect();
      await sleep(Math.random() * 1_600);
      client.cut();
      await client.closed;
      keep(client);
      if (!done) cutsInFlow += 1;
      if (cut % 2 === 0) await sleep(Math.random() * 2_000);
    }
    await flowing;
    const last = await connect();
    await last.untilTrue(() => received.length + last.events.length >= wanted, 120_000);
    await sleep(500);
    keep(last);
    await last.close();

    assert.ok(cutsInFlow > cuts / 2, `only ${cutsInFlow} of the cuts fell into the flow`);
    assert.equal(received.length, wanted);
    for (const producerId of producerIds) {
      const own = received.filter(({ service }) => service === producerId).map(({ message }) => message);
      const sent = Array.from({ length: total / producerIds.length }, (_, n) => n).filter((n) => n % 10 !== 9);
      assert.deepEqual(
        own,
        sent.map((n) => `#${n}`),
        `the events of ${producerId}`,
      );
    }
    const metrics = await gateway.metrics();
    const delivered = (from: string): number =>
      Number(new RegExp(`stream_events_total\\{.*from="${from}".*\\} (\\d+)`).exec(metrics)?.[1]);
    console.log(
      `${cutsInFlow} cuts in the flow; ${delivered('live')} events live, ${delivered('history')} from history`,
    );
    assert.ok(delivered('live') > 0 && delivered('history') > 0, 'both ways were gone');
  });
});
