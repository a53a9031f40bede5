import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureTopics, eventsTopic } from '../../infra/kafka/topics.js';
import { decodeMetadata, encodeMetadata } from '../../services/consumer/intent.js';
import { healthParts } from '../../services/consumer/service.js';
import { createHealth } from '../../services/core/health.js';
import {
  createDeliveryWorld,
  type DeliveryWorld,
  startTestConsumer,
  type TestConsumer,
} from '../support/delivering.js';
import { newKey, testProducer } from '../support/judging.js';

async function deliverAll(world: DeliveryWorld): Promise<void> {
  const consumer = await startTestConsumer(world.config);
  try {
    await world.delivered({ consumer });
  } finally {
    await consumer.stop();
  }
}

/** Two partitions; the first ten records and more of partition 0 are delivered, and the consumer has left. */
async function createDeliveredWorld(t: TestContext) {
  const world = await createDeliveryWorld({ partitions: 2 });
  t.after(world.remove);
  const key = await world.register('shop');
  const lanes = [0, 1].map((partition) => testProducer({ key, partition, lane: partition }));
  await world.publish(0, [lanes[0]!.open(), ...Array.from({ length: 9 }, () => lanes[0]!.data(2))]);
  await world.publish(1, [lanes[1]!.open()]);
  await deliverAll(world);
  const start = async (): Promise<TestConsumer> => {
    const started = await startTestConsumer(world.config);
    t.after(started.stop);
    return started;
  };
  return { world, lanes, start };
}

const withAdmin = async <T>(
  { kafka }: DeliveryWorld,
  work: (admin: ReturnType<typeof kafka.admin>) => Promise<T>,
): Promise<T> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

const committed = (world: DeliveryWorld, partition: number): Promise<{ offset: string; metadata: string | null }> =>
  withAdmin(world, async (admin) => {
    const [topic] = await admin.fetchOffsets({ groupId: world.config.groupId, topics: [world.topics.events] });
    return topic!.partitions.find((entry) => entry.partition === partition)!;
  });
const groupOffset = async (world: DeliveryWorld, partition: number): Promise<number> =>
  Number((await committed(world, partition)).offset);
const groupMetadata = async (world: DeliveryWorld, partition: number): Promise<string> =>
  (await committed(world, partition)).metadata ?? '';

/** Partition 0 as if all its records had been begun in one range and not finished; the last of them. */
async function forgetDone(world: DeliveryWorld, clear: string): Promise<number> {
  const [done] = await world.rows<{ last: number; hash: string }>(
    `SELECT max(offset) AS last,
       lower(hex(SHA256(unhex(arrayStringConcat(arrayMap(row -> hex(row.2), arraySort(groupArray((offset, value_hash))))))))) AS hash
     FROM batches WHERE partition = 0`,
  );
  const last = Number(done!.last);
  await world.clickhouse.command({ query: clear });
  const intent = { last, digest: done!.hash };
  await commit(world, 0, 0, encodeMetadata({ incarnation: world.incarnation.toString('hex'), generation: 0, intent }));
  return last;
}

/** Partition 0 is delivered in one range, so that ClickHouse remembers the token of just that; the consumer has left. */
async function createOneRangeWorld(t: TestContext) {
  const delivered = await createDeliveredWorld(t);
  const { world } = delivered;
  for (const table of ['events', 'quarantine']) await world.clickhouse.command({ query: `TRUNCATE TABLE ${table}` });
  await forgetDone(world, 'TRUNCATE TABLE batches');
  await commit(world, 1, 0, '');
  await deliverAll(world);
  return delivered;
}

const forgetBatches = 'DELETE FROM batches WHERE partition = 0';

