import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLogger } from '../../services/core/log.js';
import { createRegistryReader, type RegistryReader, topicOffsets } from '../../services/core/reading/index.js';
import { openGateway } from '../../services/gateway/gateway.js';
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
import { newKey } from '../support/judging.js';
import { createTestDatabase, createTestTopics, uniqueName } from '../support/stack.js';

const log = createLogger('test', 'silent');

describe('the gateway and the registry', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;

  const read = async <T>(work: (reader: RegistryReader) => T, of = world): Promise<T> => {
    const { topics, deployment } = of.config;
    const reader = await createRegistryReader({ kafka: of.kafka, topic: topics.registry, deployment, log });
    try {
      return work(reader);
    } finally {
      await reader.stop();
    }
  };
  const register = (body: AnyFields = {}, key = world.adminKey): Promise<Answer> =>
    gateway.call('POST', '/api/producers', {
      key,
      body: { public_key: newKey().publicKey.toString('base64'), organizations: ['acme'], ...body },
    });
  const refused = ({ status, body }: Answer, wanted: number, kind: string): void => {
    assert.equal(status, wanted, JSON.stringify(body));
    assert.equal(body.type, `urn:sealstream:problem:${kind}`);
  };

  before(async () => {
    world = await createGatewayWorld({ partitions: 3 });
    gateway = await startTestGateway(world);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  describe('at start', () => {
    test('names the topic’s incarnation and its own key, and marks every partition', async () => {
      const { topics, gatewayKey } = world.config;
      await read(({ registry }) => {
        assert.equal(registry.incarnation(topics.events)?.partitions, 3);
        const own = registry.keys().find(({ keyId }) => keyId === gatewayKey.keyId.toString('hex'))!;
        assert.deepEqual([own.producerId, [...own.organizations], own.scopes.size], ['gateway', ['*'], 3]);
      });
      const markers = (await judgeTopic(world)).filter(({ opened }) => opened?.header.kind === 'registry');
      assert.deepEqual(new Set(markers.map(({ opened }) => opened!.header.partition)), new Set([0, 1, 2]));
      assert.ok(markers.every(({ disposition }) => disposition === 'accepted'));
    });

    test('once more changes nothing in it', async () => {
      const { topics } = world.config;
      const before = await read(({ registry }) => [registry.newest, registry.incarnation(topics.events)!.id]);
      await (await startTestGateway(world)).stop();
      assert.deepEqual(
        await read(({ registry }) => [registry.newest, registry.incarnation(topics.events)!.id]),
        before,
      );
    });

    test('two gateways at once on an empty registry agree on one incarnation', async () => {
      const fresh = await createGatewayWorld();
      const both = await Promise.all([startTestGateway(fresh), startTestGateway(fresh)]);
      try {
        await Promise.all(
          both.map((one, n) =>
            one.call('POST', '/api/organizations', { body: { id: `org${n}`, name: `Organization ${n}` } }),
          ),
        );
        await read(({ registry }) => {
          assert.deepEqual(
            registry
              .organizations()
              .map(({ id }) => id)
              .sort(),
            ['org0', 'org1'],
          );
          assert.equal(registry.keys().length, 1);
        }, fresh);
        const answers = await Promise.all(
          both.map((one) =>
            one.call('POST', '/api/audit/events', { body: { action: 'a.b', organization_id: 'acme' } }),
          ),
        );
        const accepted = acceptedOf(await judgeTopic(fresh)).map(({ id }) => id);
        for (const { body } of answers) assert.ok(accepted.includes(body.ids[0]));
      } finally {
        await Promise.all(both.map((one) => one.stop()));
        await fresh.remove();
      }
    });

    test('is refused when the registry is empty although records are stored: it was lost', async () => {
      const topics = await createTestTopics();
      const database = await createTestDatabase();
      await database.clickhouse.command({
        query: `INSERT INTO batches (partition, offset, append_time) VALUES (0, 7, now64(3))`,
      });
      const addresses = { ...world.config.addresses, clickhouseDatabase: database.database };
      const config = { ...world.config, topics, addresses };
      const lost = await openGateway({ config, log });
      try {
        await assert.rejects(lost.ready, (error: AnyFields) => {
          assert.equal(error.code, 'registry_lost');
          assert.match(error.message, /lost or recreated/);
          assert.match(error.message, /Restore the topic/);
          return true;
        });
        assert.equal((await topicOffsets(world.kafka, topics.registry))[0]?.high, 0, 'nothing was written');
      } finally {
        await lost.stop();
        await database.remove();
        await topics.remove();
      }
    });

    test('is refused with a key that was revoked for good', async () => {
      const fresh = await createGatewayWorld();
      const first = await startTestGateway(fresh);
      const { openRegistry } = await import('../../services/gateway/registry/open-registry.js');
      const { addresses, gatewayKey } = fresh.config;
      const database = await createTestDatabase();
      const opened = await openRegistry({
        ...fresh.config,
        kafka: fresh.kafka,
        clickhouse: database.clickhouse,
        database: addresses.clickhouseDatabase,
        log,
      });
      await opened.writer.append({ kind: 'key_revoked', key_id: gatewayKey.keyId });
      await opened.stop();
      await first.stop();
      const second = await openGateway({ config: fresh.config, log });
      await assert.rejects(second.ready, { code: 'gateway_key_revoked' });
      await second.stop();
      const renewed = { ...fresh, config: { ...fresh.config, gatewayKey: newKey() } };
      const third = await startTestGateway(renewed);
      const { status } = await third.call('POST', '/api/audit/events', {
        body: { action: 'a.b', organization_id: 'acme' },
      });
      assert.equal(status, 202);
      await third.stop();
      await database.remove();
      await fresh.remove();
    });
  });

  describe('/api/producers', () => {
    test('a key is in force in every partition before its registration is answered', async () => {
      const before = await topicOffsets(world.kafka, world.config.topics.events);
      const { status, body } = await register({ name: 'till 7', organizations: ['acme', 'globex'] });
      assert.equal(status, 201, JSON.stringify(body));
      assert.match(body.producer_id, /^prd_[0-9a-f]{32}$/);
      assert.deepEqual(body.scopes, ['organization', 'application']);
      const after = await topicOffsets(world.kafka, world.config.topics.events);
      for (const { partition, high } of after) assert.ok(high > before[partition]!.high, `partition ${partition}`);
      const listed = await gateway.call('GET', '/api/producers');
      assert.deepEqual(
        listed.body.producers.find(({ key_id }: AnyFields) => key_id === body.key_id),
        body,
      );
    });

    test('registering the same again writes nothing; another name for it is an entry', async () => {
      const body = { public_key: newKey().publicKey.toString('base64'), name: 'one' };
      const first = await register(body);
      const newest = await read(({ registry }) => registry.newest);
      const again = await register(body);
      assert.deepEqual([again.status, again.body], [200, first.body]);
      assert.equal(await read(({ registry }) => registry.newest), newest);
      const renamed = await register({ ...body, name: 'two' });
      assert.deepEqual(
        [renamed.status, renamed.body.name, renamed.body.producer_id],
        [201, 'two', first.body.producer_id],
      );
    });

    test('many at once are all registered, each once', async () => {
      const keys = Array.from({ length: 12 }, () => newKey());
      const answers = await Promise.all(
        keys.map(({ publicKey }) => register({ public_key: publicKey.toString('base64') })),
      );
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
      const same = newKey().publicKey.toString('base64');
      const statuses = (
        await Promise.all(Array.from({ length: 5 }, () => register({ public_key: same, name: 'same' })))
      ).map(({ status }) => status);
      assert.deepEqual(statuses.sort(), [200, 200, 200, 200, 201]);
    });

    test('a key under which signatures could be forged is refused', async () => {
      for (const hex of ['01'.padEnd(64, '0'), '00'.repeat(32), 'ff'.repeat(32), `ed${'ff'.repeat(30)}7f`]) {
        const answer = await register({ public_key: Buffer.from(hex, 'hex').toString('base64') });
        refused(answer, 422, 'invalid-public-key');
        assert.equal(answer.body.pointer, '/public_key');
      }
      refused(await register({ public_key: world.config.rootKey.publicKey.toString('base64') }), 409, 'conflict');
      refused(await register({ public_key: world.config.gatewayKey.publicKey.toString('base64') }), 409, 'conflict');
    });

    test('a producer’s name is its own: reserved and foreign ones are taken', async () => {
      refused(await register({ producer_id: 'gateway' }), 409, 'conflict');
      refused(await register({ producer_id: 'registry' }), 409, 'conflict');
      const producer_id = uniqueName('shop');
      assert.equal((await register({ producer_id, organizations: ['globex'] })).status, 201);
      const acme = await gateway.makeKey(['acme'], ['manage:keys']);
      refused(await register({ producer_id }, acme), 409, 'conflict');
      assert.equal((await register({ producer_id })).status, 201, 'whoever speaks for both may rotate its keys');
    });

    test('a tenant’s manager registers, sees and revokes within its tenant', async () => {
      const acme = await gateway.makeKey(['acme'], ['manage:keys']);
      const foreign = await register({ organizations: ['globex'], public_key: newKey().publicKey.toString('base64') });
      const own = await register({}, acme);
      assert.equal(own.status, 201);
      for (const [change, kind] of [
        [{ organizations: ['globex'] }, 'forbidden'],
        [{ organizations: ['acme', 'globex'] }, 'forbidden'],
        [{ organizations: '*' }, 'forbidden'],
        [{ organizations: ['acme', '*'] }, 'forbidden'],
        [{ scopes: ['system'] }, 'forbidden'],
      ] as const) {
        refused(await register(change, acme), 403, kind);
      }
      refused(await register({ public_key: foreign.body.public_key }, acme), 409, 'conflict');
      const seen = (await gateway.call('GET', '/api/producers', { key: acme })).body.producers;
      assert.ok(seen.every(({ organizations }: AnyFields) => organizations.join() === 'acme'));
      refused(await gateway.call('DELETE', `/api/producers/${foreign.body.key_id}`, { key: acme }), 404, 'not-found');
      assert.equal((await gateway.call('DELETE', `/api/producers/${own.body.key_id}`, { key: acme })).status, 200);
      const writer = await gateway.makeKey(['acme'], ['write:events']);
      refused(await register({}, writer), 403, 'forbidden');
    });

    test('revocation is for good, and the gateway’s own key is not revoked over HTTP', async () => {
      const public_key = newKey().publicKey.toString('base64');
      const { body } = await register({ public_key });
      const revoked = await gateway.call('DELETE', `/api/producers/${body.key_id}`);
      assert.deepEqual([revoked.status, revoked.body.revoked], [200, true]);
      assert.equal((await gateway.call('DELETE', `/api/producers/${body.key_id}`)).status, 200);
      refused(await register({ public_key }), 409, 'conflict');
      const own = world.config.gatewayKey.keyId.toString('hex');
      refused(await gateway.call('DELETE', `/api/producers/${own}`), 409, 'conflict');
      refused(await gateway.call('DELETE', `/api/producers/${'0'.repeat(64)}`), 404, 'not-found');
      refused(await gateway.call('DELETE', '/api/producers/__proto__'), 400, 'invalid-request');
    });

    test('every change is an audit event of the system scope', async () => {
      const { body } = await register({ name: 'audited' });
      await gateway.call('DELETE', `/api/producers/${body.key_id}`);
      await gateway.call('POST', '/api/organizations', { body: { id: 'vandelay', name: 'Vandelay' } });
      await gateway.call('POST', '/api/organizations', { body: { id: 'vandelay', name: 'Vandelay Industries' } });
      const wanted = ['organization.created', 'organization.renamed', 'producer.registered', 'producer.revoked'];
      let actions: string[] = [];
      const deadlineMs = performance.now() + 5_000;
      while (actions.length < 4 && performance.now() < deadlineMs) {
        const events = acceptedOf(await judgeTopic(world)).filter(({ scope }) => scope === 'system');
        actions = events
          .filter(({ target }) => target?.id === body.key_id || target?.id === 'vandelay')
          .map(({ action }) => action);
      }
      assert.deepEqual(actions.sort(), wanted);
    });
  });

  test('organizations are named by administrators and seen by those who speak for them', async () => {
    const name = 'Acme Ünited';
    assert.equal((await gateway.call('POST', '/api/organizations', { body: { id: 'acme', name } })).status, 201);
    assert.equal((await gateway.call('POST', '/api/organizations', { body: { id: 'acme', name } })).status, 200);
    await gateway.call('POST', '/api/organizations', { body: { id: 'globex', name: 'Globex' } });
    const acme = await gateway.makeKey(['acme'], ['view:audit_logs']);
    const { body } = await gateway.call('GET', '/api/organizations', { key: acme });
    assert.deepEqual(body.organizations, [{ id: 'acme', name }]);
    const tenantAdmin = await gateway.makeKey(['acme'], ['admin']);
    const post = (id: string, key: string) =>
      gateway.call('POST', '/api/organizations', { key, body: { id, name: 'x' } });
    refused(await post('acme', acme), 403, 'forbidden');
    refused(await post('globex', tenantAdmin), 403, 'forbidden');
    refused(await post('*', world.adminKey), 400, 'invalid-request');
    refused(await post('a\u0000b', world.adminKey), 400, 'invalid-request');
  });
});
