import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newKeyText } from '../../services/gateway/auth/api-key.js';
import {
  type Answer,
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { createTestDatabase } from '../support/stack.js';

const event = { action: 'auth.login' };

describe('/api/keys', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;

  const make = (body: AnyFields, key = world.adminKey): Promise<Answer> =>
    gateway.call('POST', '/api/keys', { key, body: { name: 'k', ...body } });
  const list = async (key = world.adminKey): Promise<AnyFields[]> => {
    const { status, body } = await gateway.call('GET', '/api/keys', { key });
    assert.equal(status, 200, JSON.stringify(body));
    return body.keys;
  };
  const refused = ({ status, body }: Answer, wanted: number, kind: string): void => {
    assert.equal(status, wanted, JSON.stringify(body));
    assert.equal(body.type, `urn:sealstream:problem:${kind}`);
  };
  const systemEvents = async () =>
    acceptedOf(await judgeTopic(world)).filter(({ scope }) => scope === 'system') as AnyFields[];

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('a key is shown once, works at once, and is kept only as a hash', async () => {
    const { status, body } = await make({ name: 'ingest', organizations: ['acme'], permissions: ['write:events'] });
    assert.equal(status, 201);
    assert.match(body.key, /^sk_[A-Za-z0-9_-]{43}$/);
    assert.equal((await gateway.call('POST', '/api/audit/events', { key: body.key, body: event })).status, 202);
    const listed = (await list()).find(({ id }) => id === body.id)!;
    const { key: text, ...rest } = body;
    const { last_used_at, ...asMade } = listed;
    assert.deepEqual(asMade, rest);
    assert.ok(Math.abs(Date.parse(last_used_at) - Date.now()) < 30_000, 'and it says when it was used');
    assert.ok(text.startsWith(listed.prefix));
    const { addresses } = world.config;
    const rows = await fetch(
      `${addresses.clickhouseUrl.origin}/?database=${addresses.clickhouseDatabase}&query=${encodeURIComponent('SELECT * FROM api_keys FORMAT JSON')}`,
      {
        headers: {
          'x-clickhouse-user': addresses.clickhouseUrl.username,
          'x-clickhouse-key': addresses.clickhouseUrl.password,
        },
      },
    );
    const stored = await rows.text();
    assert.equal(rows.status, 200);
    assert.ok(stored.includes(body.id) && !stored.includes(text) && !stored.includes(text.slice(3)));
    assert.ok(!JSON.stringify(await systemEvents()).includes(text.slice(12)), 'nor is it in the log');
  });

  test('the administrator’s key is listed and cannot be revoked over HTTP', async () => {
    let admin: AnyFields | undefined;
    while (!admin) {
      admin = (await list()).find(({ id }) => id === 'key_admin');
      await sleep(50);
    }
    assert.equal(admin.organizations, '*');
    refused(await gateway.call('DELETE', '/api/keys/key_admin'), 409, 'conflict');
  });

  test('a revoked key is refused at once, here and on another gateway within seconds', async () => {
    const other = await startTestGateway(world);
    try {
      const { body } = await make({ organizations: ['acme'], permissions: ['view:audit_logs'] });
      const ask = (to: TestGateway): Promise<Answer> => to.call('GET', '/api/keys', { key: body.key });
      assert.equal((await ask(gateway)).status, 403);
      assert.equal((await ask(other)).status, 403);
      const revoked = await gateway.call('DELETE', `/api/keys/${body.id}`);
      assert.equal(revoked.status, 200);
      assert.ok(revoked.body.revoked_at);
      refused(await ask(gateway), 401, 'unauthenticated');
      const startMs = performance.now();
      while ((await ask(other)).status !== 401) {
        assert.ok(performance.now() - startMs < 5_000);
        await sleep(50);
      }
      const again = await gateway.call('DELETE', `/api/keys/${body.id}`);
      assert.deepEqual(
        [again.status, again.body.revoked_at],
        [200, revoked.body.revoked_at],
        'once more changes nothing',
      );
    } finally {
      await other.stop();
    }
  });

  test('a key is replaced by one of the same rights, and both work for the overlap', async () => {
    const body = { name: 'ingest', organizations: ['acme'], permissions: ['write:events'] };
    const { body: old } = await make(body);
    const rotate = (id: string, overlap_seconds: number, key = world.adminKey): Promise<Answer> =>
      gateway.call('POST', `/api/keys/${id}/rotate`, { key, body: { overlap_seconds } });
    const post = async (key: string) => (await gateway.call('POST', '/api/audit/events', { key, body: event })).status;
    const { status, body: next } = await rotate(old.id, 4);
    assert.equal(status, 201, JSON.stringify(next));
    assert.notEqual(next.key, old.key);
    const { name, organizations, permissions, expires_at, replaces } = next;
    assert.deepEqual({ name, organizations, permissions }, body);
    assert.deepEqual([expires_at, replaces], [null, old.id]);
    assert.deepEqual([await post(old.key), await post(next.key)], [202, 202]);
    await sleep(4_100);
    assert.deepEqual([await post(old.key), await post(next.key)], [401, 202]);
    refused(await rotate(old.id, 1), 409, 'conflict');
    refused(await rotate('key_admin', 1), 409, 'conflict');
    refused(await rotate(next.id, -1), 400, 'invalid-request');
    const stranger = await gateway.makeKey(['globex'], ['manage:keys', 'write:events']);
    refused(await rotate(next.id, 0, stranger), 404, 'not-found');
    const lacking = await gateway.makeKey(['acme'], ['manage:keys']);
    refused(await rotate(next.id, 0, lacking), 403, 'forbidden');
    assert.equal((await rotate(next.id, 0)).status, 201);
    assert.equal(await post(next.key), 401, 'without an overlap it ends at once');
  });

  test('a key expires when it says', async () => {
    const expires_at = new Date(Date.now() + 1_000).toISOString();
    const { body } = await make({ organizations: ['acme'], permissions: ['write:events'], expires_at });
    assert.equal(body.expires_at, expires_at);
    assert.equal((await gateway.call('POST', '/api/audit/events', { key: body.key, body: event })).status, 202);
    await sleep(1_100);
    refused(await gateway.call('POST', '/api/audit/events', { key: body.key, body: event }), 401, 'unauthenticated');
    refused(
      await make({ organizations: ['acme'], permissions: ['verify'], expires_at: '2020-01-01T00:00:00Z' }),
      400,
      'invalid-request',
    );
  });

  test('a key grants no more than it has: organizations, permissions, time', async () => {
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const manager = await gateway.makeKey(['acme', 'globex'], ['manage:keys', 'write:events'], expires_at);
    const good = await make({ organizations: ['acme'], permissions: ['write:events'] }, manager);
    assert.equal(good.status, 201);
    assert.equal(good.body.expires_at, expires_at, 'nor does it outlive its maker');
    refused(await make({ organizations: ['initech'], permissions: ['write:events'] }, manager), 403, 'forbidden');
    refused(
      await make({ organizations: ['acme', 'initech'], permissions: ['write:events'] }, manager),
      403,
      'forbidden',
    );
    refused(await make({ organizations: '*', permissions: ['write:events'] }, manager), 403, 'forbidden');
    refused(await make({ organizations: ['acme', '*'], permissions: ['write:events'] }, manager), 403, 'forbidden');
    const beyond = await make({ organizations: ['acme'], permissions: ['write:events', 'admin'] }, manager);
    refused(beyond, 403, 'forbidden');
    assert.equal(beyond.body.required_permission, 'admin');
    const later = new Date(Date.now() + 7_200_000).toISOString();
    refused(
      await make({ organizations: ['acme'], permissions: ['write:events'], expires_at: later }, manager),
      403,
      'forbidden',
    );
    const writer = await gateway.makeKey(['acme'], ['write:events']);
    const lacking = await make({ organizations: ['acme'], permissions: ['write:events'] }, writer);
    refused(lacking, 403, 'forbidden');
    assert.equal(lacking.body.required_permission, 'manage:keys');
  });

  test('a tenant’s key manager sees and revokes its own tenant’s keys only', async () => {
    const manager = await gateway.makeKey(['hooli'], ['manage:keys']);
    const own = await make({ organizations: ['hooli'], permissions: ['manage:keys'] }, manager);
    const wider = await make({ organizations: ['hooli', 'acme'], permissions: ['write:events'] });
    const stronger = await make({ organizations: ['hooli'], permissions: ['admin'] });
    const seen = (await list(manager)).map(({ id }) => id);
    assert.ok(seen.includes(own.body.id) && seen.includes(stronger.body.id));
    assert.ok(!seen.includes(wider.body.id) && !seen.includes('key_admin'));
    refused(await gateway.call('DELETE', `/api/keys/${wider.body.id}`, { key: manager }), 404, 'not-found');
    refused(await gateway.call('DELETE', `/api/keys/key_0000`, { key: manager }), 404, 'not-found');
    refused(await gateway.call('DELETE', `/api/keys/${stronger.body.id}`, { key: manager }), 403, 'forbidden');
    assert.equal((await gateway.call('DELETE', `/api/keys/${own.body.id}`, { key: manager })).status, 200);
  });

  test('a request for a key names what is wrong with it', async () => {
    for (const [change, pointer] of [
      [{ permissions: ['fly'] }, '/permissions/0'],
      [{ permissions: [] }, '/permissions'],
      [{ name: '' }, '/name'],
      [{ name: 'a\nb' }, '/name'],
      [{ organizations: [] }, '/organizations'],
      [{ organizations: [''] }, '/organizations'],
      [{ organizations: ['a\ud800'] }, '/organizations'],
      [{ organizations: ['a\u0000'] }, '/organizations'],
      [{ organizations: 'acme' }, '/organizations'],
      [{ expires_at: 'soon' }, '/expires_at'],
      [{ hash: 'x' }, '/hash'],
      [JSON.parse('{"__proto__":{"permissions":["admin"]}}'), '/__proto__'],
    ] as [AnyFields, string][]) {
      const body = JSON.stringify({ name: 'k', organizations: ['acme'], permissions: ['verify'] }).slice(0, -1);
      const answer = await gateway.call('POST', '/api/keys', { body: `${body},${JSON.stringify(change).slice(1)}` });
      refused(answer, 400, 'invalid-request');
      assert.ok(
        answer.body.errors.some((error: AnyFields) => error.pointer.startsWith(pointer)),
        JSON.stringify(answer.body),
      );
    }
  });

  test('making and revoking a key are audit events of the system scope, with who and from where', async () => {
    const { body } = await make({ name: 'audited', organizations: ['acme'], permissions: ['verify'] });
    await gateway.call('DELETE', `/api/keys/${body.id}`);
    const deadlineMs = performance.now() + 5_000;
    let about: AnyFields[] = [];
    while (about.length < 2 && performance.now() < deadlineMs) {
      about = (await systemEvents()).filter(({ target }) => target?.id === body.id);
    }
    assert.deepEqual(about.map(({ action }) => action).sort(), ['api_key.created', 'api_key.revoked']);
    for (const { actor, ip, outcome, request_id } of about) {
      assert.deepEqual([actor.id, ip, outcome], ['key_admin', '127.0.0.1', 'success']);
      assert.ok(request_id);
    }
    assert.deepEqual(about.find(({ action }) => action === 'api_key.created')?.details.permissions, ['verify']);
  });

  test('without a good key every route answers 401 with a challenge, whatever it is asked', async () => {
    for (const [method, path] of [
      ['POST', '/api/audit/events'],
      ['POST', '/api/audit/batches'],
      ['GET', '/api/audit'],
      ['GET', '/api/audit/summary'],
      ['GET', '/api/keys'],
      ['POST', '/api/producers'],
      ['GET', '/api/organizations'],
    ] as const) {
      const none = await gateway.call(method, path, { key: '' });
      refused(none, 401, 'unauthenticated');
      assert.equal(none.headers.get('www-authenticate'), 'Bearer realm="sealstream"');
      const wrong = await gateway.call(method, path, {
        key: newKeyText(),
        ...(method === 'POST' ? { body: '{' } : {}),
      });
      refused(wrong, 401, 'unauthenticated');
      assert.match(wrong.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
    }
  });

  test('queries are bound to the key’s tenant', async () => {
    const viewer = await gateway.makeKey(['acme'], ['view:audit_logs']);
    assert.equal((await gateway.call('GET', '/api/audit', { key: viewer })).status, 200);
    refused(await gateway.call('GET', '/api/audit?organization_id=globex', { key: viewer }), 403, 'forbidden');
    const header = { 'x-organization-id': 'globex' };
    refused(await gateway.call('GET', '/api/audit', { key: viewer, headers: header }), 403, 'forbidden');
    refused(await gateway.call('GET', '/api/audit/system', { key: viewer }), 403, 'forbidden');
  });

  test('the administrator’s key works, and others wait, while the table cannot be read', async () => {
    const known = await gateway.makeKey(['acme'], ['write:events']);
    const empty = await createTestDatabase();
    const { addresses } = world.config;
    const config = { ...world.config, addresses: { ...addresses, clickhouseDatabase: empty.database } };
    const apart = await startTestGateway({ ...world, config });
    try {
      await empty.clickhouse.command({ query: 'DROP TABLE api_keys' });
      await sleep(1_100);
      const post = (key: string): Promise<Answer> =>
        apart.call('POST', '/api/audit/events', { key, body: { ...event, organization_id: 'acme' } });
      assert.equal((await post(world.adminKey)).status, 202);
      const waiting = await post(known);
      refused(waiting, 503, 'unavailable');
      assert.equal(waiting.body.part, 'clickhouse');
      assert.ok(Number(waiting.headers.get('retry-after')) > 0);
    } finally {
      await apart.stop();
      await empty.remove();
    }
  });
});
