import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditClient, InvalidEvent } from 'sealstream';
import { createMetrics } from '../../services/core/metrics.js';
import { decodeEvent } from '../../services/core/wire/index.js';
import { audience, eventParts } from '../support/judging.js';
import {
  createProducingTopic,
  type JudgedTopic,
  kafkaAway,
  numbersOf,
  type ProducingTopic,
  readAll,
  silentLog,
} from '../support/producing.js';
import { stackFromEnv, uniqueName } from '../support/stack.js';

const event = (n: number) => ({ action: 'order.paid', organization_id: 'acme', details: { n } });
const wireEvent = (n: number) => decodeEvent(eventParts({ details: { n } }, Date.now()));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const kinds = ({ records }: JudgedTopic): string[] => records.map(({ judged }) => judged.decoded!.header.kind);
const headers = ({ records }: JudgedTopic) => records.map(({ judged }) => judged.decoded!.header);

const scratch = mkdtempSync(join(tmpdir(), 'sealstream-producer-'));
const cleanUp: (() => unknown)[] = [() => rmSync(scratch, { recursive: true, force: true })];
after(async () => {
  for (const step of cleanUp.reverse()) await step();
});
const newTopic = async (options?: Parameters<typeof createProducingTopic>[0]): Promise<ProducingTopic> => {
  const topic = await createProducingTopic(options);
  cleanUp.push(topic.remove);
  return topic;
};
const newFolder = (): string => join(scratch, uniqueName('spool'));

const folderBytes = (folder: string): number =>
  (readdirSync(folder, { recursive: true }) as string[]).reduce(
    (sum, name) => sum + statSync(join(folder, name)).size,
    0,
  );

/** Nothing without fault: all accepted, no gap, no broken chain, nothing twice. */
function assertClean(judged: JudgedTopic): void {
  assert.deepEqual(judged.findings, []);
  assert.deepEqual(judged.quarantined, []);
  assert.equal(judged.duplicates, 0);
}

