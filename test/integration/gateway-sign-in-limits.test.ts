import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newKeyText, prefixOfKey } from '../../services/gateway/auth/api-key.js';
import { createBrowser } from '../support/browser.js';
import {
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { openStream } from '../support/stream-client.js';

const slow = (burst: number) => ({ perSecond: 1 / 60, burst });
const rates = (address: number, identifier: number) => ({
  limits: { signInRates: { address: slow(address), identifier: slow(identifier) } },
});
const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('tries to sign in', () => {
  let world: GatewayWorld;
  const gateways: TestGateway[] = [];
  const started = async (given: Parameters<typeof createGatewayWorld>[0], count = 1): Promise<TestGateway[]> => {
    world = await createGatewayWorld({ partitions: 1, ...given });
    for (let nth = 0; nth < count; nth += 1) gateways.push(await startTestGateway(world));
    return gateways;
  };
  const failures = async (which = 'auth.login_failed'): Promise<AnyFields[]> => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
    return acceptedOf(await judgeTopic(world)).filter(({ action }) => action === which);
  };
  const end = async (): Promise<void> => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
    await world?.remove();
  };

  describe('with one key, on two gateways', () => {
    before(() => started(rates(100, 3), 2));
    after(end);

    test('are counted together, end with 429 and Retry-After, and leave other keys alone', async () => {
      const wrong = newKeyText();
      const tries: number[] = [];
      for (let nth = 0; nth < 5; nth += 1) {
        const { status, headers } = await createBrowser(gateways[nth % 2]!).signIn(wrong);
        tries.push(status);
        if (status === 429) assert.ok(Number(headers.get('retry-after')) > 30, String(headers.get('retry-after')));
      }
      assert.deepEqual(tries, [401, 401, 401, 429, 429]);
      // The same beginning is the same key, as far as anybody outside knows.
      const alike = prefixOfKey(wrong) + newKeyText().slice(prefixOfKey(wrong).length);
      assert.equal((await createBrowser(gateways[0]!).signIn(alike)).status, 429);
      assert.equal((await createBrowser(gateways[0]!).signIn(world.adminKey)).status, 200);

      const events = await failures();
      // Each gateway writes once a minute that somebody goes on.
      assert.deepEqual(events.map(({ reason }) => reason).sort(), [
        'rate_limited',
        'rate_limited',
        'unknown_credential',
        'unknown_credential',
        'unknown_credential',
      ]);
      for (const { scope, outcome, actor, auth_method, ip, details } of events) {
        assert.deepEqual([scope, outcome, actor.type, ip], ['system', 'failure', 'anonymous', '127.0.0.1']);
        assert.deepEqual(
          [auth_method, details.method, details.identifier],
          ['api_token', 'api_token', prefixOfKey(wrong)],
        );
      }
      assert.ok(!JSON.stringify(events).includes(wrong));
    });
  });

  describe('by keys in headers that are refused', () => {
    before(() => started(rates(4, 100)));
    after(end);

    test('are limited by address, on every way in, and stop nobody who has a good key', async () => {
      const [gateway] = gateways as [TestGateway];
      const get = async (key: string): Promise<number> => (await gateway.call('GET', '/api/audit', { key })).status;
      const stream = `${gateway.url.replace('http', 'ws')}/api/audit/stream`;
      const refused = (key: string): Promise<string> =>
        openStream(stream, { key }).then(
          async (client) => String(await client.close()),
          (error: Error) => error.message,
        );
      // As good as the administrator's, as far as its beginning goes.
      const alike = prefixOfKey(world.adminKey) + newKeyText().slice(prefixOfKey(world.adminKey).length);
      assert.deepEqual([await get(alike), await get('nonsense')], [401, 401]);
      assert.match(await refused(newKeyText()), /^401 /);
      const { status } = await gateway.call('GET', '/api/audit', { key: '', headers: { 'x-api-key': newKeyText() } });
      assert.equal(status, 401);
      const limited = await gateway.call('GET', '/api/audit', { key: alike });
      assert.deepEqual([limited.status, limited.body.type], [429, 'urn:sealstream:problem:rate-limited']);
      assert.ok(Number(limited.headers.get('retry-after')) > 30, String(limited.headers.get('retry-after')));
      assert.match(await refused(newKeyText()), /^429 /);
      const client = await openStream(stream);
      client.send({ type: 'auth', key: newKeyText() });
      assert.equal((await client.until('problem')).problem!.status, 429);
      client.send({ type: 'auth', key: world.adminKey });
      await client.until('authenticated');
      await client.close();

      assert.equal(await get(world.adminKey), 200);
      assert.equal((await gateway.call('GET', '/api/audit', { key: '' })).status, 401, 'no key is no wrong one');
      assert.equal((await createBrowser(gateway).signIn(world.adminKey)).status, 200);
      const rejected = await failures('api_key.rejected');
      assert.deepEqual(
        rejected.map(({ scope, reason, ip, auth_method }) => [scope, reason, ip, auth_method]),
        [['system', 'rate_limited', '127.0.0.1', 'api_token']],
      );
    });
  });

  describe('from one address', () => {
    before(() => started(rates(4, 100)));
    after(end);

    test('are counted whatever they try: keys, links, and what is neither', async () => {
      const [gateway] = gateways as [TestGateway];
      const ways = [
        () => createBrowser(gateway).signIn(newKeyText()),
        () => createBrowser(gateway).call('POST', `/api/session/link/${'x'.repeat(43)}`, { headers: form }),
        () => createBrowser(gateway).call('POST', `/api/session/auditor/${'x'.repeat(43)}`, { headers: form }),
        () => createBrowser(gateway).signIn('nonsense'),
        () => createBrowser(gateway).signIn(world.adminKey),
        () => createBrowser(gateway).call('POST', `/api/session/link/${'y'.repeat(43)}`, { headers: form }),
      ];
      const statuses: number[] = [];
      for (const way of ways) statuses.push((await way()).status);
      assert.deepEqual(statuses, [401, 404, 404, 401, 429, 429]);
      // Signed in by other means, one goes on.
      assert.equal((await gateway.call('GET', '/api/session')).status, 200);
      const metrics = await gateway.metrics.registry.metrics();
      const counted = [...metrics.matchAll(/gateway_sign_ins_total\{.*outcome="(\w+)".*\} (\d+)/g)];
      assert.deepEqual(Object.fromEntries(counted.map(([, outcome, count]) => [outcome, count])), {
        failed: '4',
        limited: '2',
      });
      assert.deepEqual(
        (await failures()).map(({ auth_method, reason }) => [auth_method, reason]),
        [
          ['api_token', 'unknown_credential'],
          ['one_time_link', 'unknown_credential'],
          ['auditor_link', 'unknown_credential'],
          ['api_token', 'unknown_credential'],
          ['api_token', 'rate_limited'],
        ],
      );
    });
  });
});
