import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answer,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { startEmbedded } from '../support/stack.js';

const path = '/api/audit/events';

describe('with a part away', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sealstream-away-'));
  let stack: Awaited<ReturnType<typeof startEmbedded>>;
  let world: GatewayWorld;
  let gateway: TestGateway;
  let acme: string;

  const post = (reason: string, headers: Record<string, string> = {}, key = acme, to = gateway): Promise<Answer> =>
    to.call('POST', path, { key, body: { action: 'a.b', organization_id: 'acme', reason }, headers });
  const away = ({ status, body, headers }: Answer, part: string): void => {
    assert.equal(status, 503, JSON.stringify(body));
    assert.deepEqual([body.type, body.part], ['urn:sealstream:problem:unavailable', part]);
    assert.ok(Number(headers.get('retry-after')) > 0);
  };
  const until = async (holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> => {
    const deadlineMs = performance.now() + withinMs;
    while (!(await holds())) {
      assert.ok(performance.now() < deadlineMs, 'it took too long');
      await sleep(100);
    }
  };
  const readiness = async (of = gateway) => (await of.call('GET', '/readyz', { key: '' })).body;
  const timed = async <T>(work: Promise<T>): Promise<[T, number]> => {
    const startMs = performance.now();
    return [await work, performance.now() - startMs];
  };

  before(async () => {
    stack = await startEmbedded({ dataDir, parts: ['kafka', 'clickhouse', 'redis'], env: process.env });
    const { KAFKA_BROKERS, CLICKHOUSE_URL, REDIS_URL } = stack.addresses;
    world = await createGatewayWorld({
      addresses: { kafkaBrokers: [KAFKA_BROKERS!], clickhouseUrl: CLICKHOUSE_URL!, redisUrl: REDIS_URL! },
      limits: { publishTimeoutMs: 4_000 },
    });
    gateway = await startTestGateway(world);
    acme = await gateway.makeKey(['acme'], ['write:events']);
  });
  after(async () => {
    await gateway?.stop();
    await stack?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('Redis killed: requests with a key are told so, others go on, and it comes back', async () => {
    await stack.part('redis').kill();
    away(await post('redis', { 'idempotency-key': 'r1' }), 'redis');
    assert.equal((await post('redis')).status, 202);
    await until(async () => (await readiness()).parts.redis.ready === false);
    assert.equal((await readiness()).ready, false);
    await stack.part('redis').start();
    await until(async () => (await post('redis', { 'idempotency-key': 'r1' })).status === 202);
    await until(async () => (await readiness()).ready === true);
  });

  test('Redis hanging: requests with a key are told so within seconds, others do not wait for it', async () => {
    const pid = stack.part('redis').pid()!;
    process.kill(pid, 'SIGSTOP');
    try {
      const [answer, ms] = await timed(post('hang', { 'idempotency-key': 'h1' }));
      away(answer, 'redis');
      assert.ok(ms < 3_000, `${ms} ms`);
      const [plain, plainMs] = await timed(post('hang'));
      assert.equal(plain.status, 202);
      assert.ok(plainMs < 1_500, `${plainMs} ms`);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await until(async () => (await post('hang', { 'idempotency-key': 'h1' })).status === 202);
    const events = acceptedOf(await judgeTopic(world)).filter(({ reason }) => reason === 'hang');
    assert.equal(events.length, 2, 'one with the key, one without');
  });

  test('ClickHouse killed: known keys go on, unknown ones wait, and no key is made', async () => {
    await stack.part('clickhouse').kill();
    assert.equal((await post('clickhouse')).status, 202);
    assert.equal((await post('clickhouse', {}, world.adminKey)).status, 202);
    away(await post('clickhouse', {}, `sk_${'x'.repeat(43)}`), 'clickhouse');
    await until(async () => (await readiness()).parts.clickhouse.ready === false);
    away(
      await gateway.call('POST', '/api/keys', {
        body: { name: 'k', organizations: ['acme'], permissions: ['verify'] },
      }),
      'clickhouse',
    );
    assert.equal((await post('clickhouse')).status, 202);
    await stack.part('clickhouse').start();
    await until(async () => (await readiness()).ready === true);
    await gateway.makeKey(['acme'], ['verify']);
  });

  test('Kafka killed: nothing is acknowledged, and what was sent with a key is there once when Kafka is back', async () => {
    await stack.part('kafka').kill();
    const keyed = { 'idempotency-key': 'k1' };
    const [first, second] = await Promise.all([post('keyed', keyed), post('plain')]);
    away(first, 'kafka');
    away(second, 'kafka');
    await until(async () => (await readiness()).parts.kafka.ready === false);
    const [fast, ms] = await timed(post('fast'));
    away(fast, 'kafka');
    assert.ok(ms < 500, `known to be away, it is said at once: ${ms} ms`);
    away(await gateway.call('POST', '/api/organizations', { body: { id: 'x', name: 'X' } }), 'kafka');
    away(
      await gateway.call('POST', '/api/keys', {
        body: { name: 'k', organizations: ['acme'], permissions: ['verify'] },
      }),
      'kafka',
    );
    assert.equal((await gateway.call('GET', '/api/audit')).status, 200, 'what needs no Kafka goes on');
    await stack.part('kafka').start();
    let retried: Answer | undefined;
    await until(async () => {
      retried = await post('keyed', keyed);
      return retried.status === 202;
    });
    await until(async () => (await readiness()).ready === true);
    await post('after');
    const judged = await judgeTopic(world);
    const events = acceptedOf(judged);
    assert.deepEqual(
      events.filter(({ reason }) => reason === 'keyed').map(({ id }) => id),
      retried?.body.ids,
    );
    assert.equal(events.filter(({ reason }) => reason === 'fast').length, 0, 'what was refused at once is not there');
    assert.equal(events.filter(({ reason }) => reason === 'after').length, 1);
    const bad = judged.flatMap(({ findings, reason }) => [...findings.map(({ code }) => code), reason]);
    assert.ok(!bad.includes('equivocation') && !bad.includes('gap'), bad.join());
  });

  test('Kafka away at the start: the port is open and says what it waits for, and then the gateway is ready', async () => {
    await stack.part('kafka').stop();
    const early = await startTestGateway(world, { wait: false });
    try {
      assert.equal((await early.call('GET', '/healthz', { key: '' })).status, 200);
      const { status, body, headers } = await post('early', {}, acme, early);
      assert.deepEqual([status, body.part], [503, 'gateway']);
      assert.match(body.detail, /kafka/);
      assert.equal(headers.get('content-type'), 'application/problem+json');
      assert.equal((await readiness(early)).parts.kafka.ready, false);
      await stack.part('kafka').start();
      await early.ready;
      await until(async () => (await post('early', {}, acme, early)).status === 202, 5_000);
      await until(async () => (await readiness(early)).ready === true);
    } finally {
      await early.stop();
    }
  });

  test('Kafka away at the start and a stop: it stops', async () => {
    await stack.part('kafka').stop();
    const [, ms] = await timed((await startTestGateway(world, { wait: false })).stop());
    assert.ok(ms < 5_000, `${ms} ms`);
    await stack.part('kafka').start();
  });
});
