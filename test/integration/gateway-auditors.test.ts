import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBrowser } from '../support/browser.js';
import {
  type AnyFields,
  createGatewayWorld,
  type GatewayWorld,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';

describe('an auditor’s link', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  const path = '/api/session/auditor-links';
  const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const make = (body: AnyFields, key = world.adminKey) =>
    gateway.call('POST', path, { key, body: { organization_id: 'acme', expires_at: soon(3_600_000), ...body } });
  const open = async (url: string) => {
    const browser = createBrowser(gateway);
    const at = url.slice(gateway.url.length);
    assert.equal((await browser.call('GET', at)).status, 200);
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: gateway.url };
    return { browser, status: (await browser.call('POST', at, { headers: form })).status };
  };

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('reads one organization and changes nothing, in as many browsers as it is opened in', async () => {
    const { status, body } = await make({ name: 'Big Four' });
    assert.equal(status, 201, JSON.stringify(body));
    for (const { browser, status: opened } of [await open(body.url), await open(body.url)]) {
      assert.equal(opened, 303);
      const { body: who } = await browser.call('GET', '/api/session');
      assert.deepEqual([who.kind, who.name, who.organizations], ['auditor', 'Big Four', ['acme']]);
      assert.deepEqual(who.permissions, ['view:audit_logs', 'export:audit_logs', 'verify']);
      assert.equal(who.expires_at, body.expires_at);
      assert.equal((await browser.call('GET', '/api/audit')).status, 200);
      assert.equal((await browser.call('GET', '/api/audit?organization_id=globex')).status, 403);
      const header = { 'x-organization-id': 'globex' };
      assert.equal((await browser.call('GET', '/api/audit', { headers: header })).status, 403);
      assert.equal((await browser.call('POST', '/api/audit/events', { body: { action: 'a.b' } })).status, 403);
      assert.equal(
        (await browser.call('POST', path, { body: { organization_id: 'acme', expires_at: soon(9_000) } })).status,
        403,
      );
    }
  });

  test('is listed without its secret, and ends for all when it is revoked', async () => {
    const { body } = await make({});
    const { browser } = await open(body.url);
    const listed = await gateway.call('GET', path);
    const { url, ...rest } = body;
    assert.deepEqual(
      listed.body.links.find(({ id }: AnyFields) => id === body.id),
      rest,
    );
    assert.ok(!JSON.stringify(listed.body).includes(url.split('/').at(-1)));
    const revoked = await gateway.call('DELETE', `${path}/${body.id}`);
    assert.equal(revoked.status, 200);
    assert.ok(revoked.body.revoked_at);
    assert.equal((await browser.call('GET', '/api/audit')).status, 401);
    assert.equal((await open(url)).status, 404);
    assert.equal((await gateway.call('DELETE', `${path}/${body.id}`)).body.revoked_at, revoked.body.revoked_at);
  });

  test('ends at its time', async () => {
    const { body } = await make({ expires_at: soon(2_000) });
    const { browser, status } = await open(body.url);
    assert.equal(status, 303);
    await sleep(2_100);
    assert.equal((await browser.call('GET', '/api/audit')).status, 401);
    assert.equal((await open(body.url)).status, 404);
  });

  test('is made for one’s own organizations, with rights of one’s own, for a time', async () => {
    const manager = await gateway.makeKey(['acme'], ['manage:keys', 'view:audit_logs', 'export:audit_logs', 'verify']);
    const { body: own } = await make({}, manager);
    assert.ok(own.url);
    assert.equal((await make({ organization_id: 'globex' }, manager)).status, 403);
    assert.equal((await make({ organization_id: '*' })).status, 400);
    assert.equal((await make({ expires_at: soon(-1) })).status, 400);
    assert.equal((await make({ expires_at: soon(93 * 86_400_000) })).status, 400);
    const weak = await gateway.makeKey(['acme'], ['manage:keys', 'view:audit_logs']);
    assert.equal((await make({}, weak)).body.required_permission, 'export:audit_logs');
    const stranger = await gateway.makeKey(['globex'], ['manage:keys']);
    assert.deepEqual((await gateway.call('GET', path, { key: stranger })).body.links, []);
    assert.equal((await gateway.call('DELETE', `${path}/${own.id}`, { key: stranger })).status, 404);
  });
});
