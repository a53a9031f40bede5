import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { stateOf } from '../../services/gateway/views/state.js';
import { createViewTable } from '../../services/gateway/views/view-table.js';
import { type Asking, createViews, type viewLimits } from '../../services/gateway/views/views.js';
import { createBrowser } from '../support/browser.js';
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

describe('saved views', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  const keys: Record<'ada' | 'bob' | 'boss' | 'eve' | 'both' | 'writer', string> = {
    ada: '',
    bob: '',
    boss: '',
    eve: '',
    both: '',
    writer: '',
  };

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
    keys.ada = await gateway.makeKey(['acme'], ['view:audit_logs']);
    keys.bob = await gateway.makeKey(['acme'], ['view:audit_logs']);
    keys.boss = await gateway.makeKey(['acme'], ['view:audit_logs', 'manage:keys']);
    keys.eve = await gateway.makeKey(['globex'], ['view:audit_logs', 'manage:keys']);
    keys.both = await gateway.makeKey(['acme', 'globex'], ['view:audit_logs']);
    keys.writer = await gateway.makeKey(['acme'], ['write:events']);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  const save = (key: string, body: AnyFields): Promise<Answer> =>
    gateway.call('POST', '/api/views', { key, body: { state: {}, ...body } });
  const put = (key: string, id: string, body: AnyFields): Promise<Answer> =>
    gateway.call('PUT', `/api/views/${id}`, { key, body: { state: {}, ...body } });
  const remove = (key: string, id: string): Promise<Answer> => gateway.call('DELETE', `/api/views/${id}`, { key });
  const list = async (key: string, headers: Record<string, string> = {}): Promise<AnyFields[]> => {
    const { status, body } = await gateway.call('GET', '/api/views', { key, headers });
    assert.equal(status, 200, JSON.stringify(body));
    return body.views;
  };
  const namesOf = async (key: string, headers: Record<string, string> = {}): Promise<string[]> =>
    (await list(key, headers)).map(({ name }) => name);
  const made = ({ status, body }: Answer): AnyFields => {
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const refused = ({ status, body }: Answer, wanted: number, pointer?: string): void => {
    assert.equal(status, wanted, JSON.stringify(body));
    if (pointer !== undefined) assert.equal(body.errors?.[0]?.pointer, pointer, JSON.stringify(body));
  };

  test('a view is kept as it was chosen, a stretch back from now as one, and is its owner’s alone', async () => {
    const state = {
      tab: 'security',
      q: 'outcome:denied -actor:"bot"',
      filters: [
        { field: 'ip', value: '10.0.0.0/8' },
        { field: 'details.region', value: 'eu "west"', out: true },
      ],
      order: 'oldest',
      columns: ['ip', 'time', 'actor'],
      time: { last: '7d' },
    };
    const view = made(await save(keys.ada, { name: 'Denied', state }));
    assert.deepEqual(view.state, {
      ...state,
      filters: [
        { field: 'ip', value: '10.0.0.0/8', out: false },
        { field: 'details.region', value: 'eu "west"', out: true },
      ],
      columns: ['time', 'actor', 'ip'],
    });
    assert.deepEqual([view.organization_id, view.mine, view.may_change], [null, true, true]);
    assert.deepEqual(await list(keys.ada), [view]);
    for (const other of [keys.bob, keys.boss, keys.eve, world.adminKey]) {
      assert.ok(!(await namesOf(other)).includes('Denied'));
      refused(await put(other, view.id, { name: 'mine now' }), 404);
      refused(await remove(other, view.id), 404);
    }
    assert.equal((await remove(keys.ada, view.id)).status, 200);
    assert.deepEqual(await list(keys.ada), []);
    refused(await remove(keys.ada, view.id), 404);
  });

  test('a view follows a person over sessions and over the rotation of a key, and over no other key', async () => {
    const { body: key } = await gateway.call('POST', '/api/keys', {
      body: { name: 'cyd', organizations: ['acme'], permissions: ['view:audit_logs'] },
    });
    made(await save(key.key, { name: 'Cyd’s' }));
    for (const _ of ['one session', 'another']) {
      const browser = createBrowser(gateway);
      assert.equal((await browser.signIn(key.key)).status, 200);
      const { body } = await browser.call('GET', '/api/views');
      assert.deepEqual(
        body.views.map(({ name, mine }: AnyFields) => [name, mine]),
        [['Cyd’s', true]],
      );
    }
    const { body: next } = await gateway.call('POST', `/api/keys/${key.id}/rotate`, { body: { overlap_seconds: 0 } });
    const { body: last } = await gateway.call('POST', `/api/keys/${next.id}/rotate`, { body: { overlap_seconds: 0 } });
    assert.deepEqual(await namesOf(last.key), ['Cyd’s']);
    refused(await save(last.key, { name: 'cyd’s' }), 409, '/name');
    assert.deepEqual(await namesOf(keys.ada), []);
  });

  test('a shared view is seen by everybody who reads the organization, and by nobody else', async () => {
    const view = made(await save(keys.ada, { name: 'Logins', organization_id: 'acme' }));
    for (const key of [keys.bob, keys.boss, keys.both, world.adminKey])
      assert.ok((await namesOf(key)).includes('Logins'));
    assert.deepEqual(await namesOf(keys.eve), []);
    assert.deepEqual(await namesOf(keys.both, { 'x-organization-id': 'globex' }), []);
    assert.ok((await namesOf(keys.both, { 'x-organization-id': 'acme' })).includes('Logins'));
    refused(await gateway.call('GET', '/api/views', { key: keys.eve, headers: { 'x-organization-id': 'acme' } }), 403);
    refused(await gateway.call('GET', '/api/views', { key: keys.writer }), 403);
    refused(await save(keys.writer, { name: 'x' }), 403);
    refused(await gateway.call('GET', '/api/views', { key: '' }), 401);
    refused(await put(keys.eve, view.id, { name: 'Theirs', organization_id: 'acme' }), 404);
    refused(await remove(keys.eve, view.id), 404);
    refused(await save(keys.eve, { name: 'Into another’s', organization_id: 'acme' }), 403, '/organization_id');
    refused(await save(keys.ada, { name: 'Everywhere', organization_id: '*' }), 403, '/organization_id');
  });

  test('a shared view is changed by its owner and by those who manage the organization', async () => {
    const view = made(await save(keys.ada, { name: 'Changes', organization_id: 'acme' }));
    const bobs = (await list(keys.bob)).find(({ id }) => id === view.id)!;
    assert.deepEqual([bobs.mine, bobs.may_change], [false, false]);
    const denied = await put(keys.bob, view.id, { name: 'Bob’s', organization_id: 'acme' });
    assert.deepEqual([denied.status, denied.body.required_permission], [403, 'manage:keys']);
    refused(await remove(keys.bob, view.id), 403);

    const byBoss = { name: 'Changed', organization_id: 'acme', version: view.version };
    const renamed = await put(keys.boss, view.id, byBoss);
    assert.deepEqual([renamed.status, renamed.body.name, renamed.body.owner], [200, 'Changed', view.owner]);
    refused(await put(keys.ada, view.id, byBoss), 409);

    const unshared = await put(keys.boss, view.id, { name: 'Changed', organization_id: null });
    assert.equal(unshared.status, 200);
    assert.ok(!(await namesOf(keys.boss)).includes('Changed'), 'it is its owner’s alone again');
    refused(await put(keys.boss, view.id, { name: 'Changed', organization_id: 'acme' }), 404);
    assert.ok((await namesOf(keys.ada)).includes('Changed'));
    assert.equal((await put(keys.ada, view.id, { name: 'Changed', organization_id: 'acme' })).status, 200);
    assert.equal((await remove(keys.boss, view.id)).status, 200);
    assert.ok(!(await namesOf(keys.ada)).includes('Changed'));
  });

  test('a view is shared with another organization by its owner only, who may read that one', async () => {
    const view = made(await save(keys.both, { name: 'Wanders', organization_id: 'acme' }));
    refused(await put(keys.boss, view.id, { name: 'Wanders', organization_id: 'globex' }), 403);
    refused(await put(keys.both, view.id, { name: 'Wanders', organization_id: 'initech' }), 403, '/organization_id');
    assert.equal((await put(keys.both, view.id, { name: 'Wanders', organization_id: 'globex' })).status, 200);
    assert.ok((await namesOf(keys.eve)).includes('Wanders'));
    assert.ok(!(await namesOf(keys.bob)).includes('Wanders'));
  });

  test('an auditor keeps views, sees those that are shared and shares none', async () => {
    const { body: link } = await gateway.call('POST', '/api/session/auditor-links', {
      body: { organization_id: 'acme', name: 'Auditor', expires_at: new Date(Date.now() + 3_600_000).toISOString() },
    });
    const browser = createBrowser(gateway);
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: gateway.url };
    const opened = await browser.call('POST', link.url.slice(gateway.url.length), { headers: form });
    assert.equal(opened.status, 303);
    await browser.call('GET', '/api/session');
    const own = await browser.call('POST', '/api/views', { body: { name: 'For the report', state: {} } });
    assert.equal(own.status, 201, JSON.stringify(own.body));
    const shared = await browser.call('POST', '/api/views', {
      body: { name: 'For all', state: {}, organization_id: 'acme' },
    });
    assert.equal(shared.status, 403, JSON.stringify(shared.body));
    const { body } = await browser.call('GET', '/api/views');
    assert.ok(body.views.some(({ name }: AnyFields) => name === 'Logins'));
  });

  test('what Explore would not understand is refused at its place', async () => {
    const cases: [state: AnyFields, pointer: string][] = [
      [{ q: 'outcome:(denied' }, '/state/q'],
      [{ q: 'nofield:1' }, '/state/q'],
      [{ q: `"${'x'.repeat(5_000)}"` }, '/state/q'],
      [{ filters: [{ field: 'nofield', value: 'x' }] }, '/state/filters/0/field'],
      [{ filters: [{ field: 'details.x OR action', value: 'x' }] }, '/state/filters/0/field'],
      [{ filters: [{ field: 'outcome', value: 'excellent' }] }, '/state/filters/0/value'],
      [{ filters: [{ field: 'ip', value: 'here' }] }, '/state/filters/0/value'],
      [{ filters: [{ field: 'service', value: 'api', also: 1 }] }, '/state/filters/0/also'],
      [{ filters: Array.from({ length: 65 }, () => ({ field: 'service', value: 'api' })) }, '/state/filters'],
      [{ filters: Array.from({ length: 9 }, () => ({ field: 'service', value: 'x'.repeat(1_000) })) }, '/state'],
      [{ columns: ['time', 'mood'] }, '/state/columns/1'],
      [{ order: 'random' }, '/state/order'],
      [{ tab: 'all' }, '/state/tab'],
      [{ time: { last: '2 moons' } }, '/state/time/last'],
      [{ time: { last: '1h', from: '2026-01-01T00:00:00Z' } }, '/state/time'],
      [{ time: { from: 'yesterday' } }, '/state/time/from'],
      [{ time: { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' } }, '/state/time/from'],
      [{ results: [] }, '/state/results'],
    ];
    for (const [state, pointer] of cases) refused(await save(keys.ada, { name: 'Wrong', state }), 400, pointer);
    refused(await save(keys.ada, { name: '' }), 400, '/name');
    refused(await save(keys.ada, { name: 'x'.repeat(101) }), 400, '/name');
    refused(await save(keys.ada, { name: 'bell\u0007' }), 400, '/name');
    assert.ok(!(await namesOf(keys.ada)).includes('Wrong'));
  });

  test('sharing and what becomes of it is written into the organization’s own log, and nothing of what is private', async () => {
    const state = { q: 'action:auth.*', filters: [], order: 'newest', tab: 'events', time: { last: '24h' } };
    const view = made(await save(keys.ada, { name: 'Told', state }));
    await put(keys.ada, view.id, { name: 'Told', state, organization_id: 'acme' });
    await put(keys.boss, view.id, { name: 'Told again', state, organization_id: 'acme' });
    await put(keys.boss, view.id, { name: 'Told again', state });
    await remove(keys.ada, view.id);
    const other = made(await save(keys.ada, { name: 'Born shared', state, organization_id: 'acme' }));
    await remove(keys.ada, other.id);
    const eventsOf = async (id: string) =>
      acceptedOf(await judgeTopic(world))
        .filter(({ target }) => target?.id === id)
        .sort((a, b) => (a.occurred_at < b.occurred_at ? -1 : 1));
    let told = await eventsOf(view.id);
    while (told.length < 3) told = await eventsOf(view.id);
    assert.deepEqual(
      told.map(({ action, organization_id }) => [action, organization_id]),
      ['shared', 'updated', 'unshared'].map((act) => [`saved_view.${act}`, 'acme']),
    );
    assert.deepEqual(told[1]!.before, { name: 'Told', state });
    assert.deepEqual(told[1]!.after, { name: 'Told again', state });
    let born = await eventsOf(other.id);
    while (born.length < 2) born = await eventsOf(other.id);
    assert.deepEqual(
      born.map(({ action }) => action),
      ['saved_view.created', 'saved_view.deleted'],
    );
  });

  test('there are only so many of a person, of an organization and in all', async () => {
    const { clickhouseUrl, clickhouseDatabase: database } = world.config.addresses;
    const clickhouse = createClickHouse({ url: clickhouseUrl, database });
    const viewsOf = (limits: typeof viewLimits) =>
      createViews({
        table: createViewTable({ clickhouse, database }),
        persons: { of: async ({ keyId }) => keyId },
        limits,
      });
    const limits = { ofOwner: 2, ofOrganization: 3, inAll: 50_000, listed: 2 };
    const views = viewsOf(limits);
    const state = stateOf({}, { nowMs: Date.now() });
    const one = (name: string, owner: string, organizationId: string, to = views) =>
      to.create({ name, state, organizationId }, askingAs(owner, ['hoard']));
    try {
      const first = await one('1', 'a', '');
      await one('2', 'a', 'hoard');
      await assert.rejects(one('3', 'a', ''), { kind: 'conflict' });
      const change = (name: string, organizationId: string) =>
        views.replace(first.id, { name, state, organizationId, version: undefined }, askingAs('a', ['hoard']));
      await change('still changed', '');
      await one('1', 'b', 'hoard');
      await one('2', 'b', 'hoard');
      await assert.rejects(one('1', 'c', 'hoard'), { kind: 'conflict' });
      await assert.rejects(change('still changed', 'hoard'), { kind: 'conflict' });
      const { views: listed, complete } = await views.list(askingAs('c', ['hoard']));
      assert.deepEqual([listed.length, complete], [limits.listed, false]);
      await assert.rejects(one('1', 'c', '', viewsOf({ ...limits, inAll: 1 })), { kind: 'conflict' });
    } finally {
      await clickhouse.close();
    }
  });
});

const askingAs = (keyId: string, organizations: '*' | readonly string[]): Asking => ({
  caller: { keyId, name: keyId, organizations, permissions: new Set(['view:audit_logs']) },
  organizations,
});