/** Commits as a member of the group, which nobody else is in. */
async function commit(
  { kafka, config }: DeliveryWorld,
  partition: number,
  offset: number,
  metadata: string,
): Promise<void> {
  const consumer = kafka.consumer({ groupId: config.groupId, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic: config.topics.events });
  const joined = new Promise<void>((resolve) => void consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
  await joined;
  await consumer.commitOffsets([{ topic: config.topics.events, partition, offset: String(offset), metadata }]);
  await consumer.disconnect();
}

/** The consumer says that partition 0 stands still for this reason, and goes on with partition 1. */
async function assertStandsStill(
  world: DeliveryWorld,
  consumer: TestConsumer,
  lane: ReturnType<typeof testProducer>,
  code: string,
) {
  const delivery = () => consumer.health.report().parts.delivery!;
  for (let waited = 0; delivery().ready && waited < 10_000; waited += 50) await sleep(50);
  assert.match(delivery().detail, new RegExp(`^partition 0 stands still: ${code}: `));
  assert.match(await consumer.metrics(), new RegExp(`consumer_partition_stopped\\{[^}]*code="${code}"[^}]*\\} 1`));
  const offset = await world.publish(1, [lane.data(1)]);
  for (let waited = 0; waited < 10_000; waited += 50) {
    const [row] = await world.rows<{ rows: number }>(
      'SELECT count() AS rows FROM batches WHERE partition = 1 AND offset = {offset:UInt64}',
      { offset },
    );
    if (row!.rows === 1) return;
    await sleep(50);
  }
  assert.fail('partition 1 stands still too');
}

describe('a partition whose delivery does not fit together stands still, and only that partition', {
  concurrency: 3,
}, () => {
  test('records that Kafka deleted before they were stored', async (t) => {
    const { world, lanes, start } = await createDeliveredWorld(t);
    const next = (await groupOffset(world, 0)) + 3;
    await world.publish(
      0,
      Array.from({ length: 5 }, () => lanes[0]!.data(1)),
    );
    const { events: topic } = world.topics;
    await withAdmin(world, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(next) }] });
    });
    await assertStandsStill(world, await start(), lanes[1]!, 'range_gone');
  });

  test('rows above the position that no intent covers', async (t) => {
    const { world, lanes, start } = await createDeliveredWorld(t);
    const offset = await groupOffset(world, 0);
    await world.clickhouse.command({
      query: `INSERT INTO events SELECT * REPLACE ({offset:UInt64} AS offset) FROM events WHERE partition = 0 LIMIT 1`,
      query_params: { offset },
    });
    await assertStandsStill(world, await start(), lanes[1]!, 'rows_without_intent');
  });

  test('rows missing below the position', async (t) => {
    const { world, lanes, start } = await createDeliveredWorld(t);
    const offset = await groupOffset(world, 0);
    await world.clickhouse.command({
      query: 'DELETE FROM batches WHERE partition = 0 AND offset >= {offset:UInt64}',
      query_params: { offset: offset - 2 },
    });
    await assertStandsStill(world, await start(), lanes[1]!, 'rows_missing');
  });

  test('other records under the intended offsets', async (t) => {
    const { world, lanes, start } = await createDeliveredWorld(t);
    const first = await world.publish(0, [lanes[0]!.data(1), lanes[0]!.data(1)]);
    const intent = { last: first + 1, digest: 'ab'.repeat(32) };
    await commit(
      world,
      0,
      first,
      encodeMetadata({ incarnation: world.incarnation.toString('hex'), generation: 0, intent }),
    );
    await assertStandsStill(world, await start(), lanes[1]!, 'digest_differs');
  });

  test("another program's metadata in the group", async (t) => {
    const { world, lanes, start } = await createDeliveredWorld(t);
    await commit(world, 0, await groupOffset(world, 0), 'connector-7');
    await assertStandsStill(world, await start(), lanes[1]!, 'intent_unreadable');
  });

  test('a token that ClickHouse remembers, of rows that are there in part', async (t) => {
    const { world, lanes, start } = await createOneRangeWorld(t);
    await forgetDone(world, forgetBatches);
    await world.clickhouse.command({ query: 'DELETE FROM events WHERE partition = 0 AND offset = 3' });
    await assertStandsStill(world, await start(), lanes[1]!, 'token_remembered');
    const [stored] = await world.rows<{ rows: string }>('SELECT count() AS rows FROM batches WHERE partition = 0');
    assert.equal(Number(stored!.rows), 0, 'nothing that is written after the events');
  });
});

describe('a token that ClickHouse remembers without any of its rows, as when it is killed between the two', () => {
  for (const tables of [['events', 'batches'], ['batches']]) {
    test(`is replaced, and ${tables.join(' and ')} written once`, async (t) => {
      const { world, start } = await createOneRangeWorld(t);
      const what = `SELECT (SELECT groupArray(row) FROM (SELECT (offset, idx, id) AS row FROM events WHERE partition = 0 ORDER BY row)) AS events,
        (SELECT groupArray(row) FROM (SELECT (offset, value_hash) AS row FROM batches WHERE partition = 0 ORDER BY row)) AS batches`;
      const before = await world.rows(what);
      const last = await forgetDone(world, forgetBatches);
      for (const table of tables) {
        await world.clickhouse.command({ query: `DELETE FROM ${table} WHERE partition = 0` });
      }
      const consumer = await start();
      await world.delivered().catch((error: Error) => {
        throw new Error(`${error.message}: ${consumer.health.report().parts.delivery!.detail}`);
      });
      assert.deepEqual(await world.rows(what), before);
      for (let looks = 0; looks < 100 && (await groupOffset(world, 0)) <= last; looks += 1) await sleep(50);
      const { generation, intent } = decodeMetadata(await groupMetadata(world, 0));
      assert.deepEqual({ generation, intent }, { generation: 1, intent: undefined });
    });
  }
});