describe('a producer', () => {
  test('publishes open, data and close, accepted in order without a gap', async () => {
    const topic = await newTopic();
    const producer = topic.producer({ batch: { maxEvents: 100 } });
    await producer.start();
    const first = await producer.log(event(0));
    const ids = upTo(999).map((n) => producer.enqueue(event(n + 1)));
    await producer.flush();
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(judged.accepted, [first.id, ...ids]);
    assert.deepEqual(kinds(judged), ['open', ...Array(11).fill('data'), 'close']);
    const { record } = judged.records[1]!;
    assert.deepEqual({ partition: record.partition, offset: record.offset }, { partition: 0, offset: first.offset });
  });

  test('resolves log() only once the event can be read from Kafka', async () => {
    const topic = await newTopic();
    const producer = topic.producer();
    await producer.start();
    const { id } = await producer.log(event(1));
    assert.deepEqual((await topic.judged()).accepted, [id]);
    await producer.close();
  });

  test('fills its batches under load', async () => {
    const topic = await newTopic({ partitions: 2 });
    const producer = topic.producer({ lanes: 2 });
    await producer.start();
    for (let n = 0; n < 20_000; n += 1) {
      producer.enqueue(event(n));
      if (n % 50 === 0) await sleep(1);
    }
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    const counts = headers(judged).flatMap(({ kind, count }) => (kind === 'data' ? [count] : []));
    assert.equal(judged.accepted.length, 20_000);
    assert.ok(counts.length <= 20_000 / 250, `${counts.length} data records: ${counts.join(' ')}`);
  });

  test('with a lane for each partition keeps the order of what has one key, whatever goes beside it', async () => {
    const topic = await newTopic({ partitions: 3 });
    const producer = topic.producer({ lanes: 'partitions', batch: { maxEvents: 20, lingerMs: 1 } });
    const started = producer.start();
    const keys = ['a', 'b', 'c', 'd', 'e'];
    for (const n of upTo(300)) {
      producer.enqueue({ ...event(n), request_id: keys[n % 5]! }, { laneKey: keys[n % 5]! });
      if (n % 7 === 0) producer.enqueue({ ...event(n), request_id: 'none' });
      if (n % 50 === 0) await sleep(2);
    }
    await started;
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    for (const key of keys) {
      const ofKey = judged.events.filter(({ body }) => body.request_id === key);
      assert.deepEqual(
        numbersOf(ofKey),
        upTo(300).filter((n) => keys[n % 5] === key),
      );
    }
    const opened = headers(judged).filter(({ kind }) => kind === 'open');
    assert.deepEqual(
      opened.map(({ lane, lanes, partition }) => ({ lane, lanes, partition })),
      upTo(3).map((lane) => ({ lane, lanes: 3, partition: lane })),
    );
    assert.equal(new Set(headers(judged).map(({ epoch }) => epoch.toString('hex'))).size, 1);
  });

  test('says that it is alive while idle, and nothing between events that come in time', async () => {
    const topic = await newTopic();
    const producer = topic.producer({ heartbeatMs: 300, batch: { lingerMs: 1 } });
    await producer.start();
    for (const n of upTo(4)) {
      await producer.log(event(n));
      await sleep(100);
    }
    await sleep(900);
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    const said = kinds(judged);
    assert.deepEqual(said.slice(0, 5), ['open', 'data', 'data', 'data', 'data']);
    assert.ok(said.slice(5, -1).length >= 2 && said.slice(5, -1).every((kind) => kind === 'heartbeat'), said.join(' '));
  });

  test('refuses what cannot go on the wire at the call, by field', async () => {
    const topic = await newTopic();
    const producer = topic.producer();
    await producer.start();
    const refusal = (input: object, pointer: string, detail: RegExp) =>
      assert.throws(
        () => producer.enqueue(input as ReturnType<typeof event>),
        (error) => {
          assert.ok(error instanceof InvalidEvent);
          assert.equal(error.pointer, pointer);
          assert.match(error.message, detail);
          return true;
        },
      );
    refusal({ ...event(1), action: 'Not An Action' }, '/action', /match/);
    refusal({ ...event(1), organisation: 'acme' }, '/organisation', /no field/);
    refusal({ ...event(1), ip: '300.1.1.1' }, '/ip', /address/);
    refusal({ ...event(1), details: 'x'.repeat(300_000) }, '/details', /at most 262144/);
    refusal(
      { ...event(1), actor: { id: 'u', name: '𝄞'.repeat(1_024) }, user_agent: '𝄞'.repeat(4_096) },
      '/user_agent',
      /16384/,
    );
    await assert.rejects(producer.log({ action: 'x', organization_id: '' }), InvalidEvent);
    await producer.close();
    assert.deepEqual(kinds(await topic.judged()), ['open', 'close']);
  });

  test('sends a large event alone and goes on', async () => {
    const topic = await newTopic();
    const producer = topic.producer({ batch: { maxBytes: 50_000 } });
    await producer.start();
    for (const n of upTo(9)) producer.enqueue({ ...event(n), message: n === 4 ? 'm'.repeat(4_000) : '' });
    producer.enqueue({ ...event(9), details: { n: 9, text: 'x'.repeat(200_000) } });
    producer.enqueue(event(10));
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(numbersOf(judged.events), upTo(11));
    assert.deepEqual(
      headers(judged).map(({ count }) => count),
      [0, 9, 1, 1, 0],
    );
  });

  test('counts what it published, what waits and what was given up', async () => {
    const topic = await newTopic();
    const metrics = createMetrics('test', { process: false });
    const producer = topic.producer({ metrics, spool: { folder: newFolder() } });
    const started = producer.start();
    for (const n of upTo(10)) producer.enqueue(event(n));
    const total = async (name: string): Promise<number> => {
      const { values } = await metrics.registry.getSingleMetric(`sealstream_producer_${name}`)!.get();
      return values.reduce((sum, { value }) => sum + value, 0);
    };
    assert.equal(await total('queue_events'), 10);
    await started;
    await producer.flush();
    assert.deepEqual(
      await Promise.all(['events_total', 'batches_total', 'queue_events', 'lost_events_total'].map(total)),
      [10, 2, 0, 0],
    );
    assert.ok((await total('spool_bytes')) > 0);
    await producer.close();
  });

  test('takes no event before start() and none after close()', async () => {
    const topic = await newTopic();
    const producer = topic.producer();
    assert.throws(() => producer.enqueue(event(1)), { code: 'producer_not_started' });
    const started = producer.start();
    producer.enqueue(event(1));
    await producer.close();
    await started;
    assert.throws(() => producer.enqueue(event(2)), { code: 'producer_closed' });
    await producer.close();
    assert.deepEqual(numbersOf((await topic.judged()).events), [1]);
  });
});

