import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { ClickHouseClient } from '@clickhouse/client';
import { eventually, PASSWORD, sleep, startFront, type TestFront, USER } from '../support/clickhouse-front.js';

/** Computes for longer than any test waits. */
const ENDLESS = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1 SETTINGS max_threads = 1';

describe('several queries at once on the front', () => {
  let front: TestFront;
  let client: ClickHouseClient;

  before(async () => {
    front = await startFront();
    client = front.client({ max_open_connections: 50 });
    await client.command({ query: 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a' });
  });
  after(() => front.remove());

  const one = async <T>(query: string, options: object = {}): Promise<T> => {
    const [row] = await (await client.query({ query, format: 'JSONEachRow', ...options })).json<T>();
    return row as T;
  };
  const runs = async (queryId: string): Promise<boolean> => {
    const query = "SELECT count() AS n FROM system.processes WHERE endsWith(Settings['log_comment'], {id:String})";
    return (await one<{ n: number }>(query, { query_params: { id: `query_id=${queryId}` } })).n > 0;
  };

  test('parameters and settings of one never reach another', async () => {
    const query = "SELECT {x:UInt32} AS x, {s:String} AS s, toUInt32(getSetting('max_block_size')) AS n, sleep(0.01)";
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, x) =>
        one<{ x: number; s: string; n: number }>(query, {
          query_params: { x, s: `value ${x}` },
          clickhouse_settings: { max_block_size: String(1000 + x) },
        }),
      ),
    );
    answers.forEach(({ x, s, n }, index) => {
      assert.deepEqual({ x, s, n }, { x: index, s: `value ${index}`, n: 1000 + index });
    });
  });

  test('a query that computes does not hold up a small one or an insert', async () => {
    const abort = new AbortController();
    const endless = client.query({ query: ENDLESS, abort_signal: abort.signal, query_id: 'slow one' });
    endless.catch(() => {});
    await eventually('the long query runs', () => runs('slow one'));
    for (let a = 0; a < 20; a++) {
      assert.deepEqual(await one('SELECT 1 AS one'), { one: 1 });
      await client.insert({ table: 't', values: [{ a }], format: 'JSONEachRow' });
    }
    assert.ok(await runs('slow one'));
    abort.abort();
    await assert.rejects(endless);
    await eventually('the long query has been killed', async () => !(await runs('slow one')));
  });

  test('a client that goes away while rows come ends its query', async () => {
    const call = request(`${front.url}/?query_id=left+alone`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': USER, 'X-ClickHouse-Key': PASSWORD },
      agent: false,
    });
    call.on('error', () => {});
    call.end('SELECT number FROM numbers(1000000000000) FORMAT RowBinary');
    await new Promise<void>((resolve) => call.on('response', (response) => response.once('data', () => resolve())));
    assert.ok(await runs('left alone'));
    call.destroy();
    await eventually('the query has been killed', async () => !(await runs('left alone')));
  });

  test('of data whose sender goes away in the middle nothing is inserted', async () => {
    await client.command({ query: 'CREATE TABLE halves (a UInt64) ENGINE = MergeTree ORDER BY a' });
    const call = request(`${front.url}/?query=INSERT+INTO+halves+FORMAT+CSV`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': USER, 'X-ClickHouse-Key': PASSWORD },
      agent: false,
    });
    call.on('error', () => {});
    for (let piece = 0; piece < 20; piece++) call.write('1\n2\n3\n'.repeat(10_000));
    await sleep(300);
    call.destroy();
    await sleep(300);
    assert.deepEqual(await one('SELECT count() AS n FROM halves'), { n: 0 });
  });

  test('an INSERT … SELECT ends with its client too', async () => {
    const abort = new AbortController();
    const insert = 'INSERT INTO t SELECT number FROM numbers(1000000000000) WHERE sipHash64(number) = 1';
    const inserting = client.command({ query: insert, query_id: 'long insert', abort_signal: abort.signal });
    inserting.catch(() => {});
    await eventually('the insert runs', () => runs('long insert'));
    abort.abort();
    await assert.rejects(inserting);
    await eventually('the insert has been killed', async () => !(await runs('long insert')));
  });

  test('KILL QUERY finds a query by the id that its client gave', async () => {
    const endless = client.query({ query: ENDLESS, query_id: "it's mine" });
    endless.catch(() => {});
    await eventually('the query runs', () => runs("it's mine"));
    await client.command({ query: 'KILL QUERY WHERE query_id = {id:String} SYNC', query_params: { id: "it's mine" } });
    await assert.rejects(endless, { code: '394', type: 'QUERY_WAS_CANCELLED' });
    assert.equal(await runs("it's mine"), false);
  });

  test('a query id that is in use is refused', async () => {
    const abort = new AbortController();
    const endless = client.query({ query: ENDLESS, query_id: 'twice', abort_signal: abort.signal });
    endless.catch(() => {});
    await eventually('the query runs', () => runs('twice'));
    await assert.rejects(client.query({ query: 'SELECT 1', query_id: 'twice' }), {
      code: '216',
      type: 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
    });
    abort.abort();
    await assert.rejects(endless);
    await eventually('the id is free again', async () =>
      client.command({ query: 'SELECT 1', query_id: 'twice' }).then(
        () => true,
        () => false,
      ),
    );
  });

  test('a session serves one request at a time', async () => {
    const first = client.query({ query: 'SELECT sleep(1)', session_id: 'busy', format: 'JSONEachRow' });
    await sleep(300);
    await assert.rejects(client.query({ query: 'SELECT 1', session_id: 'busy' }), { code: '373' });
    await (await first).text();
    assert.equal(
      await (await client.query({ query: 'SELECT 1', session_id: 'busy', format: 'TabSeparated' })).text(),
      '1\n',
    );
  });

  test('a result that nobody reads waits, and takes no memory', async () => {
    const resident = (): number =>
      Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${front.pid}/status`, 'utf8'))?.[1]);
    const before = resident();
    const query = 'SELECT number, repeat(toString(number), 20) FROM numbers(100000000) FORMAT TSV';
    const result = await client.exec({ query, query_id: 'unread' });
    result.stream.pause();
    await sleep(1_500);
    assert.ok(await runs('unread'), 'the query waits for its reader');
    assert.ok(resident() - before < 150_000, `from ${before} to ${resident()} kB`);
    result.stream.destroy();
    await eventually('the query has been killed', async () => !(await runs('unread')));
  });

  test('more queries than run at once wait for their turn, and are all answered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        one<{ n: number }>('SELECT {n:UInt8} AS n, sleep(0.1)', { query_params: { n } }),
      ),
    );
    assert.deepEqual(
      answers.map(({ n }) => n),
      Array.from({ length: 60 }, (_, n) => n),
    );
  });
});
