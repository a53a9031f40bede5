import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { someAlert } from '../support/alerting.js';
import {
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { type OpenNotifications, openNotifications, until } from '../support/notifying.js';
import { type Receiver, startReceiver } from '../support/receiving.js';

describe('channels of alerts over HTTP', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let engine: OpenNotifications;
  let receiver: Receiver;
  let close: () => Promise<void>;
  let mended = true;
  let acme: string;
  let other: string;
  let reader: string;
  const secret = 'the-first-secret-of-the-receiver';

  before(async () => {
    world = await createGatewayWorld();
    world.config = { ...world.config, alertTargets: { allowedBlocks: ['127.0.0.1/32'], allowHttp: true } };
    gateway = await startTestGateway(world);
    const { clickhouseUrl: url, clickhouseDatabase: database } = world.config.addresses;
    const clickhouse = createClickHouse({ url, database });
    engine = openNotifications({
      db: { clickhouse, database },
      audience: world.config.deployment.audience,
      secret: world.config.secret,
    });
    engine.start();
    receiver = await startReceiver((_request, response) => {
      if (mended) response.end('ok');
      else response.writeHead(410).end('gone');
    });
    close = async () => {
      await engine.stop();
      engine.redis.disconnect();
      await clickhouse.close();
      await receiver.close();
    };
    acme = await gateway.makeKey(['acme'], ['view:audit_logs', 'manage:alerts']);
    other = await gateway.makeKey(['globex'], ['view:audit_logs', 'manage:alerts']);
    reader = await gateway.makeKey(['acme'], ['view:audit_logs']);
  });
  after(async () => {
    await close?.();
    await gateway?.stop();
    await world?.remove();
  });

  const call = (method: string, path: string, body?: object, key = acme) =>
    gateway.call(method, `/api/alert-channels${path}`, { key, ...(body ? { body } : {}) });
  const hook = (change: object = {}, settings: object = {}) => ({
    name: 'hook',
    kind: 'webhook',
    messages_per_minute: 600,
    ...change,
    settings: { url: receiver.url, secret, ...settings },
  });
  const created = async (name: string): Promise<string> => {
    const { status, body } = await call('POST', '', hook({ name }));
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
  };
  const eventsOf = async (id: string): Promise<AnyFields[]> => {
    await sleep(300);
    return acceptedOf(await judgeTopic(world)).filter(({ target }) => target?.id === id);
  };

  test('are changed as they are meant: a version that is not the newest is refused, a secret is replaced', async () => {
    const id = await created('changed');
    const { body: was } = await call('GET', `/${id}`);
    assert.equal((await call('PUT', `/${id}?version=${was.version - 1}`, hook({ name: 'late' }))).status, 409);
    await call('POST', `/${id}/test`);
    const rotated = await call(
      'PUT',
      `/${id}?version=${was.version}`,
      hook({ name: 'new' }, { secret: 'the-second-secret-of-it' }),
    );
    assert.deepEqual([rotated.status, rotated.body.name], [200, 'new'], JSON.stringify(rotated.body));
    assert.notDeepEqual(rotated.body.secrets, was.secrets);
    await call('POST', `/${id}/test`);
    const signed = receiver.received.slice(-2);
    assert.deepEqual(
      signed.map(({ headers }) => headers['sealstream-signature']),
      [secret, 'the-second-secret-of-it'].map((key, at) => {
        const { headers, body } = signed[at]!;
        const said = `${headers['sealstream-timestamp'] as string}.${body}`;
        return `v1=${createHmac('sha256', key).update(said).digest('hex')}`;
      }),
    );
    const events = await eventsOf(id);
    assert.deepEqual(
      events.map(({ action }) => String(action).split('.')[1]),
      ['created', 'tested', 'updated', 'tested'],
    );
    assert.ok(!JSON.stringify([rotated.body, events]).includes('second-secret'));
  });

  test('are tested by a button that says what the receiver answered, good or bad', async () => {
    const id = await created('tested');
    const before = receiver.received.length;
    const good = await call('POST', `/${id}/test`);
    assert.deepEqual([good.status, good.body.ok, good.body.status, good.body.answer], [200, true, 200, 'ok']);
    assert.match(receiver.received[before]!.body, /test/i);
    mended = false;
    const bad = await call('POST', `/${id}/test`);
    mended = true;
    assert.deepEqual([bad.status, bad.body.ok, bad.body.status], [200, false, 410]);
    assert.match(bad.body.answer, /answered 410: gone/);
    const gone = await call('POST', '', hook({ name: 'nobody' }, { url: 'http://127.0.0.1:1/' }));
    const refused = await call('POST', `/${gone.body.id}/test`);
    assert.deepEqual([refused.body.ok, refused.body.status], [false, 0]);
    assert.ok(refused.body.answer.length > 0);
  });

  test('are told what is wrong with them, by the name of each setting', async () => {
    const faults = async (body: object): Promise<string[]> => {
      const { status, body: answer } = await call('POST', '', body);
      assert.equal(status, 422, JSON.stringify(answer));
      assert.ok(answer.detail.length > 10);
      return answer.errors.map(({ pointer }: AnyFields) => pointer);
    };
    assert.deepEqual(await faults(hook({ name: 'x' }, { url: 'nonsense' })), ['/settings/url']);
    assert.deepEqual(await faults(hook({ name: 'x' }, { url: 'http://169.254.169.254/latest' })), ['/settings/url']);
    assert.deepEqual(await faults(hook({ name: 'x', kind: 'pigeon' })), ['/kind']);
    assert.ok((await faults(hook({ name: '' }))).includes('/name'));
    assert.equal((await call('POST', '/no-such-channel/test')).status, 404);
  });

  test('keep what reached nobody: listed, sent again under its id, or dropped, by its organization alone', async () => {
    const id = await created('dead');
    const letters = async (key = acme): Promise<AnyFields[]> =>
      (await call('GET', `/dead-letters?channel=${id}`, undefined, key)).body.dead_letters;
    const fail = async (count: number): Promise<AnyFields[]> => {
      mended = false;
      await engine.notify([
        { channelIds: [id], occasion: randomUUID(), alert: someAlert({ id: randomUUID(), organization_id: 'acme' }) },
      ]);
      await until(async () => (await letters()).length === count, 'a dead letter');
      mended = true;
      return letters();
    };
    const [letter] = await fail(1);
    assert.deepEqual(
      [letter!.channel_name, letter!.reason, letter!.status, letter!.alerts, letter!.redelivered_at],
      ['dead', 'refused', 410, 1, null],
    );
    const path = `/dead-letters/${letter!.delivery_id}`;
    assert.deepEqual(await letters(other), []);
    assert.equal((await call('POST', `${path}/redeliver`, undefined, other)).status, 404);
    assert.equal((await call('DELETE', path, undefined, other)).status, 404);
    assert.equal((await call('DELETE', path, undefined, reader)).status, 403);

    const before = receiver.received.length;
    assert.equal((await call('POST', `${path}/redeliver`)).status, 202);
    await receiver.arrived(before + 1);
    assert.equal(receiver.received[before]!.headers['sealstream-delivery'], letter!.delivery_id);
    const again = await call('POST', `${path}/redeliver`);
    assert.equal(again.status, 409);
    assert.match(again.body.detail, /put back into the queue at/);

    const [newest] = await fail(2);
    const dropped = `/dead-letters/${newest!.delivery_id}`;
    assert.equal((await call('DELETE', dropped)).status, 204);
    assert.equal((await call('DELETE', dropped)).status, 404);
    assert.equal((await call('POST', `${dropped}/redeliver`)).status, 404);
    assert.deepEqual(
      (await letters()).map(({ delivery_id }) => delivery_id),
      [letter!.delivery_id],
    );
    const [event] = await eventsOf(newest!.delivery_id);
    assert.deepEqual([event!.action, event!.organization_id], ['notification.dropped', 'acme']);
    for (const [query, parameter] of [
      ['cursor=nonsense', 'cursor'],
      ['limit=0', 'limit'],
      ['limit=true', 'limit'],
      ['colour=red', 'colour'],
    ]) {
      const { status, body } = await call('GET', `/dead-letters?${query}`);
      assert.deepEqual([status, body.errors[0].parameter], [400, parameter], query);
    }
    assert.equal((await call('PUT', `/${id}?version=newest`, hook())).status, 400);
  });

  test('that are removed are gone for everybody, and told of nothing any more', async () => {
    const id = await created('removed');
    assert.equal((await call('DELETE', `/${id}`, undefined, reader)).status, 403);
    assert.equal((await call('DELETE', `/${id}`)).status, 200);
    for (const [method, path] of [
      ['GET', `/${id}`],
      ['DELETE', `/${id}`],
      ['POST', `/${id}/test`],
    ] as const) {
      assert.equal((await call(method, path)).status, 404, method);
    }
    const { body } = await call('GET', '');
    assert.ok(!JSON.stringify(body).includes(id));
  });
});
