import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { catalogueActions } from '../../services/core/catalogue/index.js';
import type { TestConsumer } from '../support/delivering.js';
import {
  type AnyFields,
  createGatewayWorld,
  type GatewayWorld,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { startConsumerOf } from '../support/gateway-consumer.js';
import { openStream } from '../support/stream-client.js';

describe('the action catalogue', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let consumer: TestConsumer;
  const keys: Record<string, string> = {};

  const call = (method: string, path: string, key: string, body?: unknown) =>
    gateway.call(method, path, { key: keys[key] ?? '', ...(body === undefined ? {} : { body }) });
  const actions = async (query: string, key = 'acme'): Promise<AnyFields[]> => {
    const { status, body } = await call('GET', `/api/actions${query}`, key);
    assert.equal(status, 200, JSON.stringify(body));
    return body.actions;
  };
  /** Once all that was sent is stored. */
  const stored = async (count: number, key: string): Promise<void> => {
    for (let tries = 0; tries < 200; tries += 1) {
      const { body } = await call('GET', '/api/audit/summary', key);
      if (body.total >= count) return;
      await sleep(50);
    }
    throw new Error(`not ${count} events stored`);
  };

  before(async () => {
    world = await createGatewayWorld({ partitions: 1, accessLog: 'off' });
    gateway = await startTestGateway(world);
    consumer = await startConsumerOf(world);
    keys.acme = await gateway.makeKey(['acme'], ['view:audit_logs', 'write:events']);
    keys.writer = await gateway.makeKey(['acme'], ['write:events']);
    keys.acmeAdmin = await gateway.makeKey(['acme'], ['admin']);
    keys.globexAdmin = await gateway.makeKey(['globex'], ['admin']);
    keys.globex = await gateway.makeKey(['globex'], ['view:audit_logs']);
    keys.both = await gateway.makeKey(['acme', 'globex'], ['admin']);
    keys.root = world.adminKey;
    await call('POST', '/api/audit/events', 'acme', [
      { action: 'auth.failed', outcome: 'failure' },
      { action: 'auth.login_failed', outcome: 'failure' },
      { action: 'shop.order_shipped' },
      { action: 'payroll.viewed' },
      { action: 'billing.plan_changed' },
    ]);
    await call('POST', '/api/audit/events', 'globexAdmin', { action: 'globex.secret_project' });
    await stored(5, 'acmeAdmin');
    await stored(1, 'globexAdmin');
  });
  after(async () => {
    await consumer?.stop();
    await gateway?.stop();
    await world?.remove();
  });

  test('lists what is known, and what was seen in the tenant’s events that nobody described', async () => {
    const all = await actions('');
    const known = all.filter((action) => action.known);
    assert.equal(known.length, catalogueActions.length);
    assert.deepEqual(
      all.filter((action) => !action.known).map(({ name, source, kind, schema }) => [name, source, kind, schema]),
      [
        ['payroll.viewed', 'events', null, null],
        ['shop.order_shipped', 'events', null, null],
      ],
    );
    const names = all.map(({ name }) => name);
    assert.deepEqual(names, names.toSorted());
    assert.ok(!JSON.stringify(all).includes('globex'));
  });

  test('counts an action’s events under all of its names', async () => {
    const [failed] = await actions('?q=auth.login_failed&category=auth');
    assert.equal(failed!.name, 'auth.login_failed');
    assert.equal(failed!.seen.events, 2);
    assert.ok(failed!.seen.first_at <= failed!.seen.last_at);
    assert.ok(failed!.aliases.includes('auth.failed'));
    const { body } = await call('GET', '/api/actions/AUTH.Failed', 'acme');
    assert.deepEqual([body.name, body.seen.events, body.schema.type], ['auth.login_failed', 2, 'object']);
  });

  test('does not say to others that owners’ events were seen, nor anything to whoever may see no events', async () => {
    assert.equal((await actions('?category=billing'))[0]!.visible_to, 'owners');
    assert.ok((await actions('?category=billing')).every(({ seen }) => seen === null));
    assert.ok((await actions('?category=billing', 'acmeAdmin')).some(({ seen }) => seen?.events === 1));
    assert.ok((await actions('', 'writer')).every(({ seen, known }) => seen === null && known));
    assert.ok((await actions('?seen=false')).every(({ seen }) => seen === null));
  });

  test('is filtered by words, category, kind, visibility and whether it is known', async () => {
    assert.ok((await actions('?q=PASSKEY added')).some(({ name }) => name === 'auth.passkey_added'));
    assert.ok((await actions('?category=member,role')).every(({ category }) => ['member', 'role'].includes(category)));
    assert.ok((await actions('?kind=stateful')).every(({ kind }) => kind === 'stateful'));
    assert.ok((await actions('?visible_to=owners')).every(({ visible_to }) => visible_to === 'owners'));
    assert.equal((await actions('?known=false')).length, 2);
    assert.equal((await actions('?known=false&from=2000-01-01&to=2000-01-02')).length, 0);
    assert.deepEqual(await actions('?q=nothing-of-the-kind'), []);
  });

  test('says what is wrong with a question', async () => {
    for (const [query, parameter] of [
      ['?colour=red', 'colour'],
      ['?action=x', 'action'],
      ['?kind=thing', 'kind'],
      ['?known=maybe', 'known'],
      ['?visible_to=all,nobody', 'visible_to'],
      ['?from=yesterday', 'from'],
      [`?q=${'a+'.repeat(20)}`, 'q'],
    ]) {
      const { status, body } = await call('GET', `/api/actions${query}`, 'acme');
      assert.deepEqual([status, body.errors?.[0]?.parameter], [400, parameter], query);
    }
    assert.equal((await call('GET', '/api/actions?organization_id=globex', 'acme')).status, 403);
    assert.equal((await call('GET', '/api/actions/nothing.known', 'acme')).status, 404);
    assert.equal((await gateway.call('GET', '/api/actions', { key: '' })).status, 401);
  });

  describe('of an organization', () => {
    const order = {
      description: 'An order left the house.',
      schema: {
        type: 'object',
        required: ['carrier'],
        properties: { carrier: { enum: ['ship', 'rail'] }, kilos: { type: 'number' } },
      },
    };

    test('has what it defined, for itself alone', async () => {
      const made = await call('PUT', '/api/actions/shop.order_shipped', 'acmeAdmin', order);
      assert.deepEqual([made.status, made.body.source, made.body.organization_id], [201, 'organization', 'acme']);
      const again = await call('PUT', '/api/actions/shop.order_shipped', 'acmeAdmin', { ...order, kind: 'event' });
      assert.equal(again.status, 200);
      const { body } = await call('GET', '/api/actions/shop.order_shipped', 'acme');
      assert.deepEqual(
        [body.known, body.description, body.schema, body.seen.events, body.visible_to],
        [true, order.description, order.schema, 1, 'all'],
      );
      assert.equal((await call('GET', '/api/actions/shop.order_shipped', 'globex')).status, 404);
      assert.ok(!JSON.stringify(await actions('', 'globex')).includes('order left'));
      assert.ok((await actions('?q=order+left', 'root')).some(({ organization_id }) => organization_id === 'acme'));
    });

    test('can describe an action of the catalogue anew, but not show what is for owners only', async () => {
      const login = { description: 'Our own login.', schema: { type: 'object', required: ['shop'] } };
      assert.equal((await call('PUT', '/api/actions/auth.logout', 'acmeAdmin', login)).status, 201);
      const listed = (await actions('?q=auth.logout')).filter(({ name }) => name === 'auth.logout');
      assert.deepEqual(
        listed.map(({ source }) => source),
        ['organization'],
      );
      const refused = await call('PUT', '/api/actions/invoice.paid', 'acmeAdmin', { ...login, visible_to: 'all' });
      assert.deepEqual([refused.status, refused.body.errors[0].pointer], [409, '/visible_to']);
      const kept = await call('PUT', '/api/actions/billing.refunded', 'acmeAdmin', login);
      assert.equal(kept.body.visible_to, 'owners');
      for (const name of ['auth.logout', 'billing.refunded']) {
        assert.equal((await call('DELETE', `/api/actions/${name}`, 'acmeAdmin')).status, 200);
      }
      assert.equal((await actions('?q=auth.logout'))[0]!.source, 'catalogue');
    });

    test('hides events of an action from others as soon as it is for owners only, in streams that are open too', async () => {
      const seen = async () => (await call('GET', '/api/audit?action=payroll', 'acme')).body.events.length;
      assert.equal(await seen(), 1);
      const stream = await openStream(`ws://127.0.0.1:${gateway.port}/api/audit/stream`, { key: keys.acme! });
      stream.send({ type: 'subscribe', id: 'all', since: 'now' });
      await stream.until('caught_up');
      const payroll = { description: 'Somebody looked at wages.', visible_to: 'owners' };
      assert.equal((await call('PUT', '/api/actions/payroll.viewed', 'acmeAdmin', payroll)).status, 201);
      assert.equal(await seen(), 0);
      assert.equal((await call('GET', '/api/audit?action=payroll', 'acmeAdmin')).body.events.length, 1);
      assert.equal((await actions('?q=payroll'))[0]!.seen, null);
      await call('POST', '/api/audit/events', 'acme', [{ action: 'payroll.viewed' }, { action: 'auth.logout' }]);
      await stream.untilTrue(() => stream.events.some(({ action }) => action === 'auth.logout'));
      await stream.close();
      assert.deepEqual(
        stream.events.map(({ action }) => action),
        ['auth.logout'],
      );
      await stored(7, 'acmeAdmin');
      assert.equal((await call('DELETE', '/api/actions/payroll.viewed', 'acmeAdmin')).status, 200);
      assert.equal(await seen(), 2);
    });

    test('is changed by its administrators only', async () => {
      const put = (key: string, query = '') => call('PUT', `/api/actions/shop.sold${query}`, key, order);
      const refused = await put('acme');
      assert.deepEqual([refused.status, refused.body.required_permission], [403, 'admin']);
      assert.equal((await put('acmeAdmin', '?organization_id=globex')).status, 403);
      const open = await put('both');
      assert.deepEqual([open.status, open.body.errors[0].parameter], [400, 'organization_id']);
      assert.equal((await put('root')).status, 400);
      assert.equal((await put('both', '?organization_id=globex')).status, 201);
      assert.equal((await call('GET', '/api/actions/shop.sold', 'acme')).status, 404);
      assert.equal((await call('DELETE', '/api/actions/shop.sold', 'acmeAdmin')).status, 404);
      assert.equal((await call('DELETE', '/api/actions/shop.sold', 'globexAdmin')).status, 200);
    });

    test('takes no schema that could keep the door busy, and says where it is wrong', async () => {
      for (const [schema, pointer] of [
        [{ properties: { a: { pattern: '(a+)+$' } } }, '/schema/properties/a/pattern'],
        [{ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }, '/schema/$defs/a/$ref'],
        [{ type: 'wood' }, '/schema/type'],
        [{ description: 'x'.repeat(9_000) }, '/schema'],
        ['text', '/schema'],
      ] as const) {
        const { status, body } = await call('PUT', '/api/actions/shop.bad', 'acmeAdmin', { ...order, schema });
        assert.equal(status, 400, JSON.stringify(body));
        assert.equal(body.errors[0].pointer, pointer, JSON.stringify(body));
      }
      assert.equal((await call('PUT', '/api/actions/Shop%20Bad', 'acmeAdmin', order)).status, 400);
      assert.equal((await call('PUT', '/api/actions/shop.bad', 'acmeAdmin', { schema: true })).status, 400);
      assert.equal((await call('PUT', '/api/actions/shop.bad', 'acmeAdmin', { ...order, more: 1 })).status, 400);
    });

    test('writes each change down in the system scope', async () => {
      for (let tries = 0; ; tries += 1) {
        const { body } = await call('GET', '/api/audit/system?q=action:action.*&limit=1000', 'root');
        const seen = body.events.map(({ action, target }: AnyFields) => `${action} ${target.id}`);
        if (seen.includes('action.removed shop.sold') && seen.includes('action.defined shop.order_shipped')) break;
        assert.ok(tries < 100, JSON.stringify(seen));
        await sleep(50);
      }
    });
  });

  describe('at the door', () => {
    test('flags details that do not fit, names the place, and takes the events all the same', async () => {
      const { status, body } = await call('POST', '/api/audit/events', 'acme', [
        { action: 'auth.login', details: { method: 'password', mfa: 'yes' } },
        { action: 'auth.login', details: { method: 'password', mfa: true, anything: [1] } },
        { action: 'never.heard_of', details: 'any' },
        { action: 'shop.order_shipped', details: { carrier: 'mule', kilos: '7' } },
        { action: 'auth.failed', details: { attempts: -1 } },
        { action: 'auth.login', details_schema: 'shop.order_shipped', details: { mfa: 'x' } },
        { action: 'auth.login', details_schema: 'https://example.org/mine', details: { mfa: 'x' } },
      ]);
      assert.equal(status, 202);
      assert.equal(body.ids.length, 7);
      assert.deepEqual(
        body.warnings.map(({ index, id, pointer, detail }: AnyFields) => [
          index,
          body.ids.indexOf(id),
          pointer,
          detail,
        ]),
        [
          [0, 0, '/details/mfa', 'must be boolean'],
          [3, 3, '/details/carrier', 'must be one of ship, rail'],
          [3, 3, '/details/kilos', 'must be number'],
          [4, 4, '/details/attempts', 'must be >= 0'],
          [5, 5, '/details/carrier', 'is required'],
        ],
      );
      await stored(14, 'acmeAdmin');
      const checked = async (id: string) => (await call('GET', `/api/audit/${id}`, 'acme')).body.details_check;
      assert.deepEqual(await checked(body.ids[0]), {
        schema: 'auth.login',
        valid: false,
        errors: [{ pointer: '/details/mfa', detail: 'must be boolean' }],
      });
      assert.deepEqual(await checked(body.ids[1]), { schema: 'auth.login', valid: true, errors: [] });
      assert.equal(await checked(body.ids[2]), undefined);
      assert.equal((await checked(body.ids[4])).schema, 'auth.login_failed');
      assert.equal((await checked(body.ids[5])).schema, 'shop.order_shipped');
      assert.equal(await checked(body.ids[6]), undefined);
    });

    test('says nothing where everything fits', async () => {
      const { status, body } = await call('POST', '/api/audit/events', 'acme', { action: 'auth.login' });
      assert.equal(status, 202);
      assert.deepEqual(Object.keys(body), ['ids']);
    });

    test('flags a replayed request as it did the first time', async () => {
      const send = () =>
        gateway.call('POST', '/api/audit/events', {
          key: keys.acme!,
          body: { action: 'auth.login', details: { mfa: 7 } },
          headers: { 'idempotency-key': 'once' },
        });
      const [first, second] = [await send(), await send()];
      assert.equal(second.headers.get('idempotent-replayed'), 'true');
      assert.deepEqual(second.body, first.body);
      assert.equal(first.body.warnings.length, 1);
    });

    test('names a hundred places at most', async () => {
      const events = Array.from({ length: 500 }, () => ({ action: 'auth.login', details: { mfa: 1, method: 2 } }));
      const { body } = await call('POST', '/api/audit/events', 'acme', events);
      assert.equal(body.warnings.length, 100);
      assert.equal(body.ids.length, 500);
    });
  });
});
