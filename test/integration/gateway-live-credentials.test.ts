import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Permission } from '../../services/gateway/auth/caller.js';
import { createBrowser } from '../support/browser.js';
import { type EventSourceClient, openEventSource } from '../support/event-source.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway, type TestGateway } from '../support/gateway.js';
import { uniqueName } from '../support/stack.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

describe('the credential of a stream', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let viewer: string;
  const open: { close(): unknown }[] = [];

  const socket = async (options: Parameters<typeof openStream>[1], query = ''): Promise<StreamClient> => {
    const client = await openStream(`${gateway.url.replace('http', 'ws')}/api/audit/stream${query}`, options);
    open.push(client);
    return client;
  };
  const eventSource = async (options: Parameters<typeof openEventSource>[1]): Promise<EventSourceClient> => {
    const client = await openEventSource(`${gateway.url}/api/audit/stream/sse`, options);
    open.push(client);
    return client;
  };
  const makeKey = async (expiresInMs?: number, permissions: Permission[] = ['view:audit_logs']) => {
    const expires = expiresInMs === undefined ? {} : { expires_at: new Date(Date.now() + expiresInMs).toISOString() };
    const body = { name: uniqueName('key'), organizations: ['acme'], permissions, ...expires };
    const made = await gateway.call<{ id: string; key: string }>('POST', '/api/keys', { body });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body;
  };
  const ticketOf = async (key: string): Promise<string> => {
    const made = await gateway.call<{ ticket: string }>('POST', '/api/audit/stream/tickets', { key });
    assert.equal(made.status, 201);
    return made.body.ticket;
  };
  const subscribed = async (client: StreamClient): Promise<StreamClient> => {
    client.send({ type: 'subscribe', id: 's' });
    await client.until('subscribed');
    return client;
  };
  const publish = async (message: string): Promise<void> => {
    const body = { organization_id: 'acme', action: 'document.read', actor: { type: 'user', id: 'u' }, message };
    const sent = await gateway.call('POST', '/api/audit/events', { body });
    assert.equal(sent.status, 202, JSON.stringify(sent.body));
  };
  const gets = (client: StreamClient | EventSourceClient, said: string): Promise<void> =>
    client.untilTrue(() => client.events.some(({ message }) => message === said), 10_000);
  const refusal = async (options: Parameters<typeof openStream>[1], query = ''): Promise<string> => {
    const answer = await socket(options, query).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    return answer;
  };

  before(async () => {
    world = await createGatewayWorld({ partitions: 1 });
    gateway = await startTestGateway(world);
    viewer = await gateway.makeKey(['acme'], ['view:audit_logs']);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('may be a ticket in the address, which works once', async () => {
    const ticket = await ticketOf(viewer);
    const client = await subscribed(await socket({}, `?ticket=${ticket}`));
    await publish('by ticket');
    await gets(client, 'by ticket');
    assert.match(await refusal({}, `?ticket=${ticket}`), /^401 /);
    assert.match(await refusal({ key: viewer }, `?ticket=${ticket}`), /^400 .*one credential/);
    assert.match(await refusal({ key: viewer }, '?q=action:x'), /^400 .*subscribe message/);
  });

  test('may be a ticket in the first message', async () => {
    const client = await socket({});
    client.send({ type: 'auth', ticket: await ticketOf(viewer) });
    assert.equal((await client.until('authenticated')).expires_at, null);
    await subscribed(client);
    const wrong = await socket({});
    wrong.send({ type: 'auth', ticket: 'A'.repeat(43) });
    assert.deepEqual(await wrong.closed, { code: 1008, reason: 'unauthenticated' });
  });

  test('ends every stream that rests on it when it is revoked, by ticket or by key', async () => {
    const { id, key } = await makeKey();
    const streams = await Promise.all([
      subscribed(await socket({ key })),
      subscribed(await socket({}, `?ticket=${await ticketOf(key)}`)),
    ]);
    const events = await eventSource({ key });
    await events.until('subscribed');
    const other = await subscribed(await socket({ key: viewer }));
    assert.equal((await gateway.call('DELETE', `/api/keys/${id}`)).status, 200);
    for (const stream of streams) {
      assert.deepEqual(await stream.closed, { code: 1008, reason: 'revoked' });
      assert.ok(stream.messages.find((message) => message.type === 'problem' && message.id === 's')!.cursor);
    }
    assert.equal((await events.until('problem')).data.problem.status, 401);
    await events.ended;
    await publish('others go on');
    await gets(other, 'others go on');
  });

  test('ends its streams when it expires', async () => {
    const { key } = await makeKey(2_500);
    const began = Date.now();
    const [client, events] = await Promise.all([socket({ key }).then(subscribed), eventSource({ key })]);
    assert.deepEqual(await client.closed, { code: 1008, reason: 'revoked' });
    await events.ended;
    assert.equal(events.sent.at(-1)!.data.problem.type, 'urn:sealstream:problem:unauthenticated');
    assert.ok(Date.now() - began < 8_000);
  });

  test('is renewed by a refresh, so that the stream outlives the first one', async () => {
    const { key } = await makeKey(3_000);
    const client = await socket({});
    client.send({ type: 'auth', key });
    assert.ok(Date.parse((await client.until('authenticated')).expires_at!) > Date.now());
    await subscribed(client);
    client.send({ type: 'refresh', key: (await makeKey(undefined, ['view:audit_logs', 'verify'])).key });
    assert.match((await client.until('problem')).problem!.detail, /permits something else/);
    client.send({ type: 'refresh', ticket: await ticketOf(viewer) });
    await client.until('refreshed');
    await sleep(5_000);
    await publish('still here');
    await gets(client, 'still here');
  });

  test('may be a browser’s session, and signing out ends the streams', async () => {
    const browser = createBrowser(gateway);
    await browser.signIn(viewer);
    const origin = gateway.url;
    const client = await subscribed(await socket({ headers: { cookie: browser.cookie!, origin } }));
    const events = await eventSource({ headers: { cookie: browser.cookie! } });
    await events.until('subscribed');
    assert.match(
      await refusal({ headers: { cookie: browser.cookie!, origin: 'https://evil.example' } }),
      /^403 .*cross-site/,
    );
    await publish('in a browser');
    await Promise.all([gets(client, 'in a browser'), gets(events, 'in a browser')]);
    await browser.call('DELETE', '/api/session');
    assert.deepEqual(await client.closed, { code: 1008, reason: 'revoked' });
    await events.ended;
  });

  test('chooses among its organizations by the header', async () => {
    const key = await gateway.makeKey(['acme', 'globex'], ['view:audit_logs']);
    const client = await subscribed(await socket({ key, headers: { 'x-organization-id': 'globex' } }));
    await publish('not theirs');
    const body = {
      organization_id: 'globex',
      action: 'document.read',
      actor: { type: 'user', id: 'u' },
      message: 'theirs',
    };
    await gateway.call('POST', '/api/audit/events', { body });
    await gets(client, 'theirs');
    assert.deepEqual(
      client.events.map(({ message }) => message),
      ['theirs'],
    );
    assert.match(await refusal({ key, headers: { 'x-organization-id': '' } }), /^400 /);
  });
});

describe('who watches a stream', () => {
  test('is written into the organization’s own log, once, though the stream shows it', async () => {
    const world = await createGatewayWorld({ partitions: 1, accessLog: 'organization' });
    const gateway = await startTestGateway(world);
    try {
      while (!gateway.health.report().ready) await sleep(20);
      const key = await gateway.makeKey(['acme'], ['view:audit_logs', 'view:owner_events']);
      const url = `${gateway.url.replace('http', 'ws')}/api/audit/stream`;
      const [first, second] = [await openStream(url, { key }), await openStream(url, { key })];
      const begun = (client: StreamClient) =>
        client.events.filter(({ details }) => (details as { state?: string }).state === 'begun');
      first.send({ type: 'subscribe', id: 'all' });
      await first.untilTrue(() => begun(first).length === 1);
      second.send({ type: 'subscribe', id: 'own', q: 'action:audit.streamed' });
      await first.untilTrue(() => begun(first).length === 2);
      const events = await openEventSource(`${gateway.url}/api/audit/stream/sse?category=audit`, { key });
      await first.untilTrue(() => begun(first).length === 3);
      await sleep(2_500);
      assert.equal(first.events.length, 3, 'what is shown is not written down again');
      const [one, , sse] = first.events as unknown as {
        action: string;
        organization_id: string;
        actor: { type: string };
        details: Record<string, unknown>;
        ip: string;
      }[];
      assert.equal(one!.action, 'audit.streamed');
      assert.equal(one!.organization_id, 'acme');
      assert.deepEqual(one!.details.route, '/api/audit/stream');
      assert.deepEqual(sse!.details.filter, { category: 'audit' });
      assert.equal(sse!.details.route, '/api/audit/stream/sse');
      assert.ok(one!.ip);

      second.send({ type: 'unsubscribe', id: 'own' });
      events.close();
      const ended = () =>
        first.events
          .filter(({ details }) => (details as { state?: string }).state === 'ended')
          .map(({ details }) => details);
      await first.untilTrue(() => ended().length === 2);
      const results = ended().map((details) => [
        (details as { route: string }).route,
        (details as { results: number }).results,
      ]);
      assert.ok(
        results.some(([route, count]) => route === '/api/audit/stream' && Number(count) >= 1),
        JSON.stringify(results),
      );
      second.send({ type: 'subscribe', id: 'other', filter: { organization_id: 'globex' } });
      assert.equal((await second.until('problem')).problem!.status, 403);
      await Promise.all([first.close(), second.close()]);
    } finally {
      await gateway.stop();
      await world.remove();
    }
  });
});
