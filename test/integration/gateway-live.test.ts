import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLiveWorld, deliveryFault, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

const messagesOf = (client: StreamClient): unknown[] => client.events.map(({ message }) => message);

describe('the stream', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  /** Everything of organization acme that was published so far. */
  const sent: string[] = [];
  const publish = async (records: number, perRecord: number): Promise<string[]> => {
    const said = await live.publish(records, perRecord);
    sent.push(...said);
    return said;
  };

  before(async () => {
    live = await createLiveWorld();
    await live.startConsumer();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('globex', ['globex']);
    gateway.keys.add('both', ['acme', 'globex']);
    gateway.keys.add('verifier', ['acme'], ['verify']);
    await publish(30, 5);
    await live.world.delivered();
  });
  after(async () => {
    await gateway.stop();
    await live.remove();
  });

  test('goes from history to live without a gap or a repeat', async () => {
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'all', since: 'beginning' });
    await client.until('caught_up');
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    await publish(30, 5);
    await client.untilTrue(() => client.events.length >= sent.length);
    assert.equal(deliveryFault(messagesOf(client), sent), undefined);
    const frames = client.messages.filter(({ type }) => type === 'events');
    assert.equal(frames[0]!.from, client.messages.find(({ type }) => type === 'subscribed')!.cursor);
    for (const [at, frame] of frames.slice(1).entries()) assert.equal(frame.from, frames[at]!.to);
    await client.close();
  });

  test('without a cursor begins with what comes after', async () => {
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'new' });
    await client.until('subscribed');
    const said = await publish(6, 3);
    await client.untilTrue(() => client.events.length >= said.length);
    assert.equal(deliveryFault(messagesOf(client), said), undefined);
    await client.close();
  });

  test('continues behind any event by the cursor of its frame, again and again', async () => {
    let cursor = 'beginning';
    const received: unknown[] = [];
    for (let cuts = 0; cuts < 12; cuts += 1) {
      const client = await openStream(gateway.streamUrl, { key: 'acme' });
      client.send({ type: 'subscribe', id: 'all', since: cursor });
      const publishing = publish(6, 5);
      await client.until('events');
      if (cuts % 2 === 0) await sleep(Math.random() * 50);
      client.cut();
      await client.closed;
      cursor = client.messages.findLast(({ type }) => type === 'events')!.to!;
      received.push(...messagesOf(client));
      await publishing;
    }
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'all', since: cursor });
    await client.untilTrue(() => received.length + client.events.length >= sent.length);
    await client.until('caught_up');
    assert.equal(deliveryFault([...received, ...messagesOf(client)], sent), undefined);
    await client.close();
  });

  test('takes the cursor of a collector that polls, and the collector the cursor of a stream', async () => {
    const first = await gateway.get<{ events: { message: string }[]; next_cursor: string }>(
      '/api/audit?order=ingest&limit=17',
      'acme',
    );
    assert.equal(first.body.events.length, 17);
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'rest', since: first.body.next_cursor });
    await client.untilTrue(() => client.events.length >= sent.length - 17);
    const all = [...first.body.events.map(({ message }) => message), ...messagesOf(client)];
    assert.equal(deliveryFault(all, sent), undefined);
    const { to } = client.messages.find(({ type }) => type === 'events')!;
    const inFrame = client.messages.find(({ type }) => type === 'events')!.events!.length;
    await live.world.delivered();
    const rest = await gateway.get<{ events: unknown[]; caught_up: boolean }>(
      `/api/audit?order=ingest&limit=1000&since=${to}`,
      'acme',
    );
    assert.equal(rest.body.events.length, sent.length - 17 - inFrame);
    assert.equal(rest.body.caught_up, true);
    await client.close();
  });

  test('filters live as it filters history', async () => {
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    const filter = { action: 'ROLE', outcome: ['denied', 'failure'], ip: '10.0.0.0/8' };
    client.send({ type: 'subscribe', id: 'some', filter, since: 'now' });
    await client.until('subscribed');
    const fitting = { action: 'member.role_changed', outcome: 'denied' as const, ip: '10.1.2.3', correlation_id: 'f' };
    const before = sent.length;
    await live.record([
      fitting,
      { ...fitting, outcome: 'success' },
      { ...fitting, ip: '11.0.0.1' },
      { ...fitting, action: 'auth.login' },
      { ...fitting, organization_id: 'globex' },
    ]);
    await client.untilTrue(() => client.events.length > 0);
    await sleep(200);
    assert.deepEqual(
      client.events.map(({ action, outcome, ip, organization_id }) => ({ action, outcome, ip, organization_id })),
      [{ action: 'member.role_changed', outcome: 'denied', ip: '10.1.2.3', organization_id: 'acme' }],
    );
    await live.world.delivered();
    const history = await gateway.get<{ events: unknown[] }>(
      '/api/audit?action=ROLE&outcome=denied,failure&ip=10.0.0.0/8',
      'acme',
    );
    assert.deepEqual(history.body.events, client.events, 'the same event, answered alike');
    assert.equal(sent.length, before);
    await client.close();
  });

  test('gives a tenant its own events and no other', async () => {
    const [globex, both] = await Promise.all(['globex', 'both'].map((key) => openStream(gateway.streamUrl, { key })));
    globex!.send({ type: 'subscribe', id: 'a', since: 'beginning' });
    globex!.send({ type: 'subscribe', id: 'b', filter: { organization_id: 'acme' } });
    both!.send({ type: 'subscribe', id: 'c', filter: { organization_id: 'globex', correlation_id: 'wall' } });
    const refused = await globex!.until('problem');
    assert.deepEqual([refused.id, refused.problem!.status], ['b', 403]);
    await both!.until('subscribed');
    await live.record(
      ['acme', 'globex', 'initech'].map((organization_id) => ({ organization_id, correlation_id: 'wall' })),
    );
    await live.record([{ scope: 'system', organization_id: 'globex', correlation_id: 'wall' }]);
    await Promise.all([globex!, both!].map((client) => client.untilTrue(() => client.events.length > 0)));
    await sleep(300);
    for (const client of [globex!, both!]) {
      const walls = client.events.filter(({ correlation_id }) => correlation_id === 'wall');
      assert.deepEqual(
        walls.map(({ organization_id, scope }) => [organization_id, scope]),
        [['globex', 'organization']],
      );
      assert.ok(client.events.every(({ organization_id }) => organization_id === 'globex'));
      await client.close();
    }
  });

  test('gives the system scope to whoever may see it, alone', async () => {
    gateway.keys.add('auditor', ['acme'], ['view:system_audit_logs']);
    const [auditor, acme] = await Promise.all(['auditor', 'acme'].map((key) => openStream(gateway.streamUrl, { key })));
    for (const client of [auditor!, acme!]) {
      client.send({ type: 'subscribe', id: 's', filter: { scope: 'system', correlation_id: 'sys' } });
    }
    assert.equal((await acme!.until('problem')).problem!.status, 403);
    await auditor!.until('subscribed');
    await live.record([{ correlation_id: 'sys' }, { scope: 'system', organization_id: '', correlation_id: 'sys' }]);
    await auditor!.untilTrue(() => auditor!.events.length > 0);
    await sleep(200);
    assert.deepEqual(
      auditor!.events.map(({ scope }) => scope),
      ['system'],
    );
    await Promise.all([auditor!.close(), acme!.close()]);
  });

  test('never gives out what was quarantined', async () => {
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'q', filter: { correlation_id: 'bad' } });
    await client.until('subscribed');
    await live.world.publish(0, [Buffer.from('no record of ours')]);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    await live.record([
      { correlation_id: 'bad', message: 'in an hour', occurred_at: inAnHour },
      { correlation_id: 'bad', message: 'now' },
    ]);
    await client.untilTrue(() => client.events.length > 0);
    await sleep(200);
    assert.deepEqual(messagesOf(client), ['now']);
    await client.close();
  });

  test('ends within seconds of the revocation of its key', async () => {
    gateway.keys.add('leaver', ['acme']);
    const byHeader = await openStream(gateway.streamUrl, { key: 'leaver' });
    const byMessage = await openStream(gateway.streamUrl);
    byMessage.send({ type: 'auth', key: 'leaver' });
    assert.equal((await byMessage.until('authenticated')).name, 'leaver');
    for (const client of [byHeader, byMessage]) client.send({ type: 'subscribe', id: 'x' });
    await Promise.all([byHeader, byMessage].map((client) => client.until('subscribed')));
    gateway.keys.revoke('leaver');
    const since = Date.now();
    for (const client of [byHeader, byMessage]) {
      assert.deepEqual(await client.closed, { code: 1008, reason: 'revoked' });
      const last = client.messages.find(({ type, id }) => type === 'problem' && id === 'x')!;
      assert.equal(last.problem!.status, 401);
      assert.ok(last.cursor);
    }
    assert.ok(Date.now() - since < 5_000);
  });

  test('ends when what the key permits has changed', async () => {
    gateway.keys.add('mover', ['acme']);
    const client = await openStream(gateway.streamUrl, { key: 'mover' });
    client.send({ type: 'subscribe', id: 'x' });
    await client.until('subscribed');
    gateway.keys.add('mover', ['globex']);
    assert.deepEqual(await client.closed, { code: 1008, reason: 'changed' });
  });

  test('is counted: connections, subscriptions, events, lag', async () => {
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    client.send({ type: 'subscribe', id: 'one', since: 'beginning' });
    client.send({ type: 'subscribe', id: 'two' });
    await client.until('caught_up');
    await client.until(({ type, id }) => type === 'subscribed' && id === 'two');
    const text = await gateway.metrics();
    const value = (name: string): number => Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
    assert.deepEqual(
      [value('sealstream_gateway_stream_connections'), value('sealstream_gateway_stream_subscriptions')],
      [1, 2],
    );
    assert.ok(value('sealstream_gateway_stream_events_total') > 0);
    assert.equal(value('sealstream_gateway_live_lag_records'), 0);
    assert.ok(value('sealstream_gateway_query_seconds_count') > 0);
    await client.close();
    await sleep(50);
    assert.match(await gateway.metrics(), /^sealstream_gateway_stream_subscriptions\{.*\} 0$/m);
  });
});