describe('send()', () => {
  test('gives a receipt per record, and records of their own where asked', async () => {
    const topic = await newTopic();
    const producer = topic.producer();
    await producer.start();
    producer.enqueue(event(0));
    const events = upTo(1_500).map((n) => wireEvent(n + 1));
    const alone = await producer.send(events, { alone: true });
    const [shared, logged] = await Promise.all([producer.send([wireEvent(1_501)]), producer.log(event(1_502))]);
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(numbersOf(judged.events), upTo(1_503));
    assert.deepEqual(
      alone.map(({ ids }) => ids.length),
      [1_000, 500],
    );
    assert.deepEqual(
      [...alone.flatMap(({ ids }) => ids), ...shared.flatMap(({ ids }) => ids), logged.id],
      judged.accepted.slice(1),
    );
    assert.equal(shared[0]!.offset, logged.offset);
  });

  test('shows the signed bytes before they go out, the same that Kafka gets', async () => {
    const topic = await newTopic();
    const producer = topic.producer();
    await producer.start();
    const seen: Buffer[] = [];
    const [receipt] = await producer.send([wireEvent(1), wireEvent(2)], {
      beforePublish: async (values) => {
        assert.equal(
          (await readAll(topic.kafka, topic.topic)).length,
          2,
          'only the marker and the open record are there',
        );
        seen.push(...values);
      },
    });
    const records = await readAll(topic.kafka, topic.topic);
    assert.equal(seen.length, 1);
    assert.deepEqual(records[receipt!.offset]!.value, seen[0]);
    await producer.close();
  });

  test('whose beforePublish rejects publishes nothing and leaves no hole', async () => {
    const topic = await newTopic();
    const producer = topic.producer();
    await producer.start();
    await producer.send([wireEvent(0)], { alone: true });
    const refused = producer.send([wireEvent(-1)], {
      beforePublish: () => Promise.reject(new Error('the store is full')),
    });
    const next = producer.send([wireEvent(1)], { alone: true });
    await assert.rejects(refused, /the store is full/);
    await next;
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(numbersOf(judged.events), [0, 1]);
  });

  test('again of the same bytes by republish() is one duplicate to the judge', async () => {
    const topic = await newTopic({ partitions: 2 });
    const producer = topic.producer();
    await producer.start();
    let value: Buffer | undefined;
    const [first] = await producer.send([wireEvent(1), wireEvent(2)], {
      beforePublish: async ([signed]) => {
        value = signed;
      },
    });
    const again = await producer.republish(value!);
    assert.deepEqual({ ...again, offset: 0 }, { ...first!, offset: 0 });
    assert.equal(again.offset, first!.offset + 1);
    await producer.log(event(3));
    await producer.close();
    const judged = await topic.judged();
    assert.deepEqual(judged.findings, []);
    assert.equal(judged.duplicates, 1);
    assert.deepEqual(numbersOf(judged.events), [1, 2, 3]);
  });
});

