import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLiveWorld, deliveryFault, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

const messagesOf = (client: StreamClient): unknown[] => client.events.map(({ message }) => message);
const socketOf = (client: StreamClient): Socket => (client.socket as unknown as { _socket: Socket })._socket;
/** About 2 KB of JSON an event, so that a few thousand fill every buffer between gateway and client. */
const bulky = { path: `/${'x'.repeat(2_000)}` };
/** Memory for some twenty records: whoever is late reads ClickHouse. */
const maxLiveBytes = 3_000_000;

describe('a subscriber that memory does not reach back for', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  const sent: string[] = [];
  const publish = async (records: number, perRecord: number): Promise<void> => {
    sent.push(...(await live.publish(records, perRecord, bulky)));
  };
  const start = async (limits: Parameters<typeof startQueryGateway>[1] = {}): Promise<void> => {
    gateway = await startQueryGateway(live.world.config, { maxLiveBytes, ...limits });
    gateway.keys.add('acme', ['acme']);
  };
  const fallbacks = async (): Promise<number> =>
    Number(/^sealstream_gateway_stream_fallbacks_total\{.*\} (\d+)$/m.exec(await gateway.metrics())?.[1]);

  before(async () => {
    live = await createLiveWorld();
  });
  afterEach(() => gateway.stop());
  after(() => live.remove());

  test('waits for ClickHouse, and skips nothing, while the consumer is down', async () => {
    await start();
    await publish(60, 50);
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'all', since: 'beginning' });
    await client.until('subscribed');
    await sleep(1_500);
    assert.ok(client.events.length < sent.length, 'memory alone cannot hold all of it');
    assert.ok(!client.messages.some(({ type }) => type === 'caught_up'));
    await live.startConsumer();
    await client.until('caught_up');
    await client.untilTrue(() => client.events.length >= sent.length);
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    await client.close();
  });

  test('that stops reading for a while gets the rest out of ClickHouse, once and in order', async () => {
    await start({ limits: { unsentBytes: 65_536 } });
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'all', since: 'beginning' });
    await client.until('caught_up');
    socketOf(client).pause();
    await publish(240, 50);
    await sleep(1_000);
    assert.ok(client.events.length < sent.length);
    socketOf(client).resume();
    await client.untilTrue(() => client.events.length >= sent.length);
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    assert.ok((await fallbacks()) > 0);
    await client.close();
  });

  test('that takes nothing for too long is told its cursor and closed, and resumes without loss', async () => {
    await start({ limits: { unsentBytes: 65_536, stallMs: 800 } });
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'all', since: 'beginning' });
    await client.until('events');
    socketOf(client).pause();
    await publish(120, 50);
    // It has some seconds for the last words, so that it must begin to listen as soon as they are said.
    while (!/stream_closed_total\{[^}]*why="stalled"[^}]*\} 1/.test(await gateway.metrics())) await sleep(50);
    socketOf(client).resume();
    assert.deepEqual(await client.closed, { code: 1013, reason: 'stalled' });
    const last = client.messages.find(({ type, id }) => type === 'problem' && id === 'all')!;
    assert.equal(last.cursor, client.messages.findLast(({ type }) => type === 'events')!.to);
    const next = await openStream(gateway.streamUrl, { key: 'acme' });
    next.send({ type: 'subscribe', id: 'all', since: last.cursor });
    await next.untilTrue(() => client.events.length + next.events.length >= sent.length);
    assert.equal(deliveryFault([...messagesOf(client), ...messagesOf(next)], sent), undefined);
    await next.close();
  });

  test('is served out of ClickHouse alone while the live reader is down', async () => {
    await start();
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'all', since: 'beginning' });
    await client.until('caught_up');
    await gateway.liveReader.stop();
    await publish(30, 10);
    await client.untilTrue(() => client.events.length >= sent.length);
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    await client.close();
  });
});
