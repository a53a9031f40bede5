import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import type { ClickHouseClient } from '@clickhouse/client';
import { ClickHouseError } from '@clickhouse/client';
import { startFront, type TestFront } from '../support/clickhouse-front.js';

describe('an unmodified @clickhouse/client on the front', () => {
  let front: TestFront;
  let client: ClickHouseClient;

  before(async () => {
    front = await startFront();
    client = front.client();
  });
  after(() => front.remove());

  const rows = async <T>(query: string, options: object = {}): Promise<T[]> =>
    (await client.query({ query, format: 'JSONEachRow', ...options })).json<T>();

  test('pings, with and without a query', async () => {
    assert.equal((await client.ping()).success, true);
    assert.equal((await client.ping({ select: true })).success, true);
  });

  test('creates a table, inserts rows of objects and reads them back', async () => {
    await client.command({ query: 'CREATE TABLE people (id UInt32, name String) ENGINE = MergeTree ORDER BY id' });
    const values = [
      { id: 1, name: 'Ada' },
      { id: 2, name: "O'Brien; -- ' \\ \n 日本" },
    ];
    const { summary } = await client.insert({ table: 'people', values, format: 'JSONEachRow' });
    assert.equal(summary?.written_rows, '2');
    assert.deepEqual(await rows('SELECT * FROM people ORDER BY id'), values);
  });

  test('inserts some columns, from a stream of rows', async () => {
    await client.command({
      query: "CREATE TABLE some (a UInt32, b String DEFAULT concat('b', toString(a))) ENGINE = MergeTree ORDER BY a",
    });
    const values = Readable.from(
      Array.from({ length: 10_000 }, (_, a) => ({ a })),
      { objectMode: true },
    );
    await client.insert({ table: 'some', columns: ['a'], values, format: 'JSONEachRow' });
    assert.deepEqual(await rows("SELECT count() AS n, sum(a) AS s, any(b) LIKE 'b%' AS d FROM some"), [
      { n: 10_000, s: 49_995_000, d: 1 },
    ]);
  });

  for (const format of [
    'Native',
    'RowBinary',
    'RowBinaryWithNamesAndTypes',
    'Parquet',
    'Arrow',
    'CSV',
    'CSVWithNames',
    'TabSeparated',
    'JSONCompactEachRow',
    'MsgPack',
    'Values',
  ]) {
    test(`takes ${format} in as it gives it out`, async () => {
      const table = `round_${format}`;
      await client.command({
        query: `CREATE TABLE ${table} (id UInt64, s String, n Nullable(Int32), a Array(String)) ENGINE = MergeTree ORDER BY id`,
      });
      const source =
        "SELECT number AS id, repeat('x;\\n', number % 5) AS s, number % 3 = 0 ? NULL : toInt32(number) AS n, [toString(number), '\\''] AS a FROM numbers(5000)";
      const bytes = await bytesOf((await client.exec({ query: `${source} FORMAT ${format}` })).stream);
      const { stream } = await client.exec({
        query: `INSERT INTO ${table} FORMAT ${format}`,
        values: Readable.from([bytes]),
      });
      await bytesOf(stream);
      const [{ difference } = {}] = await rows<{ difference: number }>(
        `SELECT count() AS difference FROM (SELECT * FROM ${table} EXCEPT ${source})`,
      );
      assert.equal(difference, 0);
      assert.deepEqual(await rows(`SELECT count() AS n FROM ${table}`), [{ n: 5000 }]);
    });
  }

  test('inserts values that hold semicolons, comments and expressions', async () => {
    await client.command({ query: 'CREATE TABLE vals (id UInt32, s String) ENGINE = MergeTree ORDER BY id' });
    await client.command({
      query:
        "INSERT INTO vals (id, s) VALUES (1, 'a;b'), (2, '-- no comment'), (1 + 2, concat('x', 'y')), ({four:UInt32}, {s:String})",
      query_params: { four: 4, s: 'p;q' },
    });
    assert.deepEqual(await rows('SELECT * FROM vals ORDER BY id'), [
      { id: 1, s: 'a;b' },
      { id: 2, s: '-- no comment' },
      { id: 3, s: 'xy' },
      { id: 4, s: 'p;q' },
    ]);
  });

  test('runs INSERT … SELECT, and INSERT … SELECT from input()', async () => {
    await client.command({ query: 'CREATE TABLE sel (id UInt32, s String) ENGINE = MergeTree ORDER BY id' });
    await client.command({ query: "INSERT INTO sel SELECT number, 'n' FROM numbers(100)" });
    const values = Readable.from([Buffer.from('{"id":1,"s":"one"}\n{"id":2,"s":"two"}\n')]);
    const { stream } = await client.exec({
      query: "INSERT INTO sel SELECT id + 1000, upper(s) FROM input('id UInt32, s String') FORMAT JSONEachRow",
      values,
    });
    await bytesOf(stream);
    assert.deepEqual(
      await rows('SELECT count() AS n, groupArray(s) AS s FROM (SELECT * FROM sel ORDER BY id) WHERE id > 1000'),
      [{ n: 2, s: ['ONE', 'TWO'] }],
    );
    assert.deepEqual(await rows('SELECT count() AS n FROM sel WHERE id < 1000'), [{ n: 100 }]);
  });

  test('binds parameters of many types on the server', async () => {
    const values = {
      u8: 255,
      i64: '-9223372036854775808',
      u256: '115792089237316195423570985008687907853269984665640564039457584007913129639935',
      f: 0.1,
      b: true,
      s: "'; DROP TABLE people; -- \\ \t\n\r\0 ünï",
      empty: '',
      none: null,
      date: new Date('2024-02-29T12:34:56.789Z'),
      id: '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
      list: ['a', "b'", 'c\n'],
      nested: [[1, 2], [], [3]],
      map: { k: "v'", 'k 2': '' },
      ip: '2001:db8::1',
      e: 'two',
    };
    const query_params = { ...values, column: 'name', table: 'people' };
    const [row] = await rows(
      `SELECT {u8:UInt8} AS u8, toString({i64:Int64}) AS i64, toString({u256:UInt256}) AS u256, {f:Float64} AS f, {b:Bool} AS b,
        {s:String} AS s, {empty:String} AS empty, {none:Nullable(String)} AS none, {date:DateTime64(3, 'UTC')} AS date, {id:UUID} AS id,
        {list:Array(String)} AS list, {nested:Array(Array(UInt8))} AS nested, {map:Map(String, String)} AS map, {ip:IPv6} AS ip,
        {e:Enum8('one' = 1, 'two' = 2)} AS e, (SELECT min({column:Identifier}) FROM {table:Identifier}) AS name`,
      { query_params },
    );
    assert.deepEqual(row, { ...values, date: '2024-02-29 12:34:56.789', name: 'Ada' });
  });

  test('takes parameters too long for a URL as a form', async () => {
    const long = 'x'.repeat(200_000);
    const result = await client.query({
      query: 'SELECT length({long:String}) AS n',
      query_params: { long },
      format: 'JSONEachRow',
      use_multipart_params: true,
    });
    assert.deepEqual(await result.json(), [{ n: 200_000 }]);
  });

  test('gives an error its code and its name', async () => {
    const cases = [
      ['SELECT * FROM missing', '60', 'UNKNOWN_TABLE'],
      ['SELECT * FROM missing.table', '81', 'UNKNOWN_DATABASE'],
      ['selec 1', '62', 'SYNTAX_ERROR'],
      ['SELECT missing_column', '47', 'UNKNOWN_IDENTIFIER'],
      ['SELECT {absent:String}', '456', 'UNKNOWN_QUERY_PARAMETER'],
      ["SELECT throwIf(1, 'boom')", '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
    ] as const;
    for (const [query, code, type] of cases) {
      await assert.rejects(client.query({ query }), (error) => {
        assert.ok(error instanceof ClickHouseError, query);
        assert.deepEqual([error.code, error.type], [code, type], query);
        return true;
      });
    }
  });

  test('reports an error that comes after rows as an error of the stream', async () => {
    const result = await client.query({
      query: "SELECT number, throwIf(number = 2000000, 'too far') FROM numbers(3000000)",
      format: 'JSONEachRow',
    });
    let seen = 0;
    const read = async () => {
      for await (const chunk of result.stream()) seen += chunk.length;
    };
    await assert.rejects(
      read(),
      (error) => error instanceof ClickHouseError && error.code === '395' && /too far/.test(error.message),
    );
    assert.ok(seen > 0);
  });

  test('keeps a setting to its query', async () => {
    const query = "SELECT getSetting('max_block_size') AS n";
    assert.deepEqual(await rows(query, { clickhouse_settings: { max_block_size: '777' } }), [{ n: 777 }]);
    assert.notDeepEqual(await rows(query), [{ n: 777 }]);
    await client.command({ query: 'SET max_block_size = 778' });
    assert.notDeepEqual(await rows(query), [{ n: 778 }]);
  });

  test('works in the database of the client', async () => {
    await client.command({ query: 'CREATE DATABASE `my "db" é`' });
    const other = front.client({ database: 'my "db" é' });
    await other.command({ query: 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a' });
    await other.insert({ table: 't', values: [{ a: 7 }], format: 'JSONEachRow' });
    assert.deepEqual(await rows('SELECT a FROM `my "db" é`.t'), [{ a: 7 }]);
    await assert.rejects(front.client({ database: 'absent' }).command({ query: 'SELECT 1' }), { code: '81' });
  });

  test('compresses both ways with gzip', async () => {
    const packed = front.client({ compression: { request: true, response: true } });
    await packed.command({ query: 'CREATE TABLE packed (a UInt32) ENGINE = MergeTree ORDER BY a' });
    await packed.insert({
      table: 'packed',
      values: Array.from({ length: 50_000 }, (_, a) => ({ a })),
      format: 'JSONEachRow',
    });
    const result = await packed.query({ query: 'SELECT a FROM packed ORDER BY a', format: 'JSONEachRow' });
    assert.equal(result.response_headers['content-encoding'], 'gzip');
    assert.equal((await result.json()).length, 50_000);
  });

  test('carries temporary tables and SET from one request of a session to the next, and no further', async () => {
    const session = front.client({ session_id: 'a session' });
    await session.command({ query: 'CREATE TEMPORARY TABLE scratch (a UInt8)' });
    await session.command({ query: 'SET max_block_size = 555' });
    await session.insert({ table: 'scratch', values: [{ a: 1 }], format: 'JSONEachRow' });
    const query = "SELECT a, getSetting('max_block_size') AS n FROM scratch";
    const once = await session.query({ query, format: 'JSONEachRow', clickhouse_settings: { max_block_size: '444' } });
    assert.deepEqual(await once.json(), [{ a: 1, n: 444 }]);
    assert.deepEqual(await (await session.query({ query, format: 'JSONEachRow' })).json(), [{ a: 1, n: 555 }]);
    await assert.rejects(client.query({ query }), { code: '60' });
  });
});

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