describe('what Kafka refuses', () => {
  test('fails its events and no others, and the lane goes on without a hole', async () => {
    const topic = await newTopic({ settings: [{ name: 'max.message.bytes', value: '20000' }] });
    const producer = topic.producer({ compression: 'none' });
    await producer.start();
    await producer.log(event(0));
    const tooLarge = producer.log({ ...event(-1), details: 'x'.repeat(50_000) });
    await assert.rejects(tooLarge, { code: 'producer_refused', message: /MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/ });
    await producer.log(event(1));
    producer.enqueue({ ...event(-1), details: 'x'.repeat(50_000) });
    await assert.rejects(producer.flush(), { code: 'producer_refused' });
    await producer.flush();
    await producer.log(event(2));
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(numbersOf(judged.events), [0, 1, 2]);
  });

  test('with a spool is kept in a file, and shows as the gap that it is', async () => {
    const topic = await newTopic({ settings: [{ name: 'max.message.bytes', value: '20000' }] });
    const producer = topic.producer({ compression: 'none', spool: { folder: newFolder() } });
    await producer.start();
    await producer.log(event(0));
    await assert.rejects(producer.log({ ...event(-1), details: 'x'.repeat(50_000) }), { code: 'producer_refused' });
    await producer.log(event(1));
    await producer.close();
    const judged = await topic.judged();
    assert.deepEqual(numbersOf(judged.events), [0, 1]);
    assert.deepEqual(
      judged.findings.map(({ code }) => code),
      ['gap'],
    );
  });

  test('is an error of start() when there is no such topic', async () => {
    const topic = await newTopic();
    const producer = topic.producer({ topic: uniqueName('no.such', '.') });
    await assert.rejects(producer.start(), { code: 'kafka_topic' });
    assert.throws(() => producer.enqueue(event(1)), { code: 'kafka_topic' });
    await producer.close();
  });

  test('is an error of start() when there are more lanes than partitions', async () => {
    const topic = await newTopic({ partitions: 2 });
    const producer = topic.producer({ lanes: 3 });
    await assert.rejects(producer.start(), { code: 'producer_config', message: /lanes=3 but the topic has 2/ });
  });
});

describe('a full queue', () => {
  test('says so, keeps what it took, and takes more when there is room', async () => {
    const topic = await newTopic();
    const producer = topic.producer({ queue: { maxEvents: 10 } });
    const started = producer.start();
    for (const n of upTo(10)) producer.enqueue(event(n));
    assert.throws(() => producer.enqueue(event(-1)), { code: 'producer_overflow', retriable: true });
    await assert.rejects(producer.log(event(-1)), { code: 'producer_overflow' });
    await assert.rejects(producer.send([wireEvent(-1)]), { code: 'producer_overflow' });
    await started;
    await producer.flush();
    producer.enqueue(event(10));
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(numbersOf(judged.events), upTo(11));
  });

  test('without Kafka refuses, and close() says what was given up', async () => {
    const nowhere = kafkaAway();
    const topic = await newTopic();
    const producer = topic.producer({ kafka: nowhere, queue: { maxEvents: 2 }, closeTimeoutMs: 500 });
    producer.start().catch(() => {});
    producer.enqueue(event(0));
    const logged = producer.log(event(1));
    assert.throws(() => producer.enqueue(event(2)), { code: 'producer_overflow' });
    const [closing, waiting] = await Promise.allSettled([producer.close(), logged]);
    assert.equal((closing as PromiseRejectedResult).reason.code, 'producer_closed');
    assert.equal((waiting as PromiseRejectedResult).reason.code, 'producer_closed');
  });
});

