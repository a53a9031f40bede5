import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import { createTestKafka, stackFromEnv, uniqueName } from '../support/stack.js';
import {
  freePort,
  type Instance,
  killInstance,
  MAIN,
  PARTS_ONLY,
  programOnPath,
  START,
  startInstance,
  temporaryFolder,
  waitGone,
} from '../support/stack-instance.js';

const { KAFKA_BROKERS: _kafka, CLICKHOUSE_URL: _clickhouse, REDIS_URL: _redis, ...withoutStack } = process.env;

describe('npm start', () => {
  const started: { instance: Instance; dataDir: string }[] = [];
  const folders: { remove(): void }[] = [];
  let dataDir: string;
  /** With Kafka and ClickHouse of the test run, an instance has only Redis of its own, and is up in half a second. */
  let onlyRedis: Record<string, string | undefined>;
  let everything: Record<string, string | undefined>;

  const start = (env: Record<string, string | undefined>, file = PARTS_ONLY) => {
    const instance = startInstance({ file, dataDir, env });
    started.push({ instance, dataDir });
    return instance;
  };
  const stop = async (instance: Instance) => {
    instance.process.kill('SIGTERM');
    return instance.exited();
  };
  const envFile = () => parseEnv(readFileSync(join(dataDir, 'env'), 'utf8'));

  beforeEach(async () => {
    const folder = temporaryFolder();
    folders.push(folder);
    dataDir = join(folder.path, 'data');
    const { kafkaBrokers, clickhouseUrl } = stackFromEnv();
    everything = {
      ...withoutStack,
      SEALSTREAM_PORT: String(await freePort()),
      SEALSTREAM_EVENTS_TOPIC: uniqueName('audit.events', '.'),
      SEALSTREAM_REGISTRY_TOPIC: uniqueName('audit.registry', '.'),
      CLICKHOUSE_DATABASE: uniqueName('test'),
    };
    onlyRedis = { ...everything, KAFKA_BROKERS: kafkaBrokers.join(','), CLICKHOUSE_URL: clickhouseUrl };
  });
  after(async () => {
    for (const one of started) await killInstance(one);
    for (const folder of folders) folder.remove();
  });

  /** What somebody who opens the printed link does: looks at the page, and presses its button. It works once. */
  const signInOnce = async (instance: Instance, url: string): Promise<void> => {
    const printed = /sign in \(once, within 15 minutes\): (\S+)/;
    for (const until = Date.now() + 10_000; !printed.test(instance.output()) && Date.now() < until; ) await sleep(20);
    const [, link = ''] = printed.exec(instance.output()) ?? [];
    assert.ok(link.startsWith(`${url}/api/session/link/`), instance.output());
    assert.ok(instance.output().indexOf('sealstream ready: ') < instance.output().indexOf(link));

    const page = await fetch(link);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<form method="post"[\s\S]*<button/);
    const press = () =>
      fetch(link, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: url, 'sec-fetch-site': 'same-origin' },
      });
    const signedIn = await press();
    assert.deepEqual([signedIn.status, signedIn.headers.get('location')], [303, '/']);
    const cookie = signedIn.headers.getSetCookie()[0]!.split(';', 1)[0]!;
    const session = (await (await fetch(`${url}/api/session`, { headers: { cookie } })).json()) as {
      kind: string;
      permissions: string[];
      organizations: unknown;
    };
    assert.deepEqual([session.kind, session.organizations], ['session', '*']);
    assert.ok(session.permissions.includes('admin'));
    assert.equal((await fetch(`${url}/api/audit?limit=1`, { headers: { cookie } })).status, 200);
    assert.equal((await press()).status, 404);
  };

  test('brings up parts and services and prints a link that signs the administrator in, once; what they hold survives a stop and a kill -9, whose orphans do not block the next start', async () => {
    const first = start(everything, MAIN);
    const url = await first.ready();
    assert.equal(url, `http://127.0.0.1:${everything.SEALSTREAM_PORT}`);
    await signInOnce(first, url);
    const addresses = envFile();
    const topic = 'survivors';
    const clickhouse = createClient({ url: addresses.CLICKHOUSE_URL!, database: everything.CLICKHOUSE_DATABASE! });
    const rows = async () => {
      const result = await clickhouse.query({ query: 'SELECT n FROM survivors', format: 'JSONEachRow' });
      return result.json();
    };
    const kafka = createTestKafka([addresses.KAFKA_BROKERS!]);
    const offsets = async () => {
      const admin = kafka.admin();
      await admin.connect();
      try {
        await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
        return await admin.fetchTopicOffsets(topic);
      } finally {
        await admin.disconnect();
      }
    };
    assert.equal((await offsets())[0]?.high, '0');
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ value: 'survives' }] });
    await producer.disconnect();
    await clickhouse.command({ query: 'CREATE TABLE survivors (n UInt8) ENGINE = MergeTree ORDER BY n' });
    await clickhouse.insert({ table: 'survivors', values: [{ n: 7 }], format: 'JSONEachRow' });
    const redis = new Redis(addresses.REDIS_URL!);
    await redis.set('survivor', 'yes');
    redis.disconnect();
    let orphans = ['gateway', 'consumer', 'kafka', 'clickhouse', 'redis'].map(first.pid);
    first.process.kill('SIGKILL');
    await first.exited();

    // The parts alone hold it; their services are started once again, by the start that finds orphans.
    for (const file of [MAIN, PARTS_ONLY]) {
      const again = start(everything, file);
      await again.ready();
      assert.deepEqual(envFile(), addresses, 'the addresses stay');
      assert.equal((await offsets())[0]?.high, '1');
      assert.deepEqual(await rows(), [{ n: 7 }]);
      const redisAgain = new Redis(addresses.REDIS_URL!);
      assert.equal(await redisAgain.get('survivor'), 'yes');
      redisAgain.disconnect();
      for (const pid of orphans) await waitGone(pid, 100);
      orphans = ['kafka', 'clickhouse', 'redis'].map(again.pid);
      assert.deepEqual(await stop(again), { code: 0, signal: null });
    }
    for (const pid of orphans) await waitGone(pid, 100);
    await clickhouse.close();
  });

  test('leaves an env file that only its owner reads, and takes it away when it stops', async () => {
    const instance = start(onlyRedis);
    await instance.ready();
    const env = envFile();
    assert.equal(statSync(join(dataDir, 'env')).mode & 0o777, 0o600);
    assert.equal(env.KAFKA_BROKERS, onlyRedis.KAFKA_BROKERS);
    assert.equal(env.CLICKHOUSE_URL, onlyRedis.CLICKHOUSE_URL);
    assert.match(env.REDIS_URL!, /^redis:\/\/:[\w-]+@127\.0\.0\.1:\d+$/);
    assert.match(env.SEALSTREAM_AUDIENCE!, /^sealstream\.local\/[0-9a-f]{8}$/);
    assert.equal(Buffer.from(env.SEALSTREAM_ROOT_PUBLIC_KEY!, 'base64').length, 32);
    assert.equal(env.SEALSTREAM_API_KEY, readFileSync(join(dataDir, 'keys/admin.key'), 'utf8'));
    await stop(instance);
    assert.equal(existsSync(join(dataDir, 'env')), false);
  });

  test('with all three addresses set starts no part of its own', async () => {
    const instance = start({ ...onlyRedis, REDIS_URL: stackFromEnv().redisUrl });
    await instance.ready();
    for (const part of ['kafka', 'clickhouse', 'redis'])
      assert.equal(existsSync(join(dataDir, 'run', `${part}.pid`)), false);
    await stop(instance);
  });

  test('from a shell that sourced its env file means itself, and starts its own parts again', async () => {
    const first = start(onlyRedis);
    await first.ready();
    const sourced = { ...onlyRedis, ...envFile() };
    await stop(first);
    const again = start(sourced);
    await again.ready();
    assert.equal(envFile().REDIS_URL, sourced.REDIS_URL);
    assert.ok(again.pid('redis') > 0);
    await stop(again);
  });

  test('a second start on the same data names the pid and the URL of the first, and exits 1', async () => {
    const first = start(onlyRedis);
    const url = await first.ready();
    const second = start({ ...onlyRedis, SEALSTREAM_PORT: String(await freePort()) });
    assert.equal((await second.exited()).code, 1);
    assert.match(second.output(), new RegExp(`already runs on ${dataDir}: pid ${first.process.pid}, at ${url}`));
    assert.equal(first.process.exitCode, null);
    await stop(first);
  });

  test('Ctrl-C in the terminal stops everything in order and leaves no process', async () => {
    const instance = start(onlyRedis);
    await instance.ready();
    const redisPid = instance.pid('redis');
    // A terminal signals the whole process group.
    process.kill(-instance.process.pid!, 'SIGINT');
    assert.deepEqual(await instance.exited(), { code: 0, signal: null });
    assert.match(instance.output(), /SIGINT: stopping[\s\S]*stopped\n$/);
    await waitGone(redisPid, 100);
    assert.match(readFileSync(join(dataDir, 'logs/redis.log'), 'utf8'), /Redis is now ready to exit, bye bye/);
  });

  test('after a kill -9 of the supervisor its children end by themselves', async () => {
    const instance = start(onlyRedis);
    await instance.ready();
    const redisPid = instance.pid('redis');
    instance.process.kill('SIGKILL');
    await instance.exited();
    await waitGone(redisPid);
  });

  test('an orphan that did not notice the kill -9 is ended by the next start', async () => {
    // Without setpriv on the PATH nothing tells the child that its parent died.
    const bin = join(dataDir, '../bin');
    mkdirSync(bin);
    symlinkSync(programOnPath('redis-server'), join(bin, 'redis-server'));
    const first = start({ ...onlyRedis, PATH: bin });
    await first.ready();
    const orphan = first.pid('redis');
    first.process.kill('SIGKILL');
    await first.exited();
    await sleep(200);
    process.kill(orphan, 0);
    const second = start(onlyRedis);
    await second.ready();
    assert.match(second.output(), /ended what an earlier start had left: redis/);
    await waitGone(orphan, 100);
    assert.notEqual(second.pid('redis'), orphan);
    await stop(second);
  });

  test('a part that is killed is started again, with a line that says so', async () => {
    const instance = start(onlyRedis);
    await instance.ready();
    const before = instance.pid('redis');
    process.kill(before, 'SIGKILL');
    const { REDIS_URL } = envFile();
    const redis = new Redis(REDIS_URL!, { maxRetriesPerRequest: null });
    redis.on('error', () => {});
    assert.equal(await redis.ping(), 'PONG');
    redis.disconnect();
    assert.notEqual(instance.pid('redis'), before);
    assert.match(instance.output(), /redis was ended by SIGKILL; next start in 0\.5 s/);
    await stop(instance);
  });

  test('a taken SEALSTREAM_PORT is named with its holder, before anything is started', async () => {
    const server = createServer().listen(Number(onlyRedis.SEALSTREAM_PORT), '127.0.0.1');
    await once(server, 'listening');
    const instance = start(onlyRedis);
    assert.equal((await instance.exited()).code, 1);
    server.close();
    assert.match(instance.output(), new RegExp(`Port ${onlyRedis.SEALSTREAM_PORT} for the console and API is taken`));
    assert.match(instance.output(), new RegExp(`by pid ${process.pid} `));
    assert.match(instance.output(), /set SEALSTREAM_PORT to another port/);
    assert.equal(existsSync(join(dataDir, 'logs/redis.log')), false);
  });

  test('a kept port that another program has taken is named, and the next start after its end works', async () => {
    const first = start(onlyRedis);
    await first.ready();
    await stop(first);
    const { redis } = JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8')) as { redis: number };
    const server = createServer().listen(redis, '127.0.0.1');
    await once(server, 'listening');
    const second = start(onlyRedis);
    assert.equal((await second.exited()).code, 1);
    assert.match(second.output(), new RegExp(`Port ${redis} for redis is taken by pid ${process.pid}`));
    server.close();
    await once(server, 'close');
    const third = start(onlyRedis);
    await third.ready();
    await stop(third);
  });

  test('an address where nothing answers is waited for, and Ctrl-C still stops at once', async () => {
    const instance = start({ ...onlyRedis, KAFKA_BROKERS: `127.0.0.1:${await freePort()}` });
    while (!instance.output().includes('waiting for kafka at 127.0.0.1:')) await sleep(20);
    instance.process.kill('SIGINT');
    assert.equal((await instance.exited()).code, 0);
  });

  test('missing programs are named with the two ways out, and nothing is started', async () => {
    const bin = join(dataDir, '../bin');
    mkdirSync(bin);
    const instance = start({ ...everything, PATH: bin }, START);
    assert.equal((await instance.exited()).code, 1);
    assert.match(instance.output(), /Java 17 or later \(none on the PATH\), for Kafka/);
    assert.match(instance.output(), /redis-server \(none on the PATH\), for Redis/);
    assert.match(instance.output(), /1\. install it \(Debian, Ubuntu: apt-get install/);
    assert.match(instance.output(), /set KAFKA_BROKERS and REDIS_URL/);
    assert.equal(existsSync(dataDir), false);
  });
});
