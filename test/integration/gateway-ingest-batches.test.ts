import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { createSealer, type HeaderIntent, type SigningKey } from '../../services/core/seal/index.js';
import { decodeFrame, type EventParts, encodeErasedBatch, encodeSignedBatch } from '../../services/core/wire/index.js';
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
import { eventParts, newKey, testProducer } from '../support/judging.js';

const path = '/api/audit/batches';
const bytesType = { 'content-type': 'application/octet-stream' };

describe('POST /api/audit/batches', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let acme: string;
  /** Registered for acme and globex, scopes organization and application. */
  const key = newKey();

  const post = (value: Buffer, apiKey = acme): Promise<Answer> =>
    gateway.call('POST', path, { key: apiKey, body: value, headers: bytesType });
  const refused = ({ status, body }: Answer, wanted: number, kind: string, reason?: string): void => {
    assert.equal(status, wanted, JSON.stringify(body));
    assert.equal(body.type, `urn:sealstream:problem:${kind}`);
    if (reason) assert.equal(body.reason, reason, body.detail);
  };
  const register = (signingKey: SigningKey, body: AnyFields = {}): Promise<Answer> =>
    gateway.call('POST', '/api/producers', {
      body: {
        public_key: signingKey.publicKey.toString('base64'),
        producer_id: 'shop',
        organizations: ['acme', 'globex'],
        ...body,
      },
    });
  const now = (more: Parameters<typeof eventParts>[0] = {}): EventParts => eventParts(more, Date.now());
  /** A record of a lane of its own. */
  const sealed = (events: EventParts[], change: Partial<HeaderIntent> = {}, by = key): Buffer =>
    createSealer(by)(
      {
        audience: world.config.deployment.audience,
        producer_id: 'shop',
        epoch: randomBytes(16),
        lane: 0,
        lanes: 1,
        partition: 0,
        kind: events.length > 0 ? 'data' : 'open',
        first_seq: 0,
        prev: Buffer.alloc(32),
        created_at: Date.now() * 1_000,
        ...change,
      },
      events,
      randomBytes(32),
    ).value;

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
    acme = await gateway.makeKey(['acme'], ['write:events']);
    assert.equal((await register(key)).status, 201);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('a lane’s records go unchanged to the partition that they are signed for, and are accepted', async () => {
    const producer = testProducer({ key, partition: 1 });
    const { audience } = world.config.deployment;
    const open = await post(producer.record('open', [], { audience }).value);
    assert.equal(open.status, 202, JSON.stringify(open.body));
    const data = producer.record('data', [now({ details: { n: 1 } }), now()], { audience });
    const answer = await post(data.value);
    assert.equal(answer.status, 202);
    assert.equal(answer.body.partition, 1);
    assert.equal(answer.body.header_hash, data.headerHash.toString('hex'));
    const judged = await judgeTopic(world);
    const record = judged.find(({ opened }) => opened?.headerHash.equals(data.headerHash));
    assert.deepEqual(record?.opened?.frame.value, data.value);
    assert.deepEqual([record?.disposition, record?.accepted, record?.findings], ['accepted', [0, 1], []]);
    const accepted = acceptedOf(judged).map(({ id }) => id);
    for (const id of answer.body.ids) assert.ok(accepted.includes(id));
  });

  test('the same bytes again are taken again and count once', async () => {
    const value = sealed([now()]);
    const [first, second] = [await post(value), await post(value)];
    assert.deepEqual([first.status, second.status], [202, 202]);
    assert.deepEqual(second.body, first.body);
    assert.equal(acceptedOf(await judgeTopic(world)).filter(({ id }) => id === first.body.ids[0]).length, 1);
  });

  test('base64 in JSON is the same batch', async () => {
    const value = sealed([now()]);
    const inJson = (batch: unknown) => gateway.call('POST', path, { key: acme, body: { batch } });
    assert.equal((await inJson(value.toString('base64'))).status, 202);
    for (const batch of [value.toString('base64url'), `${value.toString('base64')} `, 'a', 7, null]) {
      const answer = await inJson(batch);
      refused(answer, 400, 'invalid-request');
      assert.equal(answer.body.pointer, '/batch');
    }
    refused(await gateway.call('POST', path, { key: acme, body: '[]' }), 400, 'invalid-request');
  });

  test('a record of a million bytes is taken, one byte more is not, in either form', async () => {
    const fill = (bytes: number): EventParts[] => {
      const full = Array.from({ length: 3 }, () => now({ details: 'x'.repeat(262_100) }));
      const base = sealed([...full, now({ details: 'y'.repeat(150_000) })]).length;
      return [...full, now({ details: 'y'.repeat(150_000 + bytes - base) })];
    };
    const largest = sealed(fill(1_000_000));
    assert.equal(largest.length, 1_000_000);
    assert.equal((await post(largest)).status, 202);
    const json = await gateway.call('POST', path, { key: acme, body: { batch: largest.toString('base64') } });
    assert.equal(json.status, 202);
    refused(await post(sealed(fill(1_000_001))), 422, 'invalid-batch', 'limit_exceeded');
    refused(await post(Buffer.alloc(2_000_000)), 413, 'body-too-large');
  });

  test('whatever the judge would quarantine is refused with the judge’s own reason', async () => {
    const good = sealed([now()]);
    const flipped = (at: number): Buffer => {
      const bytes = Buffer.from(good);
      bytes[at < 0 ? bytes.length + at : at]! ^= 1;
      return bytes;
    };
    const stranger = newKey();
    const frame = decodeFrame(good);
    const cases: [string, Buffer, string][] = [
      ['no bytes', Buffer.alloc(0), 'bad_frame'],
      ['other bytes', Buffer.from('{"action":"a"}'), 'bad_frame'],
      ['cut short', good.subarray(0, -1), 'non_canonical'],
      ['a byte more', Buffer.concat([good, Buffer.alloc(1)]), 'non_canonical'],
      ['a bit of the signature', flipped(-1), 'bad_signature'],
      ['a bit of the events', flipped(-70), 'bad_root'],
      ['another audience', sealed([now()], { audience: 'elsewhere' }), 'wrong_audience'],
      ['a partition that is not there', sealed([now()], { partition: 2 }), 'wrong_partition'],
      ['an unknown key', sealed([now()], {}, stranger), 'unknown_key'],
      ['another producer’s name', sealed([now()], { producer_id: 'bank' }), 'key_not_permitted'],
      ['the root key', sealed([now()], { producer_id: 'registry' }, world.config.rootKey), 'unknown_key'],
      ['the future', sealed([eventParts({}, Date.now() + 11 * 60_000)]), 'future_time'],
      [
        'an organization beyond the key’s',
        sealed([now(), now({ organization_id: 'initech' })]),
        'organization_not_permitted',
      ],
      ['a scope beyond the key’s', sealed([now({ scope: 'system' })]), 'scope_not_permitted'],
      ['too long an event', sealed([{ ...now(), content: Buffer.alloc(300_000) }]), 'non_canonical'],
      ['a marker', sealed([], { kind: 'registry', registry: 0 }, world.config.rootKey), 'not_for_the_door'],
      [
        'an ErasedBatch',
        encodeErasedBatch({
          header: frame.header,
          signature: frame.signature,
          events: [
            {
              body: now().body,
              identity: { tag: 'digest', data: randomBytes(32) },
              content: { tag: 'empty', data: Buffer.alloc(0) },
            },
          ],
        }),
        'not_for_the_door',
      ],
    ];
    const before = (await judgeTopic(world)).length;
    for (const [what, value, reason] of cases) {
      const answer = await post(value);
      assert.equal(answer.body.reason, reason, `${what}: ${JSON.stringify(answer.body)}`);
      assert.equal(answer.status, 422, what);
    }
    assert.equal((await judgeTopic(world)).length, before, 'nothing of it went to Kafka');
  });

  test('a fault of one event names the event, and the whole batch stays out', async () => {
    const answer = await post(sealed([now(), now({ organization_id: 'initech' }), now()]));
    refused(answer, 422, 'invalid-batch', 'organization_not_permitted');
    assert.equal(answer.body.pointer, '/events/1');
  });

  test('content that is no JSON is refused, naming event and field', async () => {
    const withContent = (details: string, after = ''): EventParts => {
      const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length * 2]), Buffer.from(value)]);
      const content = Buffer.concat(['', '', details, '', after].map(text));
      return { ...now(), content };
    };
    const answer = await post(sealed([withContent('{"a":1}'), withContent('{a:1}', '[1,]'), withContent('nul')]));
    refused(answer, 422, 'invalid-batch', 'invalid_json');
    assert.deepEqual(
      answer.body.errors.map(({ pointer }: AnyFields) => pointer),
      ['/events/1/details', '/events/1/after', '/events/2/details'],
    );
    refused(
      await post(sealed([now({ details: JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`) })])),
      422,
      'invalid-batch',
      'invalid_json',
    );
  });

  test('the API key must speak for every organization of the batch, too', async () => {
    const answer = await post(sealed([now(), now({ organization_id: 'globex' })]));
    refused(answer, 403, 'forbidden', 'organization_not_permitted');
    assert.equal(answer.body.pointer, '/events/1');
    const both = await gateway.makeKey(['globex', 'acme'], ['write:events']);
    assert.equal((await post(sealed([now(), now({ organization_id: 'globex' })]), both)).status, 202);
    const reader = await gateway.makeKey(['acme'], ['view:audit_logs']);
    refused(await post(sealed([now()]), reader), 403, 'forbidden');
  });

  test('the system scope needs both the signing key and an administrator’s API key', async () => {
    const system = newKey();
    await register(system, { producer_id: 'core', organizations: '*', scopes: ['system', 'organization'] });
    const value = sealed([now({ scope: 'system' })], { producer_id: 'core' }, system);
    refused(await post(value), 403, 'forbidden', 'scope_not_permitted');
    assert.equal((await post(value, world.adminKey)).status, 202);
  });

  test('a revoked key is refused as soon as its revocation was answered', async () => {
    const doomed = newKey();
    const { body } = await register(doomed, { producer_id: 'kiosk' });
    assert.equal((await post(sealed([now()], { producer_id: 'kiosk' }, doomed))).status, 202);
    assert.equal((await gateway.call('DELETE', `/api/producers/${body.key_id}`)).status, 200);
    refused(await post(sealed([now()], { producer_id: 'kiosk' }, doomed)), 422, 'invalid-batch', 'revoked_key');
  });

  test('random and mutated bytes are never a 500', async () => {
    const good = sealed([now(), now()]);
    for (let n = 0; n < 300; n += 1) {
      const bytes = Buffer.from(good);
      for (let flips = 0; flips <= n % 3; flips += 1)
        bytes[Math.floor(Math.random() * bytes.length)] = Math.floor(Math.random() * 256);
      const cut = n % 5 === 0 ? bytes.subarray(0, Math.floor(Math.random() * bytes.length)) : bytes;
      const { status, body } = await post(cut);
      assert.ok(
        status === 422 || (status === 202 && bytes.equals(good)),
        `${status} ${JSON.stringify(body)} ${cut.toString('hex')}`,
      );
    }
    const { header, signature, saltSeed } = decodeFrame(good);
    const none = Buffer.alloc(0);
    const hollow = encodeSignedBatch({
      header,
      signature,
      salt_seed: saltSeed!,
      events: Array(1_001).fill({ body: none, identity: none, content: none }),
    });
    refused(await post(hollow), 422, 'invalid-batch', 'limit_exceeded');
  });
});
