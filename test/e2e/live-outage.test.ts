import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLiveWorld, deliveryFault, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { startEmbedded } from '../support/stack.js';
import { temporaryFolder } from '../support/stack-instance.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

const messagesOf = (client: StreamClient): unknown[] => client.events.map(({ message }) => message);

describe('an open stream, while a part of the stack is killed under it', () => {
  const folder = temporaryFolder();
  let stack: Awaited<ReturnType<typeof startEmbedded>>;
  let live: LiveWorld;
  let gateway: QueryGateway;
  let client: StreamClient;
  const sent: string[] = [];
  const publish = async (): Promise<void> => {
    sent.push(...(await live.publish(30, 10)));
  };

  before(async () => {
    stack = await startEmbedded({ dataDir: folder.path, parts: ['kafka', 'clickhouse'], env: process.env });
    Object.assign(process.env, stack.addresses);
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
    await client.close();
    await gateway.stop();
    await live.remove();
    await stack.stop();
    folder.remove();
  });

  test('ClickHouse: live goes on without it, and who comes late waits for it', async () => {
    await stack.part('clickhouse').kill();
    await publish();
    await client.untilTrue(() => client.events.length >= sent.length);
    const late = await openStream(gateway.streamUrl, { key: 'acme' });
    late.send({ type: 'subscribe', id: 'all', since: client.messages.find(({ type }) => type === 'events')!.from });
    await late.until('subscribed');
    await sleep(500);
    await stack.part('clickhouse').start();
    await late.untilTrue(() => late.events.length >= sent.length, 60_000);
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    assert.equal(deliveryFault(messagesOf(late), sent), undefined);
    await late.close();
  });

  test('Kafka: nothing is lost or repeated once it is back', async () => {
    await stack.part('kafka').kill();
    await sleep(2_000);
    await stack.part('kafka').start();
    await publish();
    await client.untilTrue(() => client.events.length >= sent.length, 90_000);
    await publish();
    await client.untilTrue(() => client.events.length >= sent.length, 60_000);
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
  });
});
