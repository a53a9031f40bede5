import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { WebSocket } from 'ws';
import { newKeyText } from '../../services/gateway/auth/api-key.js';
import { createBrowser } from '../support/browser.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway, type TestGateway } from '../support/gateway.js';

describe('a browser’s session', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  const event = { action: 'auth.login', organization_id: 'acme' };

  const upgrade = (headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/api/audit/stream`, 'audit.v1', { headers });
      socket.on('open', () => {
        socket.close();
        resolve(101);
      });
      socket.on('unexpected-response', (_, answer) => {
        resolve(answer.statusCode!);
        answer.resume();
      });
      socket.on('error', (error) => (error.message.includes('Unexpected') ? undefined : reject(error)));
    });

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('begins with an API key, may what the key may, and its cookie is kept from scripts and other sites', async () => {
    const browser = createBrowser(gateway);
    const viewer = await gateway.makeKey(['acme'], ['view:audit_logs']);
    const { status, body, setCookie } = await browser.signIn(viewer);
    assert.equal(status, 200, JSON.stringify(body));
    assert.match(setCookie!, /^sealstream_[0-9a-f]{8}=[\w-]{43}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/);
    assert.deepEqual([body.kind, body.organizations, body.permissions], ['session', ['acme'], ['view:audit_logs']]);
    assert.equal((await browser.call('GET', '/api/audit')).status, 200);
    const denied = await browser.call('GET', '/api/keys');
    assert.deepEqual([denied.status, denied.body.required_permission], [403, 'manage:keys']);
    assert.deepEqual((await browser.call('GET', '/api/session')).body, body);
  });

  test('is not known by anything that Redis holds', async () => {
    const browser = createBrowser(gateway);
    await browser.signIn(world.adminKey);
    const secret = browser.cookie!.split('=')[1]!;
    const redis = new Redis(world.config.addresses.redisUrl);
    try {
      const names = await redis.keys('sealstream:session:*');
      const values = await redis.mget(names);
      assert.ok(names.length > 0);
      assert.ok(![...names, ...values].some((text) => text?.includes(secret) || text?.includes(world.adminKey)));
    } finally {
      redis.disconnect();
    }
  });

  test('changes nothing without its CSRF token, with another session’s, or from another origin', async () => {
    const browser = createBrowser(gateway);
    const other = createBrowser(gateway);
    await browser.signIn(world.adminKey);
    await other.signIn(world.adminKey);
    const post = (headers: Record<string, string>) =>
      browser.call('POST', '/api/audit/events', { body: event, headers });
    for (const headers of [
      { 'x-csrf-token': '' },
      { 'x-csrf-token': other.csrf! },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: gateway.url.replace('http:', 'https:') },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: gateway.url },
    ]) {
      const refused = await post(headers);
      assert.deepEqual([refused.status, refused.body.type], [403, 'urn:sealstream:problem:cross-site']);
    }
    assert.equal((await post({})).status, 202);
    assert.equal((await post({ origin: gateway.url })).status, 202);
    const read = await browser.call('GET', '/api/audit', { headers: { origin: 'http://evil.example' } });
    assert.equal(read.status, 403, 'nor does another origin read');
    const followed = await browser.call('GET', '/api/audit', { headers: { 'sec-fetch-site': 'cross-site' } });
    assert.equal(followed.status, 200, 'a link on another site may lead here');
  });

  test('cannot be begun by another site, nor fixed in advance', async () => {
    const browser = createBrowser(gateway);
    const foreign = await browser.call('POST', '/api/session', {
      body: { api_key: world.adminKey },
      headers: { origin: 'http://evil.example' },
    });
    assert.deepEqual([foreign.status, foreign.setCookie], [403, undefined]);
    const told = await browser.call('POST', '/api/session', {
      body: { api_key: world.adminKey },
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    assert.deepEqual([told.status, told.setCookie], [403, undefined]);
    await browser.signIn(world.adminKey);
    const planted = browser.cookie!;
    await browser.signIn(await gateway.makeKey(['acme'], ['view:audit_logs']));
    assert.notEqual(browser.cookie, planted);
    const attacker = createBrowser(gateway);
    attacker.cookie = planted;
    assert.equal((await attacker.call('GET', '/api/session')).status, 401, 'the session from before has ended');
    attacker.cookie = `${planted.split('=')[0]}=${'A'.repeat(43)}`;
    assert.equal((await attacker.call('GET', '/api/session')).status, 401, 'an invented one is none');
    attacker.cookie = `${browser.cookie}; ${planted}`;
    assert.equal((await attacker.call('GET', '/api/session')).status, 401, 'two are none');
    assert.equal((await createBrowser(gateway).signIn(newKeyText())).status, 401);
  });

  test('ends when it is signed out, and with the API key that it came from', async () => {
    const browser = createBrowser(gateway);
    await browser.signIn(world.adminKey);
    const stolen = createBrowser(gateway);
    stolen.cookie = browser.cookie;
    const out = await browser.call('DELETE', '/api/session');
    assert.equal(out.status, 204);
    assert.match(out.setCookie!, /Max-Age=0/);
    assert.equal((await stolen.call('GET', '/api/session')).status, 401);

    const { body } = await gateway.call('POST', '/api/keys', {
      body: { name: 'k', organizations: ['acme'], permissions: ['view:audit_logs'] },
    });
    await browser.signIn(body.key);
    assert.equal((await browser.call('GET', '/api/audit')).status, 200);
    await gateway.call('DELETE', `/api/keys/${body.id}`);
    assert.equal((await browser.call('GET', '/api/audit')).status, 401);
  });

  test('chooses among its organizations; header and parameter come before it, and none leads further', async () => {
    const browser = createBrowser(gateway);
    await browser.signIn(await gateway.makeKey(['acme', 'globex'], ['view:audit_logs']));
    const choose = (organization_id: string | null) =>
      browser.call('PUT', '/api/session/organization', { body: { organization_id } });
    assert.equal((await choose('initech')).status, 403);
    assert.equal((await choose('globex')).body.organization, 'globex');
    assert.equal((await browser.call('GET', '/api/session')).body.organization, 'globex');
    const ask = async (query = '', headers = {}) =>
      (await browser.call('GET', `/api/audit${query}`, { headers })).status;
    assert.equal(await ask(), 200);
    assert.equal(await ask('?organization_id=acme'), 200);
    assert.equal(await ask('', { 'x-organization-id': 'acme' }), 200);
    assert.equal(await ask('', { 'x-organization-id': 'initech' }), 403);
    assert.equal(await ask('?organization_id=initech'), 403);
    assert.equal((await choose(null)).body.organization, null);
    const byKey = await gateway.call('PUT', '/api/session/organization', { body: { organization_id: 'acme' } });
    assert.equal(byKey.status, 409);
  });

  test('ends when it is idle, and after its time however busy it is', async () => {
    const signIn = { publicUrl: new URL('https://audit.example'), sessions: { idleMs: 1_000, absoluteMs: 3_000 } };
    const short = await startTestGateway({ ...world, config: { ...world.config, signIn } });
    try {
      const [idle, busy] = [createBrowser(short), createBrowser(short)];
      const { setCookie } = await idle.signIn(world.adminKey);
      assert.match(setCookie!, /^__Host-sealstream_[0-9a-f]{8}=.*; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
      await busy.signIn(world.adminKey);
      const endsAtMs = Date.now() + 2_200;
      while (Date.now() < endsAtMs) {
        assert.equal((await busy.call('GET', '/api/session')).status, 200);
        await sleep(50);
      }
      assert.equal((await idle.call('GET', '/api/session')).status, 401);
      await sleep(1_000);
      assert.equal((await busy.call('GET', '/api/session')).status, 401);
    } finally {
      await short.stop();
    }
  });

  test('begins by a link, once: of many at a time one is signed in, and looking at the link uses nothing up', async () => {
    const made = await gateway.call('POST', '/api/session/link');
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.ok(made.body.url.startsWith(`${gateway.url}/api/session/link/`));
    const path = made.body.url.slice(gateway.url.length);
    for (const method of ['GET', 'HEAD', 'GET']) {
      const looked = await createBrowser(gateway).call(method, path);
      assert.equal(looked.status, 200);
      assert.equal(looked.setCookie, undefined);
      assert.match(looked.headers.get('content-security-policy')!, /default-src 'none'.*frame-ancestors 'none'/);
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const foreign = await createBrowser(gateway).call('POST', path, {
      headers: { ...form, origin: 'http://evil.example' },
    });
    assert.deepEqual([foreign.status, foreign.setCookie], [403, undefined]);
    const browsers = Array.from({ length: 20 }, () => createBrowser(gateway));
    const answers = await Promise.all(
      browsers.map((browser) => browser.call('POST', path, { headers: { ...form, origin: gateway.url } })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, ...Array(19).fill(404)]);
    const winner = browsers[answers.findIndex(({ status }) => status === 303)]!;
    assert.equal((await winner.call('GET', '/api/session')).body.name, 'administrator');
    assert.equal((await createBrowser(gateway).call('POST', path)).status, 404, 'nor later');
    const weak = await gateway.makeKey(['acme'], ['view:audit_logs', 'manage:keys']);
    const denied = await gateway.call('POST', '/api/session/link', { key: weak });
    assert.deepEqual([denied.status, denied.body.required_permission], [403, 'admin']);
  });

  test('opens streams from its own origin only', async () => {
    const browser = createBrowser(gateway);
    await browser.signIn(world.adminKey);
    const cookie = browser.cookie!;
    assert.equal(await upgrade({ cookie, origin: gateway.url }), 101);
    assert.equal(await upgrade({ cookie, origin: 'http://evil.example' }), 403);
    assert.equal(await upgrade({ cookie }), 403);
  });
});
