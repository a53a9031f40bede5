import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import type { Producer } from 'kafkajs';
import { partOf } from '../../services/core/erasure/index.js';
import { sha256 } from '../../services/core/seal/index.js';
import { openContents } from '../../services/gateway/quarantine/contents.js';
import type { TestConsumer } from '../support/delivering.js';
import {
  type Answer,
  type AnyFields,
  createGatewayWorld,
  type GatewayWorld,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { startConsumerOf } from '../support/gateway-consumer.js';
import { eventParts, testProducer } from '../support/judging.js';

describe('the quarantine', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let consumer: TestConsumer;
  let clickhouse: ClickHouseClient;
  let raw: Producer;

  before(async () => {
    world = await createGatewayWorld({ partitions: 1, accessLog: 'system' });
    gateway = await startTestGateway(world);
    consumer = await startConsumerOf(world);
    const { clickhouseUrl, clickhouseDatabase: database } = world.config.addresses;
    clickhouse = createClient({ url: clickhouseUrl, database });
    raw = world.kafka.producer();
    await raw.connect();
  });
  after(async () => {
    await consumer?.stop();
    await gateway?.stop();
    await raw?.disconnect();
    await clickhouse?.close();
    await world?.remove();
  });

  const rows = async <T = AnyFields>(query: string): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json();
  };
  const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
    for (let looks = 0; looks < 600; looks += 1) {
      const found = await look();
      if (found !== undefined) return found;
      await sleep(50);
    }
    throw new Error(`waited in vain: ${what}`);
  };
  /** Publishes whatever bytes and waits until they are stored; their offset. */
  const send = async (value: Buffer): Promise<number> => {
    const [sent] = await raw.send({ topic: world.config.topics.events, messages: [{ partition: 0, value }] });
    const offset = Number(sent!.baseOffset);
    await until('the record is stored', async () => (await rows(`SELECT 1 FROM batches WHERE offset = ${offset}`))[0]);
    return offset;
  };
  const producerOf = (producerId: string) => {
    const producer = testProducer({ producerId });
    const { audience } = world.config.deployment;
    const atMs = Date.now();
    return {
      ...producer,
      open: () => producer.record('open', [], { audience }).value,
      /** An event for each organization. */
      data: (...organizations: string[]) =>
        producer.record(
          'data',
          organizations.map((organization_id) => eventParts({ organization_id, correlation_id: producerId }, atMs)),
          { audience },
        ).value,
      register: (organizations: string[]) =>
        gateway
          .call('POST', '/api/producers', {
            body: {
              public_key: producer.key.publicKey.toString('base64'),
              producer_id: producerId,
              organizations,
              scopes: ['organization'],
            },
          })
          .then(({ status, body }) => assert.ok(status < 300, JSON.stringify(body))),
    };
  };
  const get = async (path: string): Promise<AnyFields> => {
    const { status, body } = await gateway.call('GET', path);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const one = (offset: number): Promise<AnyFields> => get(`/api/quarantine/0/${offset}`);
  const post = (act: 'release' | 'discard', offsets: number[], more: AnyFields = {}): Promise<Answer> =>
    gateway.call('POST', `/api/quarantine/${act}`, {
      body: { records: offsets.map((offset) => ({ partition: 0, offset })), ...more },
    });
  const refused = ({ status, body }: Answer, code: string, reason?: string): void => {
    assert.equal(status, 409, JSON.stringify(body));
    assert.equal(body.type, 'urn:sealstream:problem:conflict');
    assert.deepEqual([body.code, body.reason], [code, reason]);
    assert.equal(body.errors[0].code, code);
  };
  const become = (offset: number, kind: string): Promise<AnyFields> =>
    until(`${offset} becomes ${kind}`, async () => {
      const record = await one(offset);
      return record.outcome?.kind === kind ? record : undefined;
    });
  /** Events of a producer in the log, by organization. */
  const eventsOf = async (producerId: string): Promise<string[]> =>
    (
      await rows(`SELECT organization_id FROM events WHERE correlation_id = '${producerId}' ORDER BY organization_id`)
    ).map(({ organization_id }) => organization_id);

  test('keeps what an unknown key signed, lets it go once the key is registered, and it appears exactly once', async () => {
    const shop = producerOf('shop');
    const [openBytes, dataBytes] = [shop.open(), shop.data('acme', 'acme')];
    const [open, data] = [await send(openBytes), await send(dataBytes)];
    const { records, next_cursor } = await get('/api/quarantine?producer_id=shop&reason=unknown_key');
    assert.deepEqual(
      records.map(({ offset, state, header }: AnyFields) => [offset, state, header.kind, header.producer_id]),
      [
        [data, 'open', 'data', 'shop'],
        [open, 'open', 'open', 'shop'],
      ],
    );
    assert.equal(next_cursor, null);
    assert.equal(records[0].bytes, dataBytes.length);
    assert.equal(records[0].value_hash, sha256(dataBytes).toString('hex'));
    assert.equal(records[0].header.key_id, shop.key.keyId.toString('hex'));
    const before = await one(data);
    assert.equal(before.release.possible, false);
    assert.match(before.advice[0].cure, /register its public key/);
    refused(await post('release', [data]), 'would_be_refused', 'unknown_key');

    await shop.register(['acme']);
    assert.deepEqual((await one(data)).release, { possible: true, refusal: null });
    const released = await post('release', [data, open]);
    assert.equal(released.status, 200, JSON.stringify(released.body));
    assert.deepEqual(
      released.body.records.map(({ offset, done }: AnyFields) => [offset, done]),
      [
        [open, true],
        [data, true],
      ],
      'in the order in which they came',
    );
    const after = await become(data, 'accepted');
    assert.equal(after.state, 'released');
    assert.equal(after.outcome.offset, released.body.records[1].published_offset);
    assert.equal(after.decision.kind, 'released');
    assert.deepEqual(await eventsOf('shop'), ['acme', 'acme']);
    const [same] = await rows(
      `SELECT lower(hex(value_hash)) AS hash FROM batches WHERE offset = ${after.outcome.offset}`,
    );
    assert.equal(same!.hash, after.value_hash, 'identical bytes');

    refused(await post('release', [data]), 'accepted');
    await send(dataBytes);
    assert.deepEqual(await eventsOf('shop'), ['acme', 'acme'], 'the same bytes a third time double nothing');
    assert.equal((await one(data)).outcome.offset, after.outcome.offset);
  });

  test('says of a release that was cut short what became of it', async () => {
    const cut = producerOf('cut');
    const [first, second] = [cut.data('acme'), cut.data('acme')];
    const [published, lost] = [await send(first), await send(second)];
    await cut.register(['acme']);
    const { incarnation } = await one(lost);
    const agoMs = Date.now() - 60_000;
    await clickhouse.insert({
      table: 'quarantine_decisions',
      values: [published, lost].map((offset) => ({
        incarnation,
        partition: 0,
        offset,
        version: agoMs * 1_000,
        kind: 'released',
        published_hash: sha256(offset === lost ? second : first).toString('hex'),
        published_offset: -1,
        decided_by: 'who was cut short',
        decided_at: new Date(agoMs).toISOString(),
      })),
      format: 'JSONEachRow',
    });
    await send(first);
    const done = await one(published);
    assert.deepEqual([done.state, done.outcome.kind, done.decision.by], ['released', 'accepted', 'who was cut short']);
    const open = await one(lost);
    assert.deepEqual([open.state, open.outcome.kind, open.release.possible], ['open', 'under_way', true]);
    assert.equal((await post('release', [lost])).status, 200);
    await become(lost, 'accepted');
    assert.deepEqual(await eventsOf('cut'), ['acme', 'acme']);
  });

  test('releases nothing of a key that was revoked', async () => {
    const thief = producerOf('thief');
    await thief.register(['acme']);
    assert.equal((await gateway.call('DELETE', `/api/producers/${thief.key.keyId.toString('hex')}`)).status, 200);
    const offset = await send(thief.data('acme'));
    const record = await one(offset);
    assert.deepEqual([record.reason, record.advice[0].releasable], ['revoked_key', 'never']);
    refused(await post('release', [offset]), 'would_be_refused', 'revoked_key');
    assert.deepEqual(await eventsOf('thief'), []);
  });

  test('lets the rest of a partial record in, and leaves what was in', async () => {
    const half = producerOf('half');
    await half.register(['acme']);
    const offset = await send(half.data('acme', 'globex', 'acme'));
    const record = await one(offset);
    assert.equal(record.disposition, 'partial');
    assert.deepEqual(
      record.refused.map(({ index, reason }: AnyFields) => [index, reason]),
      [[1, 'organization_not_permitted']],
    );
    assert.deepEqual(await eventsOf('half'), ['acme', 'acme']);
    refused(await post('release', [offset]), 'would_be_refused', 'organization_not_permitted');
    await half.register(['acme', 'globex']);
    assert.equal((await post('release', [offset])).status, 200);
    assert.equal((await become(offset, 'accepted')).state, 'released');
    assert.deepEqual(await eventsOf('half'), ['acme', 'acme', 'globex']);
  });

  test('puts a record that was refused again in the place of the one that was released', async () => {
    const again = producerOf('again');
    const offset = await send(again.data('acme', 'globex'));
    await again.register(['acme']);
    const { body } = await post('release', [offset]);
    const first = await become(offset, 'accepted_in_part');
    assert.equal(first.state, 'released');
    assert.equal(first.outcome.offset, body.records[0].published_offset);
    refused(await post('release', [offset]), 'refused_again');
    const { records } = await get('/api/quarantine?producer_id=again&state=open');
    assert.deepEqual(
      records.map((record: AnyFields) => [record.offset, record.disposition]),
      [[first.outcome.offset, 'partial']],
    );
    await again.register(['acme', 'globex']);
    assert.equal((await post('release', [first.outcome.offset])).status, 200);
    await become(first.outcome.offset, 'accepted');
    assert.deepEqual(await eventsOf('again'), ['acme', 'globex']);
  });

  test('publishes what the list of erased parts leaves, and waits while somebody is being erased', async () => {
    const gone = producerOf('gone');
    const value = gone.data('acme');
    const offset = await send(value);
    await gone.register(['acme']);
    const { header, incarnation } = await one(offset);
    const identity = partOf(openContents(value).open!, 0, 'identity');
    const erasure = { id: '0190a5c2-7f3e-7b11-9c5a-3f0d8a6b1c2d', version: 1, state: 'finding' };
    await clickhouse.insert({ table: 'erasures', values: [erasure], format: 'JSONEachRow' });
    refused(await post('release', [offset]), 'erasure_under_way');
    await clickhouse.insert({
      table: 'erasures',
      values: [{ ...erasure, version: 2, state: 'done' }],
      format: 'JSONEachRow',
    });
    await clickhouse.command({
      query: `INSERT INTO erased_parts SELECT unhex('${header.header_hash}'), 0, 'identity', unhex('${identity.digest.toString('hex')}'),
        '${erasure.id}', '${erasure.id}', unhex('${incarnation}'), 0, ${offset}, now(), 'quarantine', '${erasure.id}', now()`,
    });
    assert.equal((await post('release', [offset])).status, 200);
    const { outcome } = await become(offset, 'accepted');
    const [event] = await rows(
      `SELECT actor_name, lower(hex(identity_digest)) AS digest FROM events WHERE offset = ${outcome.offset}`,
    );
    assert.deepEqual(event, { actor_name: '', digest: identity.digest.toString('hex') });
    refused(await post('release', [offset]), 'accepted');
  });

  test('discards for a reason, and for good', async () => {
    const offset = await send(Buffer.from('{"action": "not.one.of.ours"}'));
    const record = await one(offset);
    assert.deepEqual([record.reason, record.header, record.state], ['bad_frame', null, 'open']);
    assert.equal((await get(`/api/quarantine/0/${offset}/events`)).readable, false);
    assert.equal((await post('discard', [offset])).status, 400);
    assert.equal((await post('discard', [offset], { reason: ' ' })).status, 400);
    const { status, body } = await post('discard', [offset, 999_999], { reason: 'a test wrote it' });
    assert.equal(status, 200);
    assert.deepEqual(
      body.records.map(({ done, refusal }: AnyFields) => [done, refusal?.code]),
      [
        [true, undefined],
        [false, 'not_found'],
      ],
    );
    const after = await one(offset);
    assert.deepEqual(
      [after.state, after.decision.reason, after.release.possible],
      ['discarded', 'a test wrote it', false],
    );
    refused(await post('release', [offset]), 'discarded');
    refused(await post('discard', [offset], { reason: 'once more' }), 'discarded');
    assert.equal((await post('release', [999_999])).status, 404);
  });

  test('holds to what was decided where the incarnation of the topic ends in a zero byte', async () => {
    const offset = await send(Buffer.from('{"action": "neither.of.ours"}'));
    const incarnation = `${'ab'.repeat(15)}00`;
    const elsewhere = offset + 500_000;
    for (const table of ['quarantine', 'batches']) {
      await clickhouse.command({
        query: `INSERT INTO ${table} SELECT * REPLACE(unhex('${incarnation}') AS incarnation, toUInt64(${elsewhere}) AS offset)
          FROM (SELECT * FROM ${table} WHERE offset = ${offset})`,
      });
    }
    await clickhouse.insert({
      table: 'quarantine_decisions',
      values: [
        {
          incarnation,
          partition: 0,
          offset: elsewhere,
          version: 1,
          kind: 'discarded',
          published_offset: -1,
          decided_by: 'somebody',
          decided_at: new Date().toISOString(),
        },
      ],
      format: 'JSONEachRow',
    });
    assert.equal((await one(elsewhere)).state, 'discarded');
  });

  test('shows events and bytes as they came, and pages through what there is', async () => {
    const shown = producerOf('shown');
    const values = [shown.data('acme', 'globex'), shown.data('acme'), shown.data('acme')];
    const offsets: number[] = [];
    for (const value of values) offsets.push(await send(value));
    const { events, total, next_from } = await get(`/api/quarantine/0/${offsets[0]}/events?limit=1`);
    assert.deepEqual([total, next_from, events.length], [2, 1, 1]);
    assert.deepEqual([events[0].event.action, events[0].event.actor.name], ['auth.login', 'Ada']);
    const bytes = await fetch(`${gateway.url}/api/quarantine/0/${offsets[0]}/bytes`, {
      headers: { authorization: `Bearer ${world.adminKey}` },
    });
    assert.deepEqual(Buffer.from(await bytes.arrayBuffer()), values[0]);
    assert.match(bytes.headers.get('content-disposition') ?? '', /attachment/);

    const seen: number[] = [];
    let cursor = '';
    do {
      const page = await get(`/api/quarantine?producer_id=shown&limit=2${cursor}`);
      seen.push(...page.records.map(({ offset }: AnyFields) => offset));
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
    } while (cursor !== '');
    assert.deepEqual(seen, offsets.toReversed());
    const totals = await get('/api/quarantine/totals?producer_id=shown');
    assert.deepEqual(totals, {
      by_state: { open: 3, released: 0, discarded: 0 },
      by_reason: [{ reason: 'unknown_key', open: 3, released: 0, discarded: 0 }],
    });
    const key = shown.key.keyId.toString('hex');
    assert.equal(
      (await get(`/api/quarantine?key_id=${key}&partition=0&from=2020-01-01&to=2100-01-01`)).records.length,
      3,
    );
    assert.equal((await get(`/api/quarantine?key_id=${key}&to=2020-01-01`)).records.length, 0);
    for (const query of ['reason=none', 'state=closed', 'cursor=7', 'partition=-1', 'limit=0', 'colour=red']) {
      assert.equal((await gateway.call('GET', `/api/quarantine?${query}`)).status, 400, query);
    }
  });

  test('is for who may see every organization, and its bytes for administrators', async () => {
    const offset = await send(Buffer.from('somebody’s secret'));
    const tenant = await gateway.makeKey(['acme'], ['admin']);
    const reader = await gateway.makeKey('*', ['view:audit_logs']);
    const watcher = await gateway.makeKey('*', ['view:system_audit_logs']);
    const record = `/api/quarantine/0/${offset}`;
    for (const key of [tenant, reader]) {
      for (const path of ['/api/quarantine', '/api/quarantine/totals', record, `${record}/events`, `${record}/bytes`]) {
        const { status, body } = await gateway.call('GET', path, { key });
        assert.equal(status, 403, path);
        assert.ok(['view:system_audit_logs', 'admin'].includes(body.required_permission), path);
      }
    }
    for (const path of ['/api/quarantine', '/api/quarantine/totals', record]) {
      assert.equal((await gateway.call('GET', path, { key: watcher })).status, 200, path);
    }
    for (const path of [`${record}/events`, `${record}/bytes`]) {
      assert.equal((await gateway.call('GET', path, { key: watcher })).status, 403, path);
    }
    for (const key of [tenant, reader, watcher]) {
      const body = { records: [{ partition: 0, offset }] };
      assert.equal((await gateway.call('POST', '/api/quarantine/release', { key, body })).status, 403);
      const discard = { ...body, reason: 'away with it' };
      assert.equal((await gateway.call('POST', '/api/quarantine/discard', { key, body: discard })).status, 403);
    }
    assert.equal((await one(offset)).state, 'open');
  });

  test('writes down who looked, who released and who discarded', async () => {
    const watched = producerOf('watched');
    const [kept, dropped] = [await send(watched.open()), await send(Buffer.from('no record'))];
    await watched.register(['acme']);
    await get(`/api/quarantine/0/${kept}/events`);
    assert.equal((await post('release', [kept])).status, 200);
    assert.equal((await post('discard', [dropped], { reason: 'nobody wants it' })).status, 200);
    const find = (action: string, test: (details: AnyFields) => boolean): Promise<AnyFields> =>
      until(action, async () => {
        const { events } = await get(`/api/audit/system?action=${action}`);
        return events.find(({ details }: AnyFields) => test(details));
      });
    const place = (offset: number) => (details: AnyFields) => details.places?.includes(`0/${offset}`);
    const released = await find('quarantine.released', place(kept));
    assert.deepEqual([released.details.records, released.actor.type], [1, 'api_token']);
    const discarded = await find('quarantine.discarded', place(dropped));
    assert.equal(discarded.details.reason, 'nobody wants it');
    const looked = await find('audit.read', ({ filter }) => filter?.offset === String(kept));
    assert.equal(looked.details.route, '/api/quarantine/:partition/:offset/events');
  });
});
