import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';

describe('entitlements', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  const all = { plan: 'default', retention_days: null, persistentLogging: true, export: true, alerts: true };
  const free = { plan: 'free', retention_days: 30, persistentLogging: false, export: false, alerts: false };
  const pathOf = (organization: string): string => `/api/organizations/${organization}/entitlements`;
  const put = (organization: string, body: AnyFields, key = world.adminKey) =>
    gateway.call('PUT', pathOf(organization), { key, body });

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('withhold nothing where nothing is set, and are the administrator’s to set', async () => {
    const viewer = await gateway.makeKey(['acme'], ['view:audit_logs']);
    assert.deepEqual((await gateway.call('GET', pathOf('acme'), { key: viewer })).body, all);
    assert.equal((await gateway.call('GET', pathOf('globex'), { key: viewer })).status, 403);
    const denied = await put('acme', free, viewer);
    assert.deepEqual([denied.status, denied.body.required_permission], [403, 'admin']);
    const tenantAdmin = await gateway.makeKey(['acme'], ['admin']);
    assert.equal((await put('globex', free, tenantAdmin)).status, 403);
    assert.equal((await put('acme', { ...free, plan: undefined })).status, 400);
    assert.equal((await put('acme', { ...free, exports: true })).status, 400);
    assert.equal((await put('acme', { ...free, retention_days: 0 })).status, 400);
  });

  test('a right that is missing is named, whichever way it is asked for; events are captured all the same', async () => {
    assert.equal((await put('initech', free)).status, 200);
    const own = await gateway.makeKey(['initech'], ['view:audit_logs', 'export:audit_logs', 'write:events']);
    const both = await gateway.makeKey(['initech', 'acme'], ['view:audit_logs', 'export:audit_logs']);
    const exported = (query: string, key: string, headers = {}) =>
      gateway.call('GET', `/api/audit/export?format=csv${query}`, { key, headers });
    const byHeader = { 'x-organization-id': 'initech' };
    for (const refused of [
      await exported('', own),
      await exported('&organization_id=initech', world.adminKey),
      await exported('', world.adminKey, byHeader),
      await exported('', both),
      await exported('&organization_id=acme&organization_id=initech', both),
      await gateway.call('GET', '/api/audit-logs/export', { key: own }),
    ]) {
      assert.equal(refused.status, 402, JSON.stringify(refused.body));
      const { type, required_entitlement, organization_id, plan } = refused.body;
      assert.deepEqual(
        [type, required_entitlement, organization_id, plan],
        ['urn:sealstream:problem:not-entitled', 'export', 'initech', 'free'],
      );
    }
    assert.equal((await exported('&organization_id=acme', both)).status, 200);
    assert.equal((await exported('', world.adminKey)).status, 200);
    const sent = await gateway.call('POST', '/api/audit/events', { key: own, body: { action: 'auth.login' } });
    assert.equal(sent.status, 202);
    const captured = acceptedOf(await judgeTopic(world)) as AnyFields[];
    assert.ok(captured.some(({ organization_id }) => organization_id === 'initech'));
  });

  test('lists say whether logging is persistent', async () => {
    await put('hooli', { ...all, persistentLogging: false });
    const key = await gateway.makeKey(['hooli', 'acme'], ['view:audit_logs']);
    for (const path of ['/api/audit', '/api/audit?order=ingest', '/api/audit/summary', '/api/audit/facets']) {
      const ask = async (organization: string) => {
        const { status, body } = await gateway.call('GET', path, {
          key,
          headers: { 'x-organization-id': organization },
        });
        assert.equal(status, 200, `${path} ${JSON.stringify(body)}`);
        return body.persistentLogging;
      };
      assert.deepEqual([await ask('hooli'), await ask('acme')], [false, true], path);
    }
    assert.equal((await gateway.call('GET', '/api/audit', { key })).body.persistentLogging, false);
  });
});
