import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answer,
  type AnyFields,
  createGatewayWorld,
  type GatewayWorld,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';

describe('roles', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;

  const makeKey = (body: AnyFields, key = world.adminKey): Promise<Answer> =>
    gateway.call('POST', '/api/keys', { key, body: { name: 'k', organizations: ['acme'], ...body } });
  const put = (organization: string, name: string, permissions: string[], key = world.adminKey): Promise<Answer> =>
    gateway.call('PUT', `/api/organizations/${organization}/roles/${name}`, { key, body: { permissions } });
  const mayOf = async (key: string, at = gateway): Promise<string[]> =>
    (await at.call('GET', '/api/session', { key })).body.permissions;

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('every organization has owner, admin, auditor, viewer and writer', async () => {
    const { body } = await gateway.call('GET', '/api/roles');
    assert.deepEqual(
      body.roles.map(({ name }: AnyFields) => name),
      ['owner', 'admin', 'auditor', 'viewer', 'writer'],
    );
    assert.ok(body.roles.every((role: AnyFields) => role.built_in && role.organization_id === null));
    const { status, body: key } = await makeKey({ role: 'auditor' });
    assert.equal(status, 201, JSON.stringify(key));
    assert.deepEqual([key.role, key.permissions], ['auditor', []]);
    assert.deepEqual(await mayOf(key.key), ['view:audit_logs', 'export:audit_logs', 'verify']);
    assert.equal((await gateway.call('GET', '/api/audit', { key: key.key })).status, 200);
    const denied = await gateway.call('POST', '/api/audit/events', { key: key.key, body: { action: 'a.b' } });
    assert.deepEqual([denied.status, denied.body.required_permission], [403, 'write:events']);
  });

  test('an organization’s role says what its keys may, as it is now, and nothing of other organizations', async () => {
    assert.equal((await put('acme', 'analyst', ['view:audit_logs'])).status, 201);
    const { body: key } = await makeKey({ role: 'analyst', permissions: ['verify'] });
    assert.deepEqual(await mayOf(key.key), ['view:audit_logs', 'verify']);
    assert.equal((await put('acme', 'analyst', ['export:audit_logs'])).status, 200);
    assert.deepEqual(await mayOf(key.key), ['export:audit_logs', 'verify']);
    const elsewhere = await makeKey({ role: 'analyst', organizations: ['globex'] });
    assert.deepEqual([elsewhere.status, elsewhere.body.errors[0].pointer], [400, '/role']);
    assert.equal((await makeKey({ role: 'analyst', organizations: ['acme', 'globex'] })).status, 400);
    const rotated = await gateway.call('POST', `/api/keys/${key.id}/rotate`, { body: { overlap_seconds: 60 } });
    assert.equal(rotated.body.role, 'analyst');

    const other = await startTestGateway(world);
    try {
      assert.deepEqual(await mayOf(key.key, other), ['export:audit_logs', 'verify']);
      assert.equal((await gateway.call('DELETE', '/api/organizations/acme/roles/analyst')).status, 200);
      assert.deepEqual(await mayOf(key.key), ['verify']);
      const startMs = performance.now();
      while ((await mayOf(key.key, other)).length > 1) {
        assert.ok(performance.now() - startMs < 6_000, 'another gateway knows it within seconds');
        await sleep(100);
      }
    } finally {
      await other.stop();
    }
    assert.equal((await gateway.call('DELETE', '/api/organizations/acme/roles/analyst')).status, 404);
    assert.equal((await put('acme', 'analyst', ['view:audit_logs'])).status, 201, 'and the name is free again');
    assert.deepEqual(await mayOf(key.key), ['view:audit_logs', 'verify']);
  });

  test('the deployment’s roles are every organization’s, and are changed by whoever speaks for all of them', async () => {
    const role = (name: string, permissions: string[], key = world.adminKey, method = 'PUT') =>
      gateway.call(method, `/api/roles/${name}`, { key, ...(method === 'PUT' ? { body: { permissions } } : {}) });
    assert.equal((await role('soc', ['view:audit_logs', 'verify'])).status, 201);
    for (const organizations of [['acme'], ['acme', 'globex'], '*']) {
      const { status, body } = await makeKey({ role: 'soc', organizations });
      assert.equal(status, 201, JSON.stringify(body));
      assert.deepEqual(await mayOf(body.key), ['view:audit_logs', 'verify']);
    }
    const manager = await gateway.makeKey(['acme'], ['manage:keys', 'view:audit_logs', 'verify']);
    const { body } = await gateway.call('GET', '/api/roles', { key: manager });
    const listed = body.roles.find(({ name }: AnyFields) => name === 'soc');
    assert.deepEqual([listed.built_in, listed.organization_id], [false, null]);
    assert.equal((await role('soc', ['verify'], manager)).status, 403);
    assert.equal((await role('soc', [], manager, 'DELETE')).status, 403);
    assert.equal((await role('owner', ['verify'])).status, 409);
    assert.equal((await put('*', 'soc', ['verify'])).status, 404);

    // One of two namesakes could be removed, and its keys would have the other one's permissions.
    assert.equal((await put('acme', 'soc', ['verify'])).status, 409);
    assert.equal((await put('acme', 'own', ['verify'])).status, 201);
    assert.equal((await role('own', ['verify'])).status, 409);

    const { body: key } = await makeKey({ role: 'soc' }, manager);
    assert.equal((await role('soc', ['verify', 'export:audit_logs'])).status, 200);
    assert.deepEqual(await mayOf(key.key), ['export:audit_logs', 'verify']);
    assert.equal((await role('soc', [], world.adminKey, 'DELETE')).status, 200);
    assert.deepEqual(await mayOf(key.key), []);
  });

  test('whoever administers organizations alone stays within them', async () => {
    const boss = await gateway.makeKey(['acme'], ['admin']);
    assert.ok(!(await mayOf(boss)).includes('view:system_audit_logs'));
    assert.ok((await mayOf(boss)).includes('view:owner_events'));
    const system = await gateway.call('GET', '/api/audit/system', { key: boss });
    assert.deepEqual([system.status, system.body.required_permission], [403, 'view:system_audit_logs']);
    const grant = async (body: AnyFields) => (await makeKey({ permissions: ['verify'], ...body }, boss)).status;
    assert.equal(await grant({}), 201);
    assert.equal(await grant({ permissions: ['admin'] }), 201);
    assert.equal(await grant({ permissions: ['view:system_audit_logs'] }), 403);
    assert.equal(await grant({ organizations: '*' }), 403);
    assert.equal(await grant({ organizations: ['acme', '*'] }), 403);
    assert.equal(await grant({ organizations: ['acme', 'globex'] }), 403);
    assert.equal((await put('acme', 'spy', ['view:system_audit_logs'], boss)).status, 403);
    assert.equal((await put('acme', 'boss', ['admin'], boss)).status, 201);
    assert.equal((await put('globex', 'boss', ['verify'], boss)).status, 403);
    const { body: theirs } = await makeKey({ organizations: ['globex'], permissions: ['verify'] });
    const { body: shared } = await makeKey({ organizations: ['acme', 'globex'], permissions: ['verify'] });
    for (const { id } of [theirs, shared]) {
      assert.equal((await gateway.call('DELETE', `/api/keys/${id}`, { key: boss })).status, 404);
      const rotate = { key: boss, body: { overlap_seconds: 0 } };
      assert.equal((await gateway.call('POST', `/api/keys/${id}/rotate`, rotate)).status, 404);
    }
    // A link signs in as its maker, who is bound as before.
    const { body: link } = await gateway.call('POST', '/api/session/link', { key: boss });
    assert.ok(link.url);
    const entitlements = await gateway.call('PUT', '/api/organizations/acme/entitlements', {
      key: boss,
      body: { plan: 'all', retention_days: null, persistentLogging: true, export: true, alerts: true },
    });
    assert.equal(entitlements.status, 403, 'nor does it choose its own plan');
  });

  test('nobody grants through a role what it lacks', async () => {
    const manager = await gateway.makeKey(['acme'], ['manage:keys', 'view:audit_logs']);
    const lacking = ({ status, body }: Answer, permission: string): void =>
      assert.deepEqual([status, body.required_permission], [403, permission], JSON.stringify(body));
    lacking(await makeKey({ role: 'owner' }, manager), 'export:audit_logs');
    lacking(await put('acme', 'boss', ['admin'], manager), 'admin');
    assert.equal((await put('acme', 'reader', ['view:audit_logs'], manager)).status, 201);
    assert.equal((await makeKey({ role: 'reader' }, manager)).status, 201);
    assert.equal((await put('globex', 'reader', ['view:audit_logs'], manager)).status, 403);
    // A role that holds more than the manager has is not its to change, nor are keys with it.
    await put('acme', 'verifier', ['verify']);
    lacking(await put('acme', 'verifier', ['view:audit_logs'], manager), 'verify');
    lacking(await gateway.call('DELETE', '/api/organizations/acme/roles/verifier', { key: manager }), 'verify');
    const { body: strong } = await makeKey({ role: 'verifier' });
    lacking(await gateway.call('DELETE', `/api/keys/${strong.id}`, { key: manager }), 'verify');
    assert.equal((await put('acme', 'owner', ['verify'])).status, 409);
    const viewer = await gateway.makeKey(['acme'], ['view:audit_logs']);
    lacking(await put('acme', 'mine', ['view:audit_logs'], viewer), 'manage:keys');
    const neither = await makeKey({});
    assert.deepEqual([neither.status, neither.body.errors[0].pointer], [400, '/permissions']);
  });
});