describe('a topic that was deleted and made again', { concurrency: 3 }, () => {
  const makeAgain = async (world: DeliveryWorld): Promise<void> => {
    const { events: topic } = world.topics;
    await withAdmin(world, async (admin) => {
      await admin.deleteTopics({ topics: [topic] });
      for (;;) {
        await sleep(200);
        const made = await ensureTopics({ admin, topics: [eventsTopic({ topic, partitions: 2 })] }).catch(() => []);
        if (made[0]?.created) return;
      }
    });
  };

  test('is not taken for what it was, even where the group still has its offset', async (t) => {
    const { world, start } = await createDeliveredWorld(t);
    const offset = await groupOffset(world, 0);
    await makeAgain(world);
    const lanes = [0, 1].map((partition) => testProducer({ key: newKey(), partition, lane: partition }));
    await world.publish(
      0,
      Array.from({ length: offset + 5 }, () => lanes[0]!.data(1)),
    );
    await world.publish(
      1,
      Array.from({ length: 5 }, () => lanes[1]!.data(1)),
    );
    await commit(world, 0, offset, encodeMetadata({ incarnation: world.incarnation.toString('hex'), generation: 0 }));
    const consumer = await start();
    const delivery = () => consumer.health.report().parts.delivery!;
    for (let waited = 0; !delivery().detail.includes('partition 0') && waited < 10_000; waited += 50) await sleep(50);
    assert.match(delivery().detail, /partition 0 stands still: topic_recreated: the record at offset \d+ has hash/);
    assert.match(
      delivery().detail,
      /partition 1 stands still: rows_without_intent: .* the topic was deleted and made again/,
    );
  });

  test('is delivered from its beginning once the registry names its incarnation', async (t) => {
    const { world, start } = await createDeliveredWorld(t);
    const before = world.incarnation;
    await makeAgain(world);
    await world.nameIncarnation();
    const key = await world.register('shop-2');
    const lane = testProducer({ key, producerId: 'shop-2' });
    await world.publish(0, [lane.open(), lane.data(3)]);
    await start();
    await world.delivered();
    const rows = await world.rows<{ incarnation: string; events: number }>(
      'SELECT lower(hex(incarnation)) AS incarnation, count() AS events FROM events GROUP BY incarnation ORDER BY events DESC',
    );
    assert.deepEqual(rows, [
      { incarnation: before.toString('hex'), events: 18 },
      { incarnation: world.incarnation.toString('hex'), events: 3 },
    ]);
  });
});

describe('a consumer at start', () => {
  test('waits for ClickHouse and says so', async (t) => {
    const { config, remove } = await createDeliveryWorld();
    t.after(remove);
    const health = createHealth([...healthParts]);
    const abort = new AbortController();
    const started = startTestConsumer(
      { ...config, clickhouseUrl: 'http://user:secret@127.0.0.1:9' },
      { health, signal: abort.signal },
    );
    for (let waited = 0; health.report().parts.clickhouse!.detail === 'not reached yet' && waited < 5_000; waited += 20)
      await sleep(20);
    assert.deepEqual(health.report().ready, false);
    assert.match(health.report().parts.clickhouse!.detail, /ECONNREFUSED/);
    assert.doesNotMatch(JSON.stringify(health.report()), /secret/);
    abort.abort();
    await assert.rejects(started);
  });

  test('waits for the registry to name the topic, and begins when it does', async (t) => {
    const world = await createDeliveryWorld({ named: false });
    t.after(world.remove);
    const health = createHealth([...healthParts]);
    const started = startTestConsumer(world.config, { health });
    for (let waited = 0; health.report().parts.registry!.detail === 'not reached yet' && waited < 5_000; waited += 20)
      await sleep(20);
    assert.match(health.report().parts.registry!.detail, /names no incarnation/);
    await world.nameIncarnation();
    const consumer = await started;
    t.after(consumer.stop);
    await world.delivered();
    for (let waited = 0; !health.report().ready && waited < 5_000; waited += 20) await sleep(20);
    assert.equal(health.report().ready, true);
  });
});