describe('a producer with a spool', () => {
  test("links its epochs: each lane's first record names the last one before it", async () => {
    const topic = await newTopic({ partitions: 2 });
    const spool = { folder: newFolder() };
    for (const run of upTo(3)) {
      const producer = topic.producer({ lanes: 2, spool, batch: { lingerMs: 1 } });
      await producer.start();
      for (const n of upTo(40)) await producer.log(event(run * 40 + n));
      await producer.close();
    }
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(
      numbersOf(judged.events).sort((a, b) => a - b),
      upTo(120),
    );
    const opens = judged.records.filter(({ judged }) => judged.decoded!.header.kind === 'open');
    assert.equal(opens.length, 6);
    for (const { record, judged: open } of opens) {
      const before = judged.records.find(
        (other) => other.record.partition === record.partition && other.record.offset === record.offset - 1,
      );
      assert.deepEqual(open.decoded!.header.prev, before?.judged.decoded?.headerHash ?? Buffer.alloc(32));
    }
  });

  test('takes events while Kafka is away, and publishes them in order after a restart', async () => {
    const topic = await newTopic();
    const spool = { folder: newFolder() };
    const first = topic.producer({ spool });
    await first.start();
    await first.log(event(0));
    await first.close();

    const away = topic.producer({ spool, kafka: kafkaAway() });
    await away.start();
    const ids = upTo(2_000).map((n) => away.enqueue(event(n + 1)));
    const logged = away.log(event(2_001));
    await away.flush();
    const [, waiting] = await Promise.allSettled([away.close(), logged]);
    assert.match((waiting as PromiseRejectedResult).reason.message, /signed and on disk/);
    assert.equal((await topic.judged()).accepted.length, 1);

    const back = topic.producer({ spool });
    await back.start();
    await back.log(event(2_002));
    await back.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(numbersOf(judged.events), upTo(2_003));
    assert.deepEqual(judged.accepted.slice(1, 2_001), ids);
  });

  test('that is full says so, and loses nothing of what it took', async () => {
    const topic = await newTopic();
    const spool = { folder: newFolder(), maxBytes: 4_000_000 };
    const first = topic.producer({ spool });
    await first.start();
    await first.close();

    const away = topic.producer({ spool, kafka: kafkaAway() });
    await away.start();
    let taken = 0;
    assert.throws(
      () => {
        for (; taken < 100_000; taken += 1) away.enqueue({ ...event(taken), message: 'm'.repeat(1_000) });
      },
      { code: 'producer_overflow', message: /the spool is full .*spool\.maxBytes=4000000/ },
    );
    assert.ok(taken > 2_500, `${taken} events of 1.1 KB fit into 4 MB`);
    await away.flush();
    const onDisk = folderBytes(spool.folder);
    assert.ok(onDisk <= spool.maxBytes + 1_000, `${onDisk} bytes are on disk`);
    assert.throws(() => away.enqueue({ ...event(-1), details: 'x'.repeat(200_000) }), { code: 'producer_overflow' });
    await away.close();

    const back = topic.producer({ spool });
    await back.start();
    await back.flush();
    back.enqueue(event(taken));
    await back.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(numbersOf(judged.events), upTo(taken + 1));
  });

  test('publishes what a process with more lanes left', async () => {
    const topic = await newTopic({ partitions: 4 });
    const spool = { folder: newFolder() };
    const first = topic.producer({ spool, lanes: 4 });
    await first.start();
    await first.close();
    const away = topic.producer({ spool, lanes: 4, kafka: kafkaAway() });
    await away.start();
    for (const n of upTo(100)) away.enqueue(event(n), { laneKey: String(n) });
    await away.close();
    const back = topic.producer({ spool, lanes: 1 });
    await back.start();
    for (let tries = 0; tries < 50 && (await topic.judged()).accepted.length < 100; tries += 1) await sleep(100);
    await back.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(
      numbersOf(judged.events).sort((a, b) => a - b),
      upTo(100),
    );
  });

  test('that can no longer write to disk goes on through Kafka alone', async () => {
    const topic = await newTopic();
    const spool = { folder: newFolder(), maxBytes: 4_000_000 };
    const producer = topic.producer({ spool });
    await producer.start();
    rmSync(join(spool.folder, 'lane-00000'), { recursive: true });
    // The file that is open takes half a megabyte; the next one cannot be made.
    for (const n of upTo(20)) await producer.log({ ...event(n), after: 'x'.repeat(100_000) });
    await producer.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(numbersOf(judged.events), upTo(20));
  });

  test('refuses a second producer on its folder, naming the process', async () => {
    const topic = await newTopic();
    const spool = { folder: newFolder() };
    const first = topic.producer({ spool });
    await first.start();
    const second = topic.producer({ spool });
    await assert.rejects(second.start(), { code: 'spool_locked', message: new RegExp(`process ${process.pid}`) });
    await first.close();
  });
});

describe('AuditClient', () => {
  test('fills in organization and service, and publishes what it is given at once', async () => {
    const topic = await newTopic();
    const client = new AuditClient({
      brokers: stackFromEnv().kafkaBrokers,
      audience,
      producerId: topic.producerId,
      privateKey: topic.key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      topic: topic.topic,
      organizationId: 'acme',
      service: 'billing',
      log: silentLog,
    });
    const id = client.enqueue({ action: 'invoice.sent' });
    const logged = await client.log({ action: 'invoice.paid', organization_id: 'globex', service: 'bank' });
    client.enqueue({ action: 'config.changed', scope: 'system' });
    await client.flush();
    await client.close();
    const judged = await topic.judged();
    assertClean(judged);
    assert.deepEqual(judged.accepted.slice(0, 2), [id, logged.id]);
    assert.deepEqual(
      judged.events.map(({ body }) => [body.scope, body.organization_id, body.service]),
      [
        ['organization', 'acme', 'billing'],
        ['organization', 'globex', 'bank'],
        ['system', '', 'billing'],
      ],
    );
  });
});
