import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';

interface Answer {
  events?: { message: string; organization_id?: string; application_id?: string; scope: string }[];
  page?: number;
  per_page?: number;
  total?: number;
  persistentLogging?: boolean;
  detail?: string;
  errors?: { parameter: string; detail: string }[];
}

describe('the paths of other products', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;

  const get = (path: string, key = 'acme', headers?: Record<string, string>) => gateway.get<Answer>(path, key, headers);
  const messages = async (path: string, key?: string, headers?: Record<string, string>): Promise<string[]> => {
    const { status, body } = await get(path, key, headers);
    assert.equal(status, 200, JSON.stringify(body));
    return body.events!.map(({ message }) => message);
  };

  before(async () => {
    live = await createLiveWorld({ partitions: 1 });
    await live.startConsumer();
    const at = (day: number) => `2026-01-${String(day).padStart(2, '0')}T12:00:00Z`;
    await live.record([
      {
        message: 'login',
        occurred_at: at(10),
        organization_id: 'acme',
        action: 'auth.login',
        actor: { id: 'admin', email: 'admin@acme.example' },
      },
      {
        message: 'failed login',
        occurred_at: at(20),
        organization_id: 'acme',
        action: 'auth.login_failed',
        outcome: 'failure',
        actor: { id: 'admin' },
        correlation_id: '01958602-1234-7abc-8def-000000000000',
      },
      {
        message: 'config',
        occurred_at: at(31),
        organization_id: 'acme',
        application_id: 'shop',
        scope: 'application',
        action: 'plugin_config.update',
        kind: 'stateful',
        before: { enabled: false },
        after: { enabled: true },
        actor: { type: 'api_token', id: 'tok_1' },
        target: { type: 'host', id: 'host-1' },
      },
      {
        message: 'theirs',
        occurred_at: at(15),
        organization_id: 'globex',
        action: 'auth.login',
        actor: { id: 'admin' },
      },
      {
        message: 'system',
        occurred_at: at(16),
        scope: 'system',
        organization_id: '',
        action: 'system.service.update_freeze.apply',
      },
    ]);
    await live.world.delivered();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('both', ['acme', 'globex']);
  });

  after(async () => {
    await gateway?.stop();
    await live?.remove();
  });

  test('answer the requests of a monitor that keeps its log at /api/audit', async () => {
    assert.deepEqual(await messages('/api/audit?limit=50', 'both', { 'x-pulse-org-id': 'globex' }), ['theirs']);
    const range = 'startTime=2026-01-01T00:00:00Z&endTime=2026-01-31T23:59:59Z';
    assert.deepEqual(await messages(`/api/audit?event=login&${range}&success=false`), ['failed login']);
    assert.deepEqual(await messages('/api/audit?user=admin@acme.example'), ['login']);
    const { body } = await get('/api/audit/summary', 'both', { 'x-pulse-org-id': 'acme' });
    assert.equal(body.total, 3);
    assert.equal(body.persistentLogging, true);
  });

  test('answer the requests of a base with realms and apps', async () => {
    assert.deepEqual(await messages('/api/system/audit?page=&per_page=&action=&actor=', 'admin'), ['system']);
    assert.deepEqual(await messages('/api/realms/acme/audit?page=1&per_page=2&action=&actor='), [
      'config',
      'failed login',
    ]);
    assert.deepEqual(await messages('/api/realms/acme/audit?action=LOGIN&actor=admin'), ['failed login', 'login']);
    assert.deepEqual(await messages('/api/realms/acme/apps/shop/audit?page=1&per_page=30'), ['config']);
    assert.deepEqual(await messages('/api/realms/acme/apps/other/audit'), []);
  });

  test('answer the requests of an update service with audit-logs', async () => {
    for (const path of ['/api/audit-logs', '/api/v1/audit-logs']) {
      assert.deepEqual(await messages(`${path}?actor_type=api_token&action_type=plugin_config.update`), ['config']);
      assert.deepEqual(await messages(`${path}?outcome=failed`), ['failed login']);
      assert.deepEqual(await messages(`${path}?from=2026-01-20T00:00:00Z&to=2026-01-30T23:59:59Z`), ['failed login']);
      assert.deepEqual(await messages(`${path}?action_kind=stateful&per_page=1`), ['config']);
      assert.deepEqual(await messages(`${path}?correlation_id=01958602-1234-7abc-8def-000000000000`), ['failed login']);
      assert.deepEqual(await messages(`${path}?target_type=host&target_id=host-1`), ['config']);
    }
    const path = '/api/v1/system-audit-logs?action_type=system.service.update_freeze.apply';
    assert.deepEqual(await messages(path, 'admin'), ['system']);
  });

  test('answer the requests of applications that say userId, resourceType and resourceId', async () => {
    assert.deepEqual(await messages('/api/audit-logs?userId=admin&startDate=2026-01-01&endDate=2026-01-10'), ['login']);
    assert.deepEqual(await messages('/api/audit-logs?resourceType=host&resourceId=host-1&limit=20&offset=0'), [
      'config',
    ]);
    assert.deepEqual(await messages('/api/audit-logs?startDate=2026-01-31&endDate=2026-01-31'), ['config']);
    assert.deepEqual(await messages('/api/audit-logs?search=host-1'), ['config']);
    const { body } = await get('/api/audit-logs?page=2&pageSize=2');
    assert.deepEqual([body.page, body.per_page, body.total], [2, 2, 3]);
  });

  test('take a comma list, and a repeated parameter, for any of its values', async () => {
    const both = ['config', 'failed login'];
    assert.deepEqual(await messages('/api/audit-logs?actions=auth.login_failed,plugin_config.update'), both);
    assert.deepEqual(await messages('/api/audit-logs?actions=auth.login_failed&actions=plugin_config.update'), both);
  });

  test('give one event by its id, of the caller’s organizations only', async () => {
    const [mine] = (await get('/api/audit?action=plugin_config')).body.events as unknown as { id: string }[];
    const [other] = (await get('/api/audit?organization_id=globex', 'admin')).body.events as unknown as {
      id: string;
    }[];
    assert.equal(
      (await gateway.get<{ message: string }>(`/api/audit-logs/${mine!.id}`, 'acme')).body.message,
      'config',
    );
    assert.equal((await get(`/api/audit-logs/${other!.id}`)).status, 404);
  });

  test('are walls between tenants like every other path', async () => {
    for (const path of [
      '/api/realms/globex/audit',
      '/api/realms/globex/apps/shop/audit',
      '/api/audit-logs?organizationId=globex',
      '/api/realms/*/audit',
      '/api/realms/acme/audit?organization_id=globex',
    ]) {
      assert.equal((await get(path)).status, 403, path);
    }
    assert.equal((await get('/api/audit-logs', 'acme', { 'x-pulse-org-id': 'globex' })).status, 403);
    assert.equal((await get('/api/system/audit')).status, 403);
    assert.equal((await get('/api/v1/system-audit-logs')).status, 403);
    assert.equal((await get('/api/realms/acme/audit?scope=system')).status, 400);
    assert.deepEqual(await messages('/api/realms/nobody/audit', 'admin'), []);
  });

  test('refuse what they cannot mean, in the words of the one who asked', async () => {
    const refused = async (path: string, headers?: Record<string, string>): Promise<string | undefined> => {
      const { status, body } = await get(path, 'both', headers);
      assert.equal(status, 400, `${path}: ${JSON.stringify(body)}`);
      return body.errors?.[0]?.parameter;
    };
    assert.equal(await refused('/api/audit-logs?endDate=yesterday'), 'endDate');
    assert.equal(await refused('/api/audit-logs?startDate=2026-02-01&dateTo=2026-01-01'), 'startDate');
    assert.equal(await refused('/api/audit-logs?severity=high'), 'severity');
    assert.equal(await refused('/api/audit-logs?status=maybe'), 'status');
    assert.equal(await refused('/api/audit-logs?pageSize=1000'), 'pageSize');
    assert.equal(await refused('/api/audit-logs?userId=a&user=b'), 'user');
    assert.equal(await refused('/api/realms/acme/apps/shop/audit?application_id=other'), 'application_id');
    assert.equal(await refused('/api/realms/acme/audit', { 'x-organization-id': 'globex' }), 'realm');
    assert.equal(
      await refused('/api/audit', { 'x-organization-id': 'acme', 'x-pulse-org-id': 'globex' }),
      'x-pulse-org-id',
    );
  });
});
