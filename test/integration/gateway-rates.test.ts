import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createLogger } from '../../services/core/log.js';
import { createRateLimiter } from '../../services/gateway/http/rate-limiter.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway } from '../support/gateway.js';
import { stackFromEnv, uniqueName } from '../support/stack.js';

const log = createLogger('test', 'silent');

describe('rates of API keys', () => {
  let world: GatewayWorld;

  before(async () => {
    world = await createGatewayWorld({ limits: { requestRate: { perSecond: 1, burst: 60 } } });
  });
  after(async () => {
    await world?.remove();
  });

  test('are one for all gateways, and every answer says what is left', async () => {
    const [one, other] = [await startTestGateway(world), await startTestGateway(world)];
    try {
      const key = await one.makeKey(['acme'], ['view:audit_logs']);
      const first = await one.call('GET', '/api/session', { key });
      assert.equal(first.headers.get('ratelimit-policy'), '"requests";q=60;w=60');
      assert.equal(first.headers.get('ratelimit'), '"requests";r=59;t=1');
      const ask = async (gateway: typeof one) => (await gateway.call('GET', '/api/session', { key })).status;
      const statuses = await Promise.all(Array.from({ length: 150 }, (_, n) => ask(n % 2 ? one : other)));
      const passed = statuses.filter((status) => status === 200).length;
      // 59 were left; what comes back meanwhile is one a second.
      assert.ok(passed >= 59 && passed < 59 + 30, `${passed} passed`);
      const more = await Promise.all(Array.from({ length: 30 }, () => other.call('GET', '/api/session', { key })));
      const limited = more.find(({ status }) => status === 429)!;
      assert.ok(Number(limited.headers.get('retry-after')) >= 1);
      assert.match(limited.headers.get('ratelimit')!, /^"requests";r=\d+;t=\d+$/);
      assert.equal((await one.call('GET', '/api/session')).status, 200, 'other keys go on');
    } finally {
      await one.stop();
      await other.stop();
    }
  });

  test('come back with time, and a cost above the burst passes when nothing is taken', async () => {
    const redis = new Redis(stackFromEnv().redisUrl);
    try {
      await redis.ping();
      const audience = uniqueName('rates');
      const limiter = createRateLimiter({ redis, audience, what: 'x', rate: { perSecond: 10, burst: 5 }, log });
      assert.deepEqual(await limiter.take('a', 100), { waitMs: 0, left: 0 });
      const { waitMs } = await limiter.take('a', 2);
      assert.ok(waitMs > 0 && waitMs <= 200, String(waitMs));
      await sleep(waitMs + 5);
      assert.equal((await limiter.take('a', 2)).waitMs, 0);
      assert.deepEqual(await limiter.take('b'), { waitMs: 0, left: 4 });
    } finally {
      redis.disconnect();
    }
  });

  test('are counted by each gateway for itself while Redis is away', async () => {
    const redis = new Redis('redis://127.0.0.1:9', { retryStrategy: () => null, enableOfflineQueue: false });
    redis.on('error', () => {});
    const limiter = createRateLimiter({ redis, audience: 'a', what: 'x', rate: { perSecond: 1, burst: 2 }, log });
    const taken = [await limiter.take('a'), await limiter.take('a'), await limiter.take('a')];
    assert.deepEqual(
      taken.map(({ waitMs }) => waitMs > 0),
      [false, false, true],
    );
    redis.disconnect();
  });
});
