import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream } from '../support/stream-client.js';

interface Shown {
  id: string;
  action: string;
}

describe('events for owners only', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  let plan: Shown;
  const actions = ['auth.login', 'billing.plan_changed', 'legal_hold.placed', 'invoice.paid', 'member.added'];

  before(async () => {
    live = await createLiveWorld({ partitions: 1 });
    await live.startConsumer();
    await live.record(actions.map((action) => ({ organization_id: 'acme', action, correlation_id: 'flow' })));
    await live.world.delivered();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('member', ['acme'], ['view:audit_logs', 'verify', 'export:audit_logs']);
    gateway.keys.add('owner', ['acme'], ['view:audit_logs', 'view:owner_events']);
    gateway.keys.add('everywhere', '*', ['view:audit_logs']);
    const { body } = await gateway.get<{ events: Shown[] }>('/api/audit?action=billing', 'owner');
    plan = body.events[0]!;
  });
  after(async () => {
    await gateway.stop();
    await live.remove();
  });

  const shown = async (path: string, key: string): Promise<string[]> => {
    const { body } = await gateway.get<{ events: Shown[] }>(path, key);
    return body.events.map(({ action }) => action).sort();
  };
  const others = ['auth.login', 'member.added'];

  test('are in the lists of owners and in no other', async () => {
    for (const query of ['', '?order=ingest&since=beginning', '?organization_id=acme', '?correlation_id=flow']) {
      for (const key of ['owner', 'admin'])
        assert.deepEqual(await shown(`/api/audit${query}`, key), actions.toSorted());
      for (const key of ['member', 'everywhere']) assert.deepEqual(await shown(`/api/audit${query}`, key), others);
    }
    assert.deepEqual(await shown('/api/audit?category=billing', 'member'), []);
    assert.deepEqual(await shown('/api/audit?q=billing', 'member'), []);
  });

  test('are not counted for others', async () => {
    const total = async (key: string) => (await gateway.get<{ total: number }>('/api/audit/summary', key)).body.total;
    assert.deepEqual([await total('owner'), await total('member'), await total('everywhere')], [5, 2, 2]);
  });

  test('are not found by their id, and not verified, for others', async () => {
    for (const path of [`/api/audit/${plan.id}`, `/api/audit/${plan.id}/verify`]) {
      assert.equal((await gateway.get(path, 'owner')).status, 200);
      assert.equal((await gateway.get(path, 'member')).status, 404);
    }
  });

  test('are streamed to owners and to no other, from history and live', async () => {
    const [owner, member] = await Promise.all(['owner', 'member'].map((key) => openStream(gateway.streamUrl, { key })));
    for (const client of [owner!, member!]) {
      client.send({ type: 'subscribe', id: 'all', since: 'beginning' });
      await client.until('caught_up');
    }
    await live.record([
      { organization_id: 'acme', action: 'billing.refunded' },
      { organization_id: 'acme', action: 'auth.logout' },
    ]);
    for (const client of [owner!, member!]) {
      await client.untilTrue(() => client.events.some(({ action }) => action === 'auth.logout'));
      await client.close();
    }
    const seen = (client: typeof owner) => client!.events.map(({ action }) => action).sort();
    assert.deepEqual(seen(owner), [...actions, 'billing.refunded', 'auth.logout'].sort());
    assert.deepEqual(seen(member), [...others, 'auth.logout'].sort());
  });
});
