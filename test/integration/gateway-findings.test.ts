import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import { createFindingTable } from '../../services/alerts/findings/index.js';
import { packTexts } from '../../services/alerts/pack/index.js';
import { type ClickHouseClient, createClickHouse } from '../../services/core/clients/clickhouse.js';
import { createVerifiedTable, type FoundDifference } from '../../services/fsck/verified-table.js';
import { reportKey } from '../../services/gateway/watch/finding-report.js';
import type { FoundRecord } from '../../services/gateway/watch/findings-table.js';
import { createVerificationReports, type LogReport } from '../../services/gateway/watch/log-reports.js';
import { alertWorld, startTestEngine, type TestEngine, until, writeRules } from '../support/alert-engine.js';
import type { TestConsumer } from '../support/delivering.js';
import {
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { deliveryConfigOf, startConsumerOf } from '../support/gateway-consumer.js';
import { eventParts, newKey, testProducer } from '../support/judging.js';
import { rulesOf } from '../support/rules.js';

const pack = packTexts()
  .map(({ text }) => text)
  .filter((text) => /action: log\.(gap|equivocation)_detected/.test(text))
  .join('\n---\n');

describe('findings in the log', () => {
  let world: GatewayWorld;
  let consumer: TestConsumer;
  let clickhouse: ClickHouseClient;
  let engine: TestEngine;
  const gateways: TestGateway[] = [];
  let kafka: Producer;
  let shop: ReturnType<typeof testProducer>;

  const start = async (): Promise<TestGateway> => {
    const gateway = await startTestGateway(world);
    gateways.push(gateway);
    return gateway;
  };
  const stopAll = async (): Promise<void> => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
  };
  const publish = async (value: Buffer): Promise<number> => {
    const topic = world.config.topics.events;
    const [sent] = await kafka.send({ topic, acks: -1, messages: [{ partition: 1, value }] });
    return Number(sent!.baseOffset);
  };
  const record = (count: number): Buffer => {
    const events = Array.from({ length: count }, () => eventParts({}, Date.now()));
    return shop.record('data', events, { audience: world.config.deployment.audience }).value;
  };
  const reports = async (action: string): Promise<AnyFields[]> =>
    (await gateways[0]!.call('GET', `/api/audit/system?action=${action}`)).body.events;
  const report = (action: string): Promise<AnyFields> => until(async () => (await reports(action))[0], action, 30_000);

  before(async () => {
    world = await createGatewayWorld();
    world.config = { ...world.config, findingsWatch: { everyMs: 150, leaseMs: 1_500 } };
    kafka = world.kafka.producer({ maxInFlightRequests: 1 });
    await kafka.connect();
    const first = await start();
    await start();
    consumer = await startConsumerOf(world);
    const { clickhouseUrl: url, clickhouseDatabase: database } = world.config.addresses;
    clickhouse = createClickHouse({ url, database });
    const config = deliveryConfigOf(world);
    await writeRules({ config, clickhouse }, [{ text: pack }]);
    engine = await startTestEngine(await alertWorld({ config, kafka: world.kafka }, { redisDatabase: 9 }));
    const key = newKey();
    const body = { public_key: key.publicKey.toString('base64'), producer_id: 'shop', organizations: ['acme'] };
    assert.equal((await first.call('POST', '/api/producers', { body })).status, 201);
    shop = testProducer({ key, partition: 1 });
    await publish(shop.record('open', [], { audience: world.config.deployment.audience }).value);
  });
  after(async () => {
    await stopAll();
    await engine?.stop();
    await consumer?.stop();
    await clickhouse?.close();
    await kafka?.disconnect();
    await world?.remove();
  });

  test('a gap is told of once by two gateways, and that it closed', async () => {
    await publish(record(2));
    const missing = record(3);
    const offset = await publish(record(1));
    const gap = await report('log.gap_detected');
    assert.deepEqual([gap.scope, gap.service, gap.target], ['system', 'gateway', { type: 'producer', id: 'shop' }]);
    const { details } = gap;
    assert.deepEqual(
      [details.producer_id, details.epoch, details.lane, details.partition, details.offset],
      ['shop', shop.epoch.toString('hex'), 0, 1, offset],
    );
    assert.deepEqual([details.finding, details.first_seq, details.events], ['gap', 2, 3]);
    assert.equal(details.detail, 'sequences 2–4 are missing');

    await publish(missing);
    const closed = await report('log.gap_closed');
    assert.deepEqual([closed.details.first_seq, closed.details.events], [2, 3]);
    assert.equal((await reports('log.gap_detected')).length, 1);
  });

  test('two histories are told of, with the record that contradicts', async () => {
    const place = { ...shop.place };
    await publish(record(1));
    Object.assign(shop.place, place);
    const offset = await publish(record(2));
    const { details } = await report('log.equivocation_detected');
    assert.deepEqual([details.offset, details.finding, details.producer_id], [offset, 'equivocation', 'shop']);
    assert.match(details.detail, /another record of the lane follows/);
  });

  test('what the continuous verifier finds is told of once for its kind, until it is mended and there again', async () => {
    const { database } = deliveryConfigOf(world);
    const table = createVerifiedTable({ clickhouse, database });
    const found = (offset: number, foundAtMs: number, mendedAtMs?: number): FoundDifference => ({
      kind: 'event_altered',
      step: 'leaf',
      place: { incarnation: 'ab'.repeat(16), partition: 1, offset, index: 0 },
      detail: 'the row is not what was signed',
      foundAtMs,
      mendedAtMs,
    });
    const now = Date.now();
    await table.write([found(7, now), found(9, now + 1)]);
    const told = await report('log.verification_failed');
    assert.equal(told.details.check, 'signature');
    assert.equal(told.details.offset, 7);
    assert.match(told.details.detail, /^event_altered: the row is not what was signed/);
    await table.write([found(7, now, now + 5), found(9, now + 1, now + 5)]);
    await sleep(600);
    await table.write([found(7, now + 10)]);
    const all = await until(
      async () => {
        const list = await reports('log.verification_failed');
        return list.length > 1 ? list : undefined;
      },
      'the second report',
      30_000,
    );
    assert.equal(all.length, 2);
  });

  test('the built-in rules make alerts of them', async () => {
    const table = createFindingTable({ clickhouse, database: world.config.addresses.clickhouseDatabase });
    const idOf = (name: string): string => rulesOf(pack).find((rule) => rule.name === name)!.id;
    for (const name of ['log_gap', 'log_equivocation']) {
      const [found] = await until(async () => {
        const open = await table.open({ owner: '', ruleIds: [idOf(name)] }, 0);
        return open.length > 0 ? open : undefined;
      }, name);
      assert.deepEqual([found!.organizationId, found!.hits], ['', 1]);
    }
  });

  test('nothing is told twice by whoever takes over, be Redis and what was noted lost', async () => {
    const before = (await reports('log.')).length;
    assert.equal(before, 5);
    await stopAll();
    await clickhouse.command({ query: 'TRUNCATE TABLE findings_watched' });
    const redisUrl = new URL(world.config.addresses.redisUrl);
    redisUrl.pathname = '/9';
    world.config = { ...world.config, addresses: { ...world.config.addresses, redisUrl: redisUrl.href } };
    await start();
    await until(async () => {
      const noted = await clickhouse.query({ query: 'SELECT 1 FROM findings_watched LIMIT 1', format: 'JSONEachRow' });
      return (await noted.json()).length > 0 ? true : undefined;
    }, 'the findings are looked at again');
    const told = acceptedOf(await judgeTopic(world)).filter(({ action }) => String(action).startsWith('log.'));
    assert.equal(told.length, before);
  });
});

