import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NotifyError } from '../../services/alerts/notify/index.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { someAlert } from '../support/alerting.js';
import { createNotifyWorld, type NotifyWorld, openNotifications, until, webhookTo } from '../support/notifying.js';
import { type Answering, type Receiver, startReceiver } from '../support/receiving.js';
import { uniqueName } from '../support/stack.js';

const childFile = fileURLToPath(new URL('../support/notifying-child.js', import.meta.url));

describe('what waits for delivery', () => {
  let world: NotifyWorld;
  const receivers: Receiver[] = [];
  const children: ChildProcess[] = [];
  before(async () => {
    world = await createNotifyWorld();
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await world?.remove();
    for (const { close } of receivers) await close();
  });
  const receiver = async (answer?: Answering) => {
    const started = await startReceiver(answer);
    receivers.push(started);
    return started;
  };
  const startChild = async (): Promise<ChildProcess> => {
    const { db, audience, secret } = world;
    const about = { database: db.database, audience, secret: secret.toString('hex'), clickhouseUrl: db.clickhouseUrl };
    const child = spawn(process.execPath, [childFile, JSON.stringify(about)], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout!, 'data');
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const requestsFor = (channelId: string, names: string[]) =>
    names.map((name) => ({
      alert: someAlert({ id: name, fingerprint: name }),
      channelIds: [channelId],
      occasion: 'firing',
    }));
  const told = ({ received }: Receiver): string[] =>
    received.flatMap(({ body }) => (JSON.parse(body).alerts as { id: string }[]).map(({ id }) => id));

  test('outlives a kill in the middle of an attempt, which is made again under the same delivery id', async () => {
    // The first request is never answered: whoever sends it is killed.
    const target = await receiver((_request, response, nth) => {
      if (nth > 1) response.end('ok');
    });
    const near = world.open();
    const { id } = await near.channels.create('acme', webhookTo(target.url), 'test');
    await near.notify(requestsFor(id, ['a', 'b', 'c']));
    const child = await startChild();
    await target.arrived(1);
    await kill(child);
    const later = world.open();
    later.start();
    await until(() => ['a', 'b', 'c'].every((name) => told(target).slice(1).includes(name)), 'all arrive');
    const [broken, made] = target.received;
    assert.equal(made?.headers['sealstream-delivery'], broken?.headers['sealstream-delivery']);
    assert.equal(made?.body, broken?.body);
    assert.deepEqual(told(target), ['a', 'a', 'b', 'c']);
    await later.stop();
  });

  test('outlives kills at any moment: everything arrives, and doubles are known by their ids', async () => {
    const target = await receiver((_request, response, nth) => {
      if (nth % 5 === 0) response.writeHead(500).end();
      else setTimeout(() => response.end('ok'), 10);
    });
    const near = world.open();
    const { id } = await near.channels.create('acme', webhookTo(target.url), 'test');
    const names = Array.from({ length: 60 }, (_, nth) => `kill${nth}`);
    for (let round = 0; round < 4; round += 1) {
      await near.notify(requestsFor(id, names.slice(round * 15, round * 15 + 15)));
      const child = await startChild();
      await sleep(50 + round * 120);
      await kill(child);
    }
    const later = world.open();
    later.start();
    await until(() => new Set(told(target)).size === names.length, 'all arrive', 30_000);
    await until(
      async () => (await later.redis.zcard(`${await prefixOf(later)}channels`)) === 0,
      'nothing waits any more',
    );
    const taken = new Map<string, string>();
    for (const { headers, body } of target.received) {
      const deliveryId = headers['sealstream-delivery'] as string;
      assert.equal(taken.get(deliveryId) ?? body, body, 'one delivery id, one body');
      taken.set(deliveryId, body);
    }
    const once = [...taken.values()].flatMap((body) =>
      (JSON.parse(body).alerts as { id: string }[]).map(({ id: alert }) => alert),
    );
    assert.deepEqual(once.sort(), [...names].sort());
    await later.stop();
  });

  test('is delivered once by several workers that have nothing to fear', async () => {
    const target = await receiver((_request, response) => void setTimeout(() => response.end('ok'), 20));
    const workers = [world.open(), world.open(), world.open()];
    for (const worker of workers) worker.start();
    const { id } = await workers[0]!.channels.create('acme', webhookTo(target.url), 'test');
    const names = Array.from({ length: 40 }, (_, nth) => `workers${nth}`);
    for (const [nth, request] of requestsFor(id, names).entries()) await workers[nth % 3]!.notify([request]);
    await until(() => told(target).length >= names.length, 'all arrive');
    await sleep(300);
    assert.deepEqual(told(target), names);
    for (const worker of workers) await worker.stop();
  });

  test('is kept by a worker that is stopped, and sent by the next at once', async () => {
    const target = await receiver((_request, response, nth) => {
      if (nth > 1) response.end('ok');
    });
    const first = world.open({ limits: { attemptTimeoutMs: 60_000 } });
    const { id } = await first.channels.create('acme', webhookTo(target.url), 'test');
    first.start();
    await first.notify(requestsFor(id, ['stopped']));
    await target.arrived(1);
    const startedAt = Date.now();
    await first.stop();
    const second = world.open();
    second.start();
    await target.arrived(2);
    assert.ok(Date.now() - startedAt < 1_500, `${Date.now() - startedAt} ms`);
    await second.stop();
  });

  test('stays where ClickHouse cannot take the dead letter, and the rest goes on', async () => {
    const target = await receiver((_request, response, _nth, body) => {
      if (body.includes('"doomed"')) response.writeHead(400).end('no');
      else response.end('ok');
    });
    const near = world.open();
    const { id } = await near.channels.create('acme', webhookTo(target.url), 'test');
    // A worker whose ClickHouse goes away once it knows the channel.
    let clickhouse = createClickHouse({ url: new URL(world.db.clickhouseUrl), database: world.db.database });
    const moody = new Proxy(clickhouse, { get: (_, name) => Reflect.get(clickhouse, name).bind(clickhouse) });
    const worker = openNotifications({
      db: { clickhouse: moody, database: world.db.database },
      audience: world.audience,
      secret: world.secret,
      limits: { burialWaitMs: 300 },
    });
    try {
      await worker.channels.get('acme', id);
      const working = clickhouse;
      clickhouse = createClickHouse({ url: new URL('http://127.0.0.1:9'), database: 'none' });
      worker.start();
      await worker.notify(requestsFor(id, ['doomed', 'fine']));
      await until(() => told(target).includes('fine'), 'the other arrives');
      const doomedTimes = told(target).filter((name) => name === 'doomed').length;
      assert.equal(doomedTimes, 1);
      await clickhouse.close();
      clickhouse = working;
      await until(
        async () => (await near.deadLetters('acme', { channelId: id })).dead_letters.length === 1,
        'it is buried',
      );
      assert.equal(told(target).filter((name) => name === 'doomed').length, 1, 'it was not sent again');
    } finally {
      await worker.stop();
      worker.redis.disconnect();
      await clickhouse.close();
    }
  });

  test('is refused, to be said again, while Redis is away', async () => {
    const target = await receiver();
    const near = world.open({ limits: { redisTimeoutMs: 200 } });
    const { id } = await near.channels.create('acme', webhookTo(target.url), 'test');
    const requests = requestsFor(id, ['away']);
    near.redis.disconnect();
    await assert.rejects(near.notify(requests), (error) => error instanceof NotifyError && error.retriable);
    await near.redis.connect();
    assert.equal((await near.notify(requests)).queued, 1);
    near.start();
    await target.arrived(1);
  });
});

async function prefixOf({ redis }: ReturnType<NotifyWorld['open']>): Promise<string> {
  const [key] = await redis.keys(`sealstream:notify:*:place`);
  assert.ok(key, uniqueName('no queue'));
  return key.slice(0, -'place'.length);
}
