import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { encodeIngestCursor, type IngestCursor } from '../../services/core/cursor/index.js';
import { createMetrics } from '../../services/core/metrics.js';
import type { EventRow } from '../../services/core/rows/index.js';
import { readFilter, readParameters } from '../../services/gateway/query/filter.js';
import { createHistory, type History } from '../../services/gateway/query/history.js';
import { createQueryMetrics } from '../../services/gateway/query/metrics.js';
import { createRecords } from '../../services/gateway/query/records.js';
import { createEventsTable } from '../../services/gateway/query/scope.js';
import { createTestDatabase, type TestDatabase } from '../support/stack.js';
import { createStoredLog } from '../support/stored-log.js';

const partitions = 20;
const scope = { kind: 'organizations', organizations: '*' } as const;
const filterOf = (given: Record<string, unknown>) => readFilter(readParameters(given), { nowMs: 0 });

describe('history in ingest order', () => {
  let db: TestDatabase;
  let first: ReturnType<typeof createStoredLog>;
  let second: ReturnType<typeof createStoredLog>;
  let history: History;
  const sent = { first: 0, second: 0 };

  /** Many partitions, one of them with most of the events, and a needle in it. */
  const fill = async (log: ReturnType<typeof createStoredLog>): Promise<number> => {
    let count = 0;
    for (let partition = 0; partition < partitions; partition += 1) {
      const records = partition === 0 ? 120 : 2;
      for (let record = 0; record < records; record += 1) {
        const service = partition === 0 && record === 110 ? 'needle' : 'hay';
        log.record(
          Array.from({ length: 3 }, () => ({ service, message: `m${count++}` })),
          { partition },
        );
      }
    }
    await log.store();
    return count;
  };

  const readAll = async (start: IngestCursor, query: { limit: number; filter?: Record<string, unknown> }) => {
    const rows: EventRow[] = [];
    let cursor = start;
    let pages = 0;
    for (; ; pages += 1) {
      const page = await history.page({ scope, filter: filterOf(query.filter ?? {}), cursor, limit: query.limit });
      assert.ok(page.rows.length <= query.limit);
      rows.push(...page.rows);
      cursor = page.cursor;
      if (page.caughtUp) return { rows, cursor, pages };
    }
  };
  const placeOf = ({ incarnation, partition, offset, idx }: EventRow): string =>
    [incarnation.toString('hex'), partition, offset, idx].join('/');

  before(async () => {
    db = await createTestDatabase();
    first = createStoredLog(db.clickhouse, { partitions });
    sent.first = await fill(first);
    second = createStoredLog(db.clickhouse, { partitions });
    sent.second = await fill(second);
    // What came into the second life came later, as Kafka's append time says.
    for (const table of ['events', 'batches']) {
      await db.clickhouse.command({
        query: `CREATE TABLE moved AS ${table}`,
      });
      await db.clickhouse.command({
        query: `INSERT INTO moved SELECT * REPLACE(append_time + INTERVAL 1 HOUR AS append_time) FROM ${table}
          WHERE incarnation = unhex({id:String})`,
        query_params: { id: second.incarnation.toString('hex') },
      });
      await db.clickhouse.command({
        query: `ALTER TABLE ${table} DELETE WHERE incarnation = unhex({id:String})`,
        query_params: { id: second.incarnation.toString('hex') },
        clickhouse_settings: { mutations_sync: '2' },
      });
      await db.clickhouse.command({ query: `INSERT INTO ${table} SELECT * FROM moved` });
      await db.clickhouse.command({ query: 'DROP TABLE moved SYNC' });
    }
    const table = createEventsTable({ ...db, metrics: createQueryMetrics(createMetrics('test', { process: false })) });
    history = createHistory({ table, records: createRecords(db), incarnation: () => second.incarnation });
  });
  after(() => db.remove());

  test('gives every event of a topic and of the one that came before it, once', async () => {
    for (const limit of [1_000, 61]) {
      const { rows } = await readAll(await history.start('beginning', 'since'), { limit });
      assert.equal(rows.length, sent.first + sent.second);
      assert.equal(new Set(rows.map(placeOf)).size, rows.length);
      assert.ok(rows.slice(0, sent.first).every(({ incarnation }) => incarnation.equals(first.incarnation)));
    }
  });

  test('is ascending within a page, and within a partition over all pages', async () => {
    const start = await history.start('beginning', 'since');
    const page = await history.page({ scope, filter: filterOf({}), cursor: start, limit: 500 });
    const order = page.rows.map(({ partition, offset, idx }) => (partition * 1e6 + offset) * 1e4 + idx);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    const { rows } = await readAll(start, { limit: 120 });
    const last = new Map<string, number>();
    for (const { incarnation, partition, offset, idx } of rows) {
      const key = `${incarnation.toString('hex')}/${partition}`;
      assert.ok(offset * 1e4 + idx > (last.get(key) ?? -1));
      last.set(key, offset * 1e4 + idx);
    }
  });

  test('lets no full partition starve the others', async () => {
    const start = await history.start('beginning', 'since');
    const { rows } = await history.page({ scope, filter: filterOf({}), cursor: start, limit: 160 });
    assert.ok(new Set(rows.map(({ partition }) => partition)).size >= 16);
  });

  test('finds what few events match without a page for every thousand that do not', async () => {
    const start = { incarnation: second.incarnation, positions: new Map() };
    const { rows, pages } = await readAll(start, { limit: 10, filter: { request_id: 'nobody' } });
    assert.deepEqual([rows.length, pages < 5], [0, true]);
  });

  test('goes on behind the last event that was stored when more is stored', async () => {
    const { cursor } = await readAll(await history.start('beginning', 'since'), { limit: 1_000 });
    assert.equal(encodeIngestCursor(await history.start('now', 'since')), encodeIngestCursor(cursor));
    second.record([{ message: 'more' }], { partition: 7 });
    await second.store();
    const { rows } = await readAll(cursor, { limit: 1_000 });
    assert.deepEqual(
      rows.map(({ partition, message }) => [partition, message]),
      [[7, 'more']],
    );
  });

  test('gives nothing of a record whose row in batches is not there yet', async () => {
    const cursor = await history.start('now', 'since');
    second.record([{ message: 'half' }], { partition: 9 });
    await second.store({ only: ['events'] });
    assert.deepEqual((await readAll(cursor, { limit: 10 })).rows, []);
    await second.store();
    assert.deepEqual(
      (await readAll(cursor, { limit: 10 })).rows.map(({ message }) => message),
      ['half'],
    );
  });

  test('refuses the cursor of another log', async () => {
    const stranger = encodeIngestCursor({ incarnation: randomBytes(16), positions: new Map() });
    await assert.rejects(history.start(stranger, 'since'), /since: was made for another log/);
  });
});