describe('a failed verification', () => {
  test('is told of once for its place and check, and again on another occasion', async () => {
    const told = new Map<string, LogReport>();
    const tell = createVerificationReports(async (report, key) => {
      const isNew = !told.has(key);
      told.set(key, report);
      return isNew;
    });
    const place = { shard: 'a-1', partition: 1, offset: 2 };
    assert.equal(
      await tell({ check: 'signature', detail: 'the signature is not the key’s', eventId: 'e1', place }),
      true,
    );
    assert.equal(await tell({ check: 'signature', detail: 'in other words', eventId: 'e1', place }), false);
    assert.equal(await tell({ check: 'inclusion', detail: 'no leaf', eventId: 'e1', place }), true);
    assert.equal(await tell({ check: 'inclusion', detail: 'no leaf', eventId: 'e1', place }, 'a week later'), true);
    const [first] = told.values();
    assert.deepEqual(first, {
      action: 'log.verification_failed',
      target: { type: 'audit_event', id: 'e1' },
      details: { check: 'signature', detail: 'in other words', event_id: 'e1', ...place },
    });
  });
});

describe('what is found of the gateway itself', () => {
  const record: FoundRecord = {
    partition: 1,
    offset: 7,
    appendedAtMs: 0,
    findings: [],
    producerId: 'gateway',
    keyId: 'k',
    epoch: 'e',
    lane: 2,
    firstSeq: 3,
    count: 1,
    headerHash: 'h',
  };
  const by = { incarnation: 'i', self: 'gateway' };
  const finding = { code: 'gap' as const, detail: '' };

  test('is told of once for its lane and kind, so that no report gives rise to another without end', () => {
    assert.equal(reportKey(record, finding, by), reportKey({ ...record, offset: 9, partition: 0 }, finding, by));
    assert.notEqual(reportKey(record, finding, by), reportKey({ ...record, lane: 3 }, finding, by));
    assert.notEqual(reportKey(record, finding, by), reportKey(record, { ...finding, code: 'equivocation' }, by));
    const shop = { ...record, producerId: 'shop' };
    assert.notEqual(reportKey(shop, finding, by), reportKey({ ...shop, offset: 9 }, finding, by));
  });
});
