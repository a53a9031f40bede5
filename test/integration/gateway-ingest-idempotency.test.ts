import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { createLogger } from '../../services/core/log.js';
import { createRegistryReader } from '../../services/core/reading/index.js';
import { createRegistryWriter } from '../../services/core/registry/writer.js';
import { sha256 } from '../../services/core/seal/index.js';
import { createIdempotencyStore, slotOf } from '../../services/gateway/ingest/idempotency-store.js';
import { gatewayProducerId } from '../../services/gateway/registry/open-registry.js';
import {
  type Answer,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { eventParts, newKey, testProducer } from '../support/judging.js';
import { uniqueName } from '../support/stack.js';

const path = '/api/audit/events';
const log = createLogger('test', 'silent');

describe('Idempotency-Key', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let acme: string;
  let globex: string;

  const post = (body: unknown, idempotencyKey: string, key = acme, to = gateway): Promise<Answer> =>
    to.call('POST', path, { key, body, headers: { 'idempotency-key': idempotencyKey } });
  const refused = ({ status, body }: Answer, wanted: number, kind: string): void => {
    assert.equal(status, wanted, JSON.stringify(body));
    assert.equal(body.type, `urn:sealstream:problem:${kind}`);
  };
  /** How often each of the ids was accepted, and what the records that carry them were judged. */
  const fates = async (ids: readonly string[]) => {
    const judged = await judgeTopic(world);
    const carrying = judged.filter(({ opened }) =>
      ids.some((id) => opened?.frame.value.includes(Buffer.from(id.replaceAll('-', ''), 'hex'))),
    );
    const accepted = acceptedOf(judged).map(({ id }) => id);
    return {
      accepted: ids.map((id) => accepted.filter((one) => one === id).length),
      dispositions: carrying.map(({ disposition }) => disposition).sort(),
      values: new Set(carrying.map(({ opened }) => opened!.frame.value.toString('hex'))),
      findings: new Set(judged.flatMap(({ findings }) => findings.map(({ code }) => code))),
    };
  };

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
    acme = await gateway.makeKey(['acme'], ['write:events']);
    globex = await gateway.makeKey(['globex'], ['write:events']);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('a retry publishes the identical bytes again, answers the same ids, and counts once', async () => {
    const body = [{ action: 'a.one' }, { action: 'a.two' }];
    const first = await post(body, 'retry-1');
    assert.equal(first.status, 202);
    assert.equal(first.headers.get('idempotent-replayed'), null);
    const second = await post(body, 'retry-1');
    assert.equal(second.status, 202);
    assert.equal(second.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(second.body.ids, first.body.ids);
    const { accepted, dispositions, values } = await fates(first.body.ids);
    assert.deepEqual(accepted, [1, 1]);
    assert.deepEqual(dispositions, ['accepted', 'duplicate']);
    assert.equal(values.size, 1);
  });

  test('twenty retries at once are signed once', async () => {
    const body = Array.from({ length: 50 }, (_, n) => ({ action: 'b.many', reason: `n${n}` }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(body, 'at-once')));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(new Set(answers.map((answer) => answer.body.ids.join())).size, 1);
    assert.equal(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null).length, 1);
    const { accepted, values, findings } = await fates(answers[0]!.body.ids);
    assert.deepEqual(new Set(accepted), new Set([1]));
    assert.equal(values.size, 1);
    assert.deepEqual([...findings], ['duplicate'], 'no gap, no equivocation');
  });

  test('retries through two gateways at once are signed once', async () => {
    const other = await startTestGateway(world);
    try {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => post({ action: 'c.two' }, 'two-doors', acme, n % 2 ? gateway : other)),
      );
      assert.equal(new Set(answers.map((answer) => answer.body.ids.join())).size, 1);
      const { accepted, values } = await fates(answers[0]!.body.ids);
      assert.deepEqual([accepted, values.size], [[1], 1]);
    } finally {
      await other.stop();
    }
  });

  test('a retry after the gateway was started again is the same request', async () => {
    const earlier = await startTestGateway(world);
    const first = await post({ action: 'd.restart' }, 'restart', acme, earlier);
    await earlier.stop();
    const retried = await post({ action: 'd.restart' }, 'restart');
    assert.equal(retried.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(retried.body.ids, first.body.ids);
    assert.deepEqual((await fates(first.body.ids)).dispositions, ['accepted', 'duplicate']);
  });

  test('what was signed and stored before a crash is published by the retry, in the lane of the dead process', async () => {
    const { gatewayKey, addresses, deployment } = world.config;
    const redis = new Redis(addresses.redisUrl);
    const body = JSON.stringify({ action: 'e.crash' });
    const dead = testProducer({ key: gatewayKey, producerId: gatewayProducerId, partition: 1, lane: 1 });
    const { audience } = deployment;
    const signed = [
      dead.record('open', [], { audience }).value,
      dead.record('data', [eventParts({ action: 'e.crash' }, Date.now())], { audience }).value,
    ];
    const store = createIdempotencyStore({ redis });
    const slot = slotOf(audience, 'organization:acme', 'crash');
    const claim = await store.claim(slot, sha256(body));
    assert.equal(claim.kind, 'claimed');
    assert.ok(await store.store(slot, (claim as { lock: Buffer }).lock, signed));
    redis.disconnect();
    const { status, body: answer, headers } = await post(body, 'crash');
    assert.equal(status, 202, JSON.stringify(answer));
    assert.equal(headers.get('idempotent-replayed'), 'true');
    assert.deepEqual((await fates(answer.ids)).accepted, [1]);
  });

  test('a request that takes two records is one request: both are stored before either is published', async () => {
    const body = Array.from({ length: 4 }, (_, n) => ({ action: 'o.large', details: String(n).repeat(255_000) }));
    const [first, second] = [await post(body, 'large'), await post(body, 'large')];
    assert.deepEqual([first.status, second.status], [202, 202]);
    assert.deepEqual(second.body.ids, first.body.ids);
    const { accepted, values, dispositions } = await fates(first.body.ids);
    assert.deepEqual([accepted, values.size], [[1, 1, 1, 1], 2]);
    assert.deepEqual(dispositions, ['accepted', 'accepted', 'duplicate', 'duplicate']);
  });

  test('what was signed with a key that was revoked since is not acknowledged again', async () => {
    const retired = await createGatewayWorld();
    const before = await startTestGateway(retired);
    const send = (to: TestGateway) =>
      to.call('POST', path, {
        body: { action: 'n.key', organization_id: 'acme' },
        headers: { 'idempotency-key': 'old' },
      });
    assert.equal((await send(before)).status, 202);
    const { deployment, rootKey, gatewayKey, topics } = retired.config;
    const registryReader = await createRegistryReader({
      kafka: retired.kafka,
      topic: topics.registry,
      deployment,
      log,
    });
    const of = { kafka: retired.kafka, topics, deployment, rootKey, registryReader, partitions: 2, log };
    const writer = await createRegistryWriter(of);
    await writer.append({ kind: 'key_revoked', key_id: gatewayKey.keyId });
    await writer.stop();
    await registryReader.stop();
    await before.stop();
    const renewed = await startTestGateway({ ...retired, config: { ...retired.config, gatewayKey: newKey() } });
    try {
      const answer = await send(renewed);
      refused(answer, 409, 'conflict');
      assert.equal(answer.body.reason, 'revoked_key');
    } finally {
      await renewed.stop();
      await retired.remove();
    }
  });

  test('the same key with another body is refused', async () => {
    await post({ action: 'f.first' }, 'reused');
    refused(await post({ action: 'f.other' }, 'reused'), 422, 'idempotency-key-reused');
    refused(await post([{ action: 'f.first' }], 'reused'), 422, 'idempotency-key-reused');
    assert.equal((await post({ action: 'f.first' }, 'reused')).status, 202);
  });

  test('another body with the key is refused while the first is being worked on, too', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => post({ action: `g.race${n}` }, 'race')));
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [202, ...Array(9).fill(422)]);
  });

  test('keys belong to their tenant: another organization’s request with the key is another request', async () => {
    const [ours, theirs] = [await post({ action: 'h.x' }, 'shared'), await post({ action: 'h.y' }, 'shared', globex)];
    assert.equal(theirs.status, 202, 'not refused as another body');
    assert.notDeepEqual(ours.body.ids, theirs.body.ids);
  });

  test('a rotated API key of the organization still speaks of the same request', async () => {
    const first = await post({ action: 'i.rotate' }, 'rotated');
    const rotated = await gateway.makeKey(['acme'], ['write:events']);
    const second = await post({ action: 'i.rotate' }, 'rotated', rotated);
    assert.deepEqual(second.body.ids, first.body.ids);
    assert.equal(second.headers.get('idempotent-replayed'), 'true');
  });

  test('ids come of the key: UUIDv8, the same for the same tenant, key and index', async () => {
    const { body } = await post([{ action: 'j.id' }, { action: 'j.id' }], 'ids');
    for (const id of body.ids)
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(body.ids[0], body.ids[1]);
  });

  test('a refused request leaves its key free', async () => {
    refused(await post({ action: 'K' }, 'free'), 422, 'invalid-event');
    assert.equal((await post({ action: 'k.good' }, 'free')).status, 202);
  });

  test('a key may hold any printable ASCII, and nothing else', async () => {
    assert.equal((await post({ action: 'l.ok' }, `"${uniqueName('q')}" ~!@#$%^&*()`)).status, 202);
    assert.equal((await post({ action: 'l.long' }, 'x'.repeat(255))).status, 202);
    for (const bad of ['', 'x'.repeat(256), 'caf\u00e9', 'a\tb']) {
      refused(await post({ action: 'l.bad' }, bad), 400, 'invalid-idempotency-key');
    }
  });

  test('two Idempotency-Key headers are refused instead of one being chosen', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${acme}`,
        'content-type': 'application/json',
        'idempotency-key': ['a', 'b'],
      };
      const sent = httpRequest(`${gateway.url}${path}`, { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject);
      sent.end('{"action":"m.two"}');
    });
    assert.equal(status, 400);
  });
});
