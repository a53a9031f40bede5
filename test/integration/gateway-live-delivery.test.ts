import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLiveWorld, deliveryFault, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream, type StreamClient, type StreamMessage } from '../support/stream-client.js';

const messagesOf = (client: StreamClient): unknown[] => client.events.map(({ message }) => message);
const socketOf = (client: StreamClient): Socket => (client.socket as unknown as { _socket: Socket })._socket;
const ofType = (client: StreamClient, wanted: string): StreamMessage[] =>
  client.messages.filter(({ type }) => type === wanted);
const bulky = { path: `/${'x'.repeat(2_000)}` };

/** Every message begins where the one before it ended: nothing can be missing between them. */
function chainFault(messages: readonly StreamMessage[]): string | undefined {
  let at: string | undefined;
  for (const { type, from, to, cursor } of messages) {
    if (type === 'subscribed') at = cursor;
    if (type !== 'events' && type !== 'dropped') continue;
    if (from !== at) return `${type} begins at ${from}, the one before it ended at ${at}`;
    at = to;
  }
  return undefined;
}

describe('what a subscriber asks of its delivery', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  const open: StreamClient[] = [];
  const subscribe = async (more: object): Promise<StreamClient> => {
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    open.push(client);
    client.send({ type: 'subscribe', id: 's', ...more });
    await client.until('caught_up');
    return client;
  };

  before(async () => {
    live = await createLiveWorld();
    await live.startConsumer();
    gateway = await startQueryGateway(live.world.config, { limits: { unsentBytes: 65_536 } });
    gateway.keys.add('acme', ['acme']);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });
  after(async () => {
    await gateway.stop();
    await live.remove();
  });

  test('fields: live and history alike give only those', async () => {
    const client = await subscribe({ fields: ['message', 'actor.id', 'details'] });
    await live.record([{ message: 'chosen', details: { n: 1 }, correlation_id: 'fields' }]);
    await client.until('events');
    await live.world.delivered();
    const later = await subscribe({
      fields: ['message', 'actor.id', 'details'],
      since: 'beginning',
      filter: { correlation_id: 'fields' },
    });
    assert.deepEqual(Object.keys(client.events[0]!).sort(), ['actor', 'details', 'message']);
    assert.deepEqual(Object.keys(client.events[0]!.actor as object), ['id']);
    assert.deepEqual(client.events, later.events);
  });

  test('q: the same language live as in a query', async () => {
    const q = 'action:auth.* -outcome:success details.region:eu "from the north"';
    const client = await subscribe({ q });
    const fitting = {
      action: 'auth.login',
      outcome: 'failure' as const,
      details: { region: 'eu' },
      message: 'came from the north',
    };
    await live.record([
      { ...fitting, details: { region: 'us' } },
      { ...fitting, outcome: 'success' },
      { ...fitting, message: 'came from north' },
      fitting,
      { ...fitting, action: 'role.created' },
    ]);
    await client.until('events');
    await sleep(150);
    assert.equal(client.events.length, 1);
    await live.world.delivered();
    const stored = await gateway.get<{ events: unknown[] }>(`/api/audit?q=${encodeURIComponent(q)}`, 'acme');
    assert.deepEqual(stored.body.events, client.events);
  });

  test('window: no more events are out than it, and each ack lets more through', async () => {
    const client = await subscribe({ window: 7 });
    const sent = await live.publish(9, 5);
    let acknowledged = 0;
    while (client.events.length < sent.length) {
      await client.untilTrue(() => client.events.length > acknowledged);
      await sleep(60);
      assert.ok(client.events.length - acknowledged <= 7, `${client.events.length - acknowledged} events are out`);
      acknowledged = client.events.length;
      client.send({ type: 'ack', id: 's', to: ofType(client, 'events').at(-1)!.to });
    }
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    assert.equal(chainFault(client.messages), undefined);
    client.send({ type: 'ack', id: 's', to: 'AAAA' });
    assert.equal((await client.until('problem')).problem!.status, 409);
  });

  test('pause: nothing comes until resume, and then everything', async () => {
    const client = await subscribe({});
    client.send({ type: 'pause', id: 's' });
    const { cursor } = await client.until('paused');
    assert.equal(cursor, client.messages[0]!.cursor);
    const sent = await live.publish(30, 5);
    await sleep(300);
    assert.equal(client.events.length, 0);
    client.send({ type: 'resume', id: 's' });
    await client.untilTrue(() => client.events.length >= sent.length);
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    assert.equal(chainFault(client.messages), undefined);
  });

  test('latest: who paused is told exactly how many events passed, and goes on with the newest', async () => {
    const client = await subscribe({ delivery: 'latest' });
    const before = await live.publish(3, 5);
    await client.untilTrue(() => client.events.length >= before.length);
    client.send({ type: 'pause', id: 's' });
    await client.until('paused');
    const missed = await live.publish(30, 7);
    await sleep(300);
    client.send({ type: 'resume', id: 's' });
    const { count, from, to } = await client.until('dropped');
    assert.equal(count, missed.length);
    const after = await live.publish(3, 5);
    await client.untilTrue(() => client.events.length >= before.length + after.length);
    assert.equal(deliveryFault(messagesOf(client), [...before, ...after]), undefined);
    assert.equal(chainFault(client.messages), undefined);
    const rest = await openStream(gateway.streamUrl, { key: 'acme' });
    open.push(rest);
    rest.send({ type: 'subscribe', id: 'rest', since: from });
    await rest.untilTrue(() => rest.events.length >= missed.length + after.length);
    assert.equal(deliveryFault(messagesOf(rest), [...missed, ...after]), undefined, 'from there they can be had');
    assert.notEqual(from, to);
  });

  test('latest: what a slow subscriber got and what it was told it missed are together everything', async () => {
    const client = await subscribe({ delivery: 'latest' });
    socketOf(client).pause();
    let published = 0;
    const dropped = async (): Promise<number> =>
      Number(/^sealstream_gateway_stream_dropped_events_total\{.*\} (\d+)$/m.exec(await gateway.metrics())?.[1] ?? 0);
    const before = await dropped();
    while ((await dropped()) === before) published += (await live.publish(30, 50, bulky)).length;
    socketOf(client).resume();
    await client.until('dropped');
    const last = await live.publish(3, 1);
    published += last.length;
    await client.untilTrue(() => last.every((message) => messagesOf(client).includes(message)));
    const told = ofType(client, 'dropped').reduce((sum, { count }) => sum + count!, 0);
    assert.ok(told > 0);
    assert.equal(client.events.length + told, published);
    assert.equal(new Set(messagesOf(client)).size, client.events.length, 'nothing twice');
    assert.equal(chainFault(client.messages), undefined);
  });

  test('several subscriptions of a connection keep apart', async () => {
    const client = await subscribe({ q: 'action:auth.*' });
    client.send({ type: 'subscribe', id: 'roles', filter: { category: 'role' }, fields: ['action'] });
    await client.until(({ type, id }) => type === 'caught_up' && id === 'roles');
    await live.record([{ action: 'auth.login' }, { action: 'role.created' }, { action: 'auth.logout' }]);
    await client.untilTrue(() => client.events.length >= 3);
    const actions = (wanted: string) =>
      ofType(client, 'events')
        .filter(({ id }) => id === wanted)
        .flatMap(({ events }) => events!.map(({ action }) => action));
    assert.deepEqual([actions('s'), actions('roles')], [['auth.login', 'auth.logout'], ['role.created']]);
    client.send({ type: 'unsubscribe', id: 's' });
    await client.until('unsubscribed');
    await live.record([{ action: 'auth.login' }, { action: 'role.deleted' }]);
    await client.untilTrue(() => client.events.length >= 4);
    await sleep(100);
    assert.deepEqual(actions('roles'), ['role.created', 'role.deleted']);
    assert.equal(actions('s').length, 2);
  });
});
