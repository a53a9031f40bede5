import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

describe('the protocol audit.v1', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  const open: StreamClient[] = [];
  const connect = async (options: Parameters<typeof openStream>[1] = { key: 'acme' }): Promise<StreamClient> => {
    const client = await openStream(gateway.streamUrl, options);
    open.push(client);
    return client;
  };
  const refusal = async (options: Parameters<typeof openStream>[1], path = ''): Promise<string> => {
    try {
      await openStream(gateway.streamUrl + path, options);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('the upgrade was not refused');
  };

  before(async () => {
    live = await createLiveWorld({ partitions: 1 });
    const limits = { authMs: 500, keepaliveMs: 300, refusals: 5, connections: 12, connectionsPerKey: 8 };
    gateway = await startQueryGateway(live.world.config, { limits });
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('verifier', ['acme'], ['verify']);
  });
  after(async () => {
    await gateway.stop();
    await live.remove();
  });

  test('is agreed on at the upgrade; another one is refused', async () => {
    const client = await connect();
    assert.equal(client.socket.protocol, 'audit.v1');
    assert.match(await refusal({ key: 'acme', protocols: ['chat'] }), /^400 .*subprotocol/);
    await client.close();
  });

  test('refuses an unknown key, a key without permission, and another path at the upgrade', async () => {
    assert.match(await refusal({ key: 'nobody' }), /^401 .*urn:sealstream:problem:unauthenticated/);
    assert.match(await refusal({ key: 'verifier' }), /^403 .*view:audit_logs/);
    assert.match(await refusal({ key: 'acme' }, '/elsewhere'), /^404 /);
    const plain = await gateway.get('/api/audit/stream');
    assert.equal(plain.status, 400);
  });

  test('takes the key in a first message where the headers hold none', async () => {
    const client = await connect({});
    client.send({ type: 'subscribe', id: 'early' });
    assert.equal((await client.until('problem')).problem!.status, 401);
    client.send({ type: 'auth', key: 'acme' });
    await client.until('authenticated');
    client.send({ type: 'subscribe', id: 'a' });
    assert.ok((await client.until('subscribed')).cursor);
    await client.close();
  });

  test('closes a connection that sends no key in time, or a wrong one', async () => {
    const [silent, wrong] = await Promise.all([connect({}), connect({})]);
    wrong.send({ type: 'auth', key: 'nobody' });
    assert.deepEqual(await wrong.closed, { code: 1008, reason: 'unauthenticated' });
    assert.deepEqual(await silent.closed, { code: 1008, reason: 'unauthenticated' });
    assert.equal(silent.messages[0]!.problem!.status, 401);
  });

  test('answers a ping, and keeps an idle connection that answers its pings', async () => {
    const client = await connect();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    client.send({ type: 'ping' });
    await client.until('pong');
    await client.close();
  });

  test('lets go of a peer that answers no ping', async () => {
    const client = await connect();
    client.socket.pong = () => {};
    (client.socket as unknown as { _autoPong: boolean })._autoPong = false;
    assert.equal((await client.closed).code, 1006);
  });

  const refused: [what: string, message: unknown, detail: RegExp][] = [
    ['a frame that is no JSON', '{"type":', /not JSON/],
    ['a frame that is no object', '[1]', /no JSON object/],
    ['an unknown type', { type: 'publish' }, /none of auth, refresh, subscribe/],
    ['a subscription without id', { type: 'subscribe' }, /id is no text/],
    ['an unknown member', { type: 'subscribe', id: 'x', form: 1 }, /knows no "form"/],
    ['an unknown filter', { type: 'subscribe', id: 'x', filter: { colour: 'red' } }, /^colour: is no parameter/],
    ['a bad filter value', { type: 'subscribe', id: 'x', filter: { ip: '10.0.0.300' } }, /^ip: /],
    ['a filter that is no value', { type: 'subscribe', id: 'x', filter: { actor: { id: 1 } } }, /^actor: /],
    ['a cursor of nobody', { type: 'subscribe', id: 'x', since: 'AAAA' }, /^since: is no cursor/],
    ['a since that is no text', { type: 'subscribe', id: 'x', since: 5 }, /since is no text/],
    ['an unsubscribe of nothing', { type: 'unsubscribe', id: 'x' }, /no subscription "x"/],
    ['a second auth', { type: 'auth', key: 'acme' }, /authenticated already/],
    ['a key and a ticket at once', { type: 'auth', key: 'a', ticket: 'b' }, /needs key or ticket, one/],
    [
      'a filter of two languages',
      { type: 'subscribe', id: 'x', q: 'a', filter: { q: 'b' } },
      /beside filter and in it/,
    ],
    ['a query that cannot be read', { type: 'subscribe', id: 'x', q: 'action:(' }, /^q: /],
    ['a field that no event has', { type: 'subscribe', id: 'x', fields: ['colour'] }, /"colour" is no field/],
    ['no fields at all', { type: 'subscribe', id: 'x', fields: [] }, /fields is no list of 1 to 64/],
    ['an unknown delivery', { type: 'subscribe', id: 'x', delivery: 'some' }, /none of all, latest/],
    ['a window of nothing', { type: 'subscribe', id: 'x', window: 0 }, /whole number from 1 to/],
    ['a small window of the latest', { type: 'subscribe', id: 'x', delivery: 'latest', window: 5 }, /from 500 to/],
    ['a pause of nothing', { type: 'pause', id: 'x' }, /no subscription "x"/],
    ['an ack of nothing', { type: 'ack', id: 'x', to: 'AAAA' }, /no subscription "x"/],
    ['an id that is no text', { type: 'subscribe', id: 7 }, /id is no text/],
    ['an id that is too long', { type: 'subscribe', id: 'x'.repeat(65) }, /id is no text/],
    ['reversed times', { type: 'subscribe', id: 'x', filter: { from: '2026-02-01', to: '2026-01-01' } }, /lies after/],
  ];
  for (const [what, message, detail] of refused) {
    test(`says what is wrong with ${what}, and goes on`, async () => {
      const client = await connect();
      client.send(message);
      assert.match((await client.until('problem')).problem!.detail, detail);
      client.send({ type: 'subscribe', id: 'fine' });
      await client.until('subscribed');
      await client.close();
    });
  }

  test('closes a connection that sends nothing but junk', async () => {
    const client = await connect();
    for (let at = 0; at < 6; at += 1) client.send(`junk ${at}`);
    assert.deepEqual(await client.closed, { code: 1008, reason: 'refusals' });
  });

  test('refuses binary frames, and closes on one that is too large', async () => {
    const client = await connect();
    client.socket.send(Buffer.from('{"type":"ping"}'));
    assert.match((await client.until('problem')).problem!.detail, /text/);
    client.send(JSON.stringify({ type: 'ping', more: 'x'.repeat(70_000) }));
    assert.equal((await client.closed).code, 1009);
  });

  test('refuses messages that come too fast', async () => {
    const client = await connect();
    for (let at = 0; at < 70; at += 1) client.send({ type: 'ping' });
    assert.equal((await client.closed).reason, 'refusals');
    assert.equal(client.messages.find(({ type }) => type === 'problem')!.problem!.status, 429);
  });

  test('holds sixteen subscriptions, each id once, and takes another when one is given up', async () => {
    const client = await connect();
    for (let at = 0; at < 16; at += 1) client.send({ type: 'subscribe', id: `s${at}` });
    client.send({ type: 'subscribe', id: 's16' });
    assert.match((await client.until('problem')).problem!.detail, /at most 16/);
    client.send({ type: 'subscribe', id: 's3' });
    await client.until(({ type, problem }) => type === 'problem' && /open already/.test(problem!.detail));
    client.send({ type: 'unsubscribe', id: 's3' });
    assert.ok((await client.until('unsubscribed')).cursor);
    client.send({ type: 'subscribe', id: 's16' });
    await client.until(({ type, id }) => type === 'subscribed' && id === 's16');
    await client.close();
  });

  test('bounds the connections of a key, and of all', async () => {
    const mine: StreamClient[] = [];
    for (let at = 0; at < 8; at += 1) mine.push(await connect());
    assert.match(await refusal({ key: 'acme' }), /^429 /);
    gateway.keys.add('other', ['acme']);
    for (let at = 0; at < 4; at += 1) mine.push(await connect({ key: 'other' }));
    assert.match(await refusal({ key: 'other' }), /^503 /);
    await Promise.all(mine.map((client) => client.close()));
  });

  test('says goodbye with a cursor when the gateway stops', async () => {
    const client = await connect();
    client.send({ type: 'subscribe', id: 'x' });
    await client.until('subscribed');
    await gateway.stop();
    assert.deepEqual(await client.closed, { code: 1001, reason: 'stopping' });
    assert.ok(client.messages.find(({ type, id }) => type === 'problem' && id === 'x')!.cursor);
    gateway = await startQueryGateway(live.world.config);
  });
});
