import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBlocks, type TableBlock } from '../../services/consumer/blocks/index.js';
import { AssignmentLost, InsertFailed } from '../../services/consumer/errors.js';
import { createSink, type Sink } from '../../services/consumer/sink.js';
import { sha256 } from '../../services/core/seal/index.js';
import { testPartition, testProducer, testRegistry } from '../support/judging.js';
import { createTestDatabase, type TestDatabase } from '../support/stack.js';

const eventsPerBlock = 40_000;

/** Rows of 80 records, some twenty megabytes, more than a socket takes at once. */
function someEvents(): TableBlock {
  const registry = testRegistry();
  const producer = testProducer();
  registry.register(producer.key, 'shop');
  const partition = testPartition(registry);
  partition.mark();
  partition.write(producer.open());
  const blocks = createBlocks();
  blocks.reset(randomBytes(16));
  for (let offset = 2; offset < 2 + eventsPerBlock / 500; offset += 1) {
    const value = producer.data(500);
    const judged = partition.write(value);
    blocks.append({
      record: { partition: 0, offset, appendTimeMs: Date.now(), value },
      valueHash: sha256(value),
      judged,
    });
  }
  return blocks.events;
}

describe('the sink', () => {
  const block = someEvents();
  const permit = () => {};
  let database: TestDatabase;
  let sink: Sink;

  before(async () => {
    database = await createTestDatabase();
    sink = createSink({ url: new URL(database.clickhouseUrl), database: database.database, timeoutMs: 10_000 });
  });
  after(async () => {
    sink.close();
    await database.remove();
  });
  const rows = async (): Promise<number> => {
    const answer = await database.clickhouse.query({
      query: 'SELECT count() AS rows FROM events',
      format: 'JSONEachRow',
    });
    return Number((await answer.json<{ rows: string }>())[0]!.rows);
  };

  test('a block that may not be finished is not inserted, though all but its last byte was sent', async () => {
    const lost = new AssignmentLost('put out');
    const refuse = () => {
      throw lost;
    };
    await assert.rejects(sink.insert({ table: 'events', block, token: 'refused', permit: refuse }), lost);
    await sleep(300);
    assert.equal(await rows(), 0);
  });

  test('a block is there once, however often it comes under its token, one after the other or at the same time', async () => {
    const insertion = { table: 'events', block, token: 'a', permit } as const;
    await sink.insert(insertion);
    assert.equal(await rows(), eventsPerBlock);
    await Promise.all([sink.insert(insertion), sink.insert(insertion)]);
    assert.equal(await rows(), eventsPerBlock);
    const other = { ...insertion, token: 'b' };
    await Promise.all([sink.insert(other), sink.insert(other), sink.insert(other)]);
    assert.equal(await rows(), 2 * eventsPerBlock);
  });

  test("a refusal says ClickHouse's code and no password", async () => {
    const elsewhere = createSink({ url: new URL(database.clickhouseUrl), database: 'nowhere', timeoutMs: 10_000 });
    await assert.rejects(elsewhere.insert({ table: 'events', block, token: 'c', permit }), (error) => {
      assert.ok(error instanceof InsertFailed);
      assert.equal(error.retriable, true);
      assert.match(error.message, /refused a block for events \(HTTP 404, code 81\)/);
      assert.ok(!error.message.includes(new URL(database.clickhouseUrl).password));
      return true;
    });
    elsewhere.close();
  });

  test('a ClickHouse that is away is an InsertFailed too', async () => {
    const away = createSink({ url: new URL('http://user:secret@127.0.0.1:9'), database: 'x', timeoutMs: 1_000 });
    await assert.rejects(away.insert({ table: 'events', block, token: 'd', permit }), (error) => {
      assert.ok(error instanceof InsertFailed);
      assert.match(error.message, /inserting into events at 127\.0\.0\.1:9 failed: .*ECONNREFUSED/);
      return true;
    });
    away.close();
  });
});
