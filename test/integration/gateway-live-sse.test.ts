import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EventSourceClient, openEventSource } from '../support/event-source.js';
import { createLiveWorld, deliveryFault, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream } from '../support/stream-client.js';

const messagesOf = (client: EventSourceClient): unknown[] => client.events.map(({ message }) => message);

describe('server-sent events', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  const open: EventSourceClient[] = [];
  const connect = async (query = '', options: Parameters<typeof openEventSource>[1] = { key: 'acme' }) => {
    const client = await openEventSource(`${gateway.url}/api/audit/stream/sse${query}`, options);
    open.push(client);
    return client;
  };
  const refusal = async (query: string, options: Parameters<typeof openEventSource>[1] = { key: 'acme' }) => {
    try {
      await connect(query, options);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was not refused');
  };
  const sent: string[] = [];
  const publish = async (records: number, perRecord: number): Promise<string[]> => {
    const said = await live.publish(records, perRecord);
    sent.push(...said);
    return said;
  };

  before(async () => {
    live = await createLiveWorld();
    await live.startConsumer();
    gateway = await startQueryGateway(live.world.config, {
      limits: { keepaliveMs: 300, connectionsPerKey: 4, unsentBytes: 65_536, stallMs: 1_000 },
    });
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('globex', ['globex']);
    gateway.keys.add('verifier', ['acme'], ['verify']);
    await publish(30, 5);
    await live.world.delivered();
  });
  afterEach(async () => {
    for (const client of open) client.close();
    await Promise.all(open.splice(0).map(({ ended }) => ended));
    await sleep(50);
  });
  after(async () => {
    await gateway.stop();
    await live.remove();
  });

  test('go from history to live without a gap or a repeat, each with its cursor as id', async () => {
    const client = await connect('?since=beginning');
    await client.until('caught_up');
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    await publish(9, 5);
    await client.untilTrue(() => client.events.length >= sent.length);
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    assert.match(client.headers['content-type']!, /^text\/event-stream/);
    assert.equal(client.headers['cache-control'], 'no-store, no-transform');
    const frames = client.sent.filter(({ event }) => event === 'events');
    assert.ok(frames.every(({ id, data }) => id === data.to));
    assert.equal(client.sent[0]!.id, client.sent[0]!.data.cursor);
  });

  test('resume behind the Last-Event-ID, whatever the address says of the beginning', async () => {
    const received: unknown[] = [];
    let headers: Record<string, string> = {};
    for (let cuts = 0; cuts < 8; cuts += 1) {
      const client = await connect('?since=beginning', { key: 'acme', headers });
      const publishing = publish(6, 5);
      await client.untilTrue(() => client.events.length > 0);
      await sleep(Math.random() * 40);
      client.close();
      await client.ended;
      received.push(...messagesOf(client));
      headers = { 'last-event-id': client.lastId! };
      await publishing;
    }
    const client = await connect('?since=beginning', { key: 'acme', headers });
    await client.untilTrue(() => received.length + client.events.length >= sent.length);
    assert.equal(deliveryFault([...received, ...messagesOf(client)], sent), undefined);
  });

  test('give the same cursor as the WebSocket', async () => {
    const client = await connect('?since=beginning');
    await client.until('caught_up');
    const socket = await openStream(gateway.streamUrl, { key: 'acme' });
    socket.send({ type: 'subscribe', id: 'x', since: client.lastId });
    const { cursor } = await socket.until('caught_up');
    const said = await publish(3, 2);
    await socket.untilTrue(() => socket.events.length >= said.length);
    assert.equal(
      deliveryFault(
        socket.events.map(({ message }) => message),
        said,
      ),
      undefined,
    );
    const again = await connect(`?since=${cursor}`);
    await again.untilTrue(() => again.events.length >= said.length);
    assert.equal(deliveryFault(messagesOf(again), said), undefined);
    await socket.close();
  });

  test('take every filter of a query, and fields', async () => {
    const client = await connect('?q=action:role.*&outcome=denied,failure&fields=action,outcome');
    await client.until('caught_up');
    await live.record([
      { action: 'role.created', outcome: 'success' },
      { action: 'role.assigned', outcome: 'denied' },
      { action: 'auth.login', outcome: 'denied' },
    ]);
    sent.push('', '', '');
    await client.until('events');
    assert.deepEqual(client.events, [{ action: 'role.assigned', outcome: 'denied' }]);
    sent.splice(-3);
  });

  test('give a tenant its own events, with any cursor', async () => {
    const acme = await connect('?since=beginning');
    await acme.until('caught_up');
    const globex = await connect(`?since=${acme.sent.find(({ event }) => event === 'events')!.data.from}`, {
      key: 'globex',
    });
    await globex.until('caught_up');
    await live.record([{ organization_id: 'globex', message: 'theirs' }]);
    await globex.until('events');
    assert.deepEqual(messagesOf(globex), ['theirs']);
  });

  test('beat while nothing happens, so that proxies keep the connection', async () => {
    const client = await connect();
    await sleep(700);
    await publish(1, 1);
    await client.until('events');
    assert.ok(client.comments.length >= 2);
  });

  test('are refused with a problem before anything is sent', async () => {
    const refused: [query: string, options: Parameters<typeof openEventSource>[1], answer: RegExp][] = [
      ['', {}, /^401 /],
      ['', { key: 'nobody' }, /^401 /],
      ['', { key: 'verifier' }, /^403 .*view:audit_logs/],
      ['?organization_id=globex', { key: 'acme' }, /^403 /],
      ['?scope=system', { key: 'acme' }, /^403 .*view:system_audit_logs/],
      ['?colour=red', { key: 'acme' }, /^400 .*colour/],
      ['?since=AAAA', { key: 'acme' }, /^400 .*since/],
      ['?since=now&since=now', { key: 'acme' }, /^400 .*since/],
      ['', { key: 'acme', headers: { 'last-event-id': 'AAAA' } }, /^400 .*no cursor/],
      ['?delivery=some', { key: 'acme' }, /^400 .*delivery/],
      ['?fields=colour', { key: 'acme' }, /^400 .*colour/],
      ['?q=(', { key: 'acme' }, /^400 .*q: /],
    ];
    for (const [query, options, answer] of refused) assert.match(await refusal(query, options), answer, query);
  });

  test('are bounded for a key, together with its WebSockets', async () => {
    const socket = await openStream(gateway.streamUrl, { key: 'acme' });
    for (let at = 0; at < 3; at += 1) await connect();
    assert.match(await refusal(''), /^429 /);
    await socket.close();
    await connect();
  });

  test('wait for a slow reader without piling up, cut off one that stalls, and go on where it was', async () => {
    const bulky = { path: `/${'x'.repeat(2_000)}` };
    const client = await connect();
    await client.until('caught_up');
    client.pause();
    const said: string[] = [];
    const stalled = async (): Promise<boolean> =>
      /stream_closed_total\{[^}]*why="stalled"[^}]*\} 1/.test(await gateway.metrics());
    for (let round = 0; round < 40 && !(await stalled()); round += 1) {
      said.push(...(await live.publish(30, 50, bulky)));
      await sleep(100);
    }
    assert.ok(await stalled());
    client.resume();
    await client.ended;
    assert.ok(client.events.length < said.length);
    const rest = await connect('', { key: 'acme', headers: { 'last-event-id': client.lastId! } });
    await rest.untilTrue(() => client.events.length + rest.events.length >= said.length);
    assert.equal(deliveryFault([...messagesOf(client), ...messagesOf(rest)], said), undefined);
    sent.push(...said);
  });

  test('end when the key is revoked, with the cursor to resume from', async () => {
    gateway.keys.add('leaver', ['acme']);
    const client = await connect('?since=beginning', { key: 'leaver' });
    await client.until('caught_up');
    gateway.keys.revoke('leaver');
    const { data, id } = await client.until('problem');
    assert.equal(data.problem.status, 401);
    assert.equal(id, data.cursor);
    await client.ended;
    const rest = await connect(`?since=${data.cursor}`);
    const said = await publish(1, 3);
    await rest.untilTrue(() => rest.events.length >= said.length);
    assert.equal(deliveryFault(messagesOf(rest), said), undefined);
  });

  test('end with the cursor when the gateway stops', async () => {
    const client = await connect('?since=beginning');
    await client.until('caught_up');
    await gateway.stop();
    const { data } = await client.until('problem');
    assert.equal(data.problem.type, 'urn:sealstream:problem:unavailable');
    assert.equal(data.cursor, client.lastId);
    await client.ended;
    gateway = await startQueryGateway(live.world.config);
  });
});
