import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { cityHash128 } from '../../infra/local/clickhouse/city-hash.js';
import { type Answer, PASSWORD, startFront, type TestFront, USER } from '../support/clickhouse-front.js';

const run = promisify(execFile);

describe("ClickHouse's HTTP interface, as the front speaks it", () => {
  let front: TestFront;

  before(async () => {
    front = await startFront();
    const query = 'CREATE TABLE t (a UInt32, s String) ENGINE = MergeTree ORDER BY a';
    assert.equal((await front.send({ params: { query } })).status, 200);
  });
  after(() => front.remove());

  const query = (text: string, params: Record<string, string> = {}): Promise<Answer> =>
    front.send({ method: 'GET', params: { query: text, ...params } });

  describe('health', () => {
    for (const path of ['/ping', '/replicas_status', '/']) {
      test(`${path} answers Ok. without a user`, async () => {
        const { status, text } = await front.send({ method: 'GET', path, anonymous: true });
        assert.deepEqual([status, text], [200, 'Ok.\n']);
      });
    }
    test('another path is a 404 that names the right ones', async () => {
      const { status, text } = await front.send({ method: 'GET', path: '/pong', anonymous: true });
      assert.equal(status, 404);
      assert.match(text, /no handle \/pong[\s\S]*\/ping/);
    });
    test('a path of only slashes does no harm', async () => {
      assert.equal((await front.send({ method: 'GET', path: '//', anonymous: true })).status, 404);
    });
  });

  describe('the user', () => {
    const basic = (user: string, password: string) => ({
      Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    });
    const ask = (options: object) =>
      front.send({
        method: 'GET',
        anonymous: true,
        ...options,
        params: { query: 'SELECT 1', ...('params' in options ? (options.params as object) : {}) },
      });

    test('may be in headers, in Basic authorization, or in parameters', async () => {
      assert.equal((await ask({ headers: { 'X-ClickHouse-User': USER, 'X-ClickHouse-Key': PASSWORD } })).text, '1\n');
      assert.equal((await ask({ headers: basic(USER, PASSWORD) })).text, '1\n');
      assert.equal((await ask({ params: { user: USER, password: PASSWORD } })).text, '1\n');
    });
    test('is refused with 403 where the password or the name is wrong', async () => {
      for (const headers of [basic(USER, 'wrong'), basic('other', PASSWORD), basic(USER, ''), basic('', '')]) {
        const answer = await ask({ headers });
        assert.equal(answer.status, 403);
        assert.equal(answer.headers['x-clickhouse-exception-code'], '516');
        assert.match(answer.text, /^Code: 516\. DB::Exception: .*\(AUTHENTICATION_FAILED\) \(version [\d.]+\)\n$/);
        assert.ok(!answer.text.includes(PASSWORD));
      }
    });
    test('is asked for with 401 where there is none', async () => {
      const { status, headers } = await ask({});
      assert.deepEqual([status, headers['x-clickhouse-exception-code']], [401, '194']);
      assert.match(String(headers['www-authenticate']), /^Basic/);
    });
    test('may not come in two ways at once', async () => {
      assert.equal((await ask({ headers: basic(USER, PASSWORD), params: { user: USER } })).status, 403);
    });
    test('cannot create a table with GET, nor by asking for readonly=0', async () => {
      for (const params of [{}, { readonly: '0' }, { readonly: '2' }]) {
        const { status, text } = await query('CREATE TABLE forbidden (a UInt8) ENGINE = Memory', params);
        assert.equal(status, 500);
        assert.match(text, /Code: 164.*READONLY/);
      }
      assert.equal((await query("INSERT INTO t VALUES (1, 'x')")).headers['x-clickhouse-exception-code'], '164');
      assert.equal((await query('SELECT count() FROM t')).text, '0\n');
    });
  });

  describe('the statement', () => {
    test('is what the URL says, a line break, and the body', async () => {
      assert.equal((await front.send({ params: { query: 'SELECT' }, body: '1' })).text, '1\n');
      assert.equal((await front.send({ body: 'SELECT 2' })).text, '2\n');
      assert.match((await front.send({ params: { query: 'SEL' }, body: 'ECT 1' })).text, /SYNTAX_ERROR/);
    });
    test('may be an INSERT whose data are in the body, in the URL, or in both', async () => {
      await front.send({ body: 'TRUNCATE TABLE t' });
      await front.send({ params: { query: 'INSERT INTO t FORMAT CSV' }, body: '1,one\n2,"two;\n"\n' });
      await front.send({ body: 'INSERT INTO t FORMAT TabSeparated\n3\tthree\n' });
      await front.send({ body: "INSERT INTO t (s, a) VALUES ('four', 4)" });
      await front.send({ params: { query: "INSERT INTO t VALUES (5, 'five')," }, body: "(6, 'six')" });
      await front.send({
        params: { query: 'INSERT INTO t SETTINGS async_insert = 0 FORMAT JSONEachRow' },
        body: '{"a":7,"s":"seven"}',
      });
      await front.send({ params: { query: 'INSERT INTO t' }, body: "VALUES (8, 'eight')" });
      assert.equal(
        (await query('SELECT s FROM t ORDER BY a')).text,
        'one\ntwo;\\n\nthree\nfour\nfive\nsix\nseven\neight\n',
      );
    });
    test('may be an INSERT without rows', async () => {
      const { status, headers } = await front.send({ params: { query: 'INSERT INTO t FORMAT JSONEachRow' }, body: '' });
      assert.equal(status, 200);
      assert.equal(JSON.parse(String(headers['x-clickhouse-summary'])).written_rows, '0');
    });
    test('reaches a table or column that is called like a keyword', async () => {
      await front.send({
        body: 'CREATE TABLE format (format String, values UInt8) ENGINE = MergeTree ORDER BY values',
      });
      await front.send({ body: "INSERT INTO default.format (format, values) VALUES ('f', 1)" });
      await front.send({ params: { query: 'INSERT INTO format (format, values) FORMAT CSV' }, body: 'g,2\n' });
      const { text, headers } = await query('SELECT format FROM format ORDER BY values FORMAT JSONCompactEachRow');
      assert.equal(text, '["f"]\n["g"]\n');
      assert.equal(headers['x-clickhouse-format'], 'JSONCompactEachRow');
    });
    test('may end in a semicolon and a comment, but not go on to another', async () => {
      assert.equal((await front.send({ body: 'SELECT 1; -- done' })).text, '1\n');
      assert.equal((await front.send({ body: 'SELECT 1 -- a comment; SELECT 2' })).text, '1\n');
      const { status, text } = await front.send({ body: 'SELECT 1; DROP TABLE t' });
      assert.equal(status, 400);
      assert.match(text, /Code: 62.*Multi-statements are not allowed/);
      assert.equal((await query('SELECT count() FROM t')).status, 200);
    });
    test('writes and reads no file beside the server', async () => {
      const out = await front.send({ body: "SELECT 1 INTO OUTFILE '/tmp/never'" });
      assert.equal(out.headers['x-clickhouse-exception-code'], '358');
      const into = await front.send({ body: "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV" });
      assert.equal(into.headers['x-clickhouse-exception-code'], '78');
    });
    test('is refused as empty, and when it is only a comment', async () => {
      for (const body of ['', ' -- nothing\n', ';']) {
        assert.match((await front.send({ body })).text, /^Code: 62.*Empty query/, JSON.stringify(body));
      }
    });
  });

  describe('the answer', () => {
    test('names the format, the query, the time zone and the server', async () => {
      const { headers, text } = await query('SELECT 1 AS a FORMAT JSONEachRow', {
        query_id: 'my id',
        session_timezone: 'Asia/Tokyo',
      });
      assert.equal(text, '{"a":1}\n');
      assert.equal(headers['x-clickhouse-format'], 'JSONEachRow');
      assert.equal(headers['x-clickhouse-query-id'], 'my id');
      assert.equal(headers['x-clickhouse-timezone'], 'Asia/Tokyo');
      assert.equal(headers['content-type'], 'application/x-ndjson; charset=UTF-8');
      assert.ok(headers['x-clickhouse-server-display-name']);
      assert.match(String(headers['x-clickhouse-exception-tag']), /^[a-z]{16}$/);
      const summary = JSON.parse(String(headers['x-clickhouse-summary']));
      assert.equal(summary.result_rows, '1');
      assert.ok(Number(summary.elapsed_ns) > 0);
    });
    test('is in the format of the statement, of the header, or of the parameter, in this order', async () => {
      const send = (body: string, headers: Record<string, string>, params: Record<string, string>) =>
        front.send({ body, headers, params });
      const header = { 'X-ClickHouse-Format': 'CSV' };
      const parameter = { default_format: 'JSONCompactEachRow' };
      assert.equal((await send("SELECT 'a' FORMAT TSV", header, parameter)).text, 'a\n');
      assert.equal((await send("SELECT 'a'", header, parameter)).text, '"a"\n');
      assert.equal((await send("SELECT 'a'", {}, parameter)).text, '["a"]\n');
      assert.equal((await send("SHOW TABLES LIKE 't'", {}, parameter)).text, '["t"]\n');
    });
    test('is one document in a format with a head and a foot, however long', async () => {
      const { text } = await query('SELECT number FROM numbers(300000) FORMAT JSON');
      const { data, rows } = JSON.parse(text);
      assert.deepEqual([data.length, rows], [300_000, 300_000]);
      const parquet = await query('SELECT number FROM numbers(300000) FORMAT Parquet');
      assert.equal(parquet.bytes.subarray(0, 4).toString() + parquet.bytes.subarray(-4).toString(), 'PAR1PAR1');
      assert.equal(parquet.headers['content-type'], 'application/octet-stream');
    });
    test('has the status that ClickHouse gives the error', async () => {
      const cases: [string, number, string][] = [
        ['SELECT * FROM absent', 404, '60'],
        ['SELECT * FROM absent.t', 404, '81'],
        ['SELECT absent()', 404, '46'],
        ['SELECT absent', 404, '47'],
        ['SELECT 1 FORMAT Absent', 404, '73'],
        ['SELECT 1 SETTINGS absent = 1', 404, '115'],
        ['selec', 400, '62'],
        ["SELECT toInt8('x')", 400, '6'],
        ["SELECT 1 SETTINGS max_execution_time = 'x'", 400, '72'],
        ['SELECT throwIf(1)', 500, '395'],
        ['SELECT sleepEachRow(0.3) FROM numbers(10) SETTINGS max_execution_time = 0.5, max_block_size = 1', 408, '159'],
        ['SELECT number FROM numbers(1000) SETTINGS max_result_rows = 10', 500, '396'],
      ];
      for (const [text, status, code] of cases) {
        const answer = await front.send({ body: text });
        assert.deepEqual(
          [answer.status, answer.headers['x-clickhouse-exception-code']],
          [status, code],
          `${text}: ${answer.text}`,
        );
        assert.match(
          answer.text,
          new RegExp(`^Code: ${code}\\. DB::Exception: [\\s\\S]*\\([A-Z_]+\\) \\(version [\\d.]+\\)\\n$`),
        );
        assert.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8');
      }
      assert.equal((await query('SELECT 1', { absent_setting: '1' })).status, 404);
      assert.equal((await query('SELECT 1', { database: 'absent' })).status, 404);
    });
    test('breaks off with the error in a frame when rows are on their way already', async () => {
      const { status, text, headers, aborted } = await query(
        "SELECT number, throwIf(number = 900000, 'too far') FROM numbers(1000000)",
      );
      const tag = headers['x-clickhouse-exception-tag'];
      assert.equal(status, 200);
      assert.ok(aborted, 'the answer has no end');
      const frame = new RegExp(
        `\\r\\n__exception__\\r\\n${tag}\\r\\n(Code: 395[^]*too far[^]*\\n)(\\d+) ${tag}\\r\\n__exception__\\r\\n$`,
      ).exec(text);
      assert.ok(frame, text.slice(-500));
      assert.equal(Buffer.byteLength(frame[1] as string), Number(frame[2]));
    });
    test('has its status even then with wait_end_of_query', async () => {
      const { status, text } = await query(
        "SELECT number, throwIf(number = 9000000, 'too far') FROM numbers(10000000)",
        { wait_end_of_query: '1' },
      );
      assert.equal(status, 500);
      assert.match(text, /^Code: 395/);
      const whole = await query('SELECT number FROM numbers(3000000)', { wait_end_of_query: '1' });
      assert.equal(whole.bytes.length, 22_888_890);
      assert.equal(Number(whole.headers['content-length']), 22_888_890);
      assert.equal(JSON.parse(String(whole.headers['x-clickhouse-summary'])).result_rows, '3000000');
    });
    test('has no body for HEAD', async () => {
      const { status, text } = await front.send({ method: 'HEAD', params: { query: 'SELECT 1' } });
      assert.deepEqual([status, text], [200, '']);
    });
    test('is compressed where setting and client agree', async () => {
      const headers = { 'Accept-Encoding': 'gzip, zstd' };
      const packed = await front.send({
        method: 'GET',
        headers,
        params: { query: 'SELECT 42', enable_http_compression: '1' },
      });
      assert.equal(packed.headers['content-encoding'], 'gzip');
      assert.equal(gunzipSync(packed.bytes).toString(), '42\n');
      const plain = await front.send({ method: 'GET', headers, params: { query: 'SELECT 42' } });
      assert.equal(plain.text, '42\n');
      const error = await front.send({
        method: 'GET',
        headers,
        params: { query: 'SELECT absent', enable_http_compression: '1' },
      });
      assert.match(gunzipSync(error.bytes).toString(), /^Code: 47/);
    });
  });

  describe('the body', () => {
    test('may be packed with gzip', async () => {
      const body = gzipSync('SELECT 43');
      assert.equal((await front.send({ body, headers: { 'Content-Encoding': 'gzip' } })).text, '43\n');
      assert.equal((await front.send({ body, headers: { 'Content-Encoding': 'zstd' } })).status, 501);
      const broken = await front.send({ body: body.subarray(0, 20), headers: { 'Content-Encoding': 'gzip' } });
      assert.equal(broken.headers['x-clickhouse-exception-code'], '354');
    });
    test('must have a length', async () => {
      const { stdout } = await run('curl', [
        '-s',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-X',
        'POST',
        '-u',
        `${USER}:${PASSWORD}`,
        front.url,
      ]);
      assert.equal(stdout, '411');
    });
  });

  describe("ClickHouse's own compressed format", () => {
    const statement = (body: string | Buffer, params: Record<string, string>) => front.send({ body, params });
    const source = "SELECT number AS a, repeat('x', number % 50) AS s FROM numbers(100000)";

    test('comes out with compress=1 and goes in with decompress=1', async () => {
      await front.send({ body: 'CREATE TABLE packed (a UInt32, s String) ENGINE = MergeTree ORDER BY a' });
      const packed = await statement(`${source} FORMAT Native`, { compress: '1' });
      assert.equal(packed.bytes.readUInt8(16), 0x82);
      const { status, text } = await statement(packed.bytes, {
        decompress: '1',
        query: 'INSERT INTO packed FORMAT Native',
      });
      assert.equal(status, 200, text);
      const difference = `SELECT count(), (SELECT count() FROM (${source} EXCEPT SELECT * FROM packed)) FROM packed`;
      assert.equal((await query(difference)).text, '100000\t0\n');
    });
    test('carries errors too', async () => {
      const failed = await statement('SELECT absent', { compress: '1' });
      assert.deepEqual([failed.status, failed.headers['x-clickhouse-exception-code']], [404, '47']);
      assert.match(failed.bytes.subarray(25).toString('latin1'), /Code: 47/);
    });
    test('is refused when it is broken', async () => {
      const { bytes } = await statement(`${source} FORMAT Native`, { compress: '1' });
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(1000) ^ 1, 1000);
      const insert = { decompress: '1', query: 'INSERT INTO packed FORMAT Native' };
      const codes = [];
      for (const body of [
        altered,
        bytes.subarray(0, 5000),
        Buffer.from('no blocks at all, but long enough for a head'),
      ]) {
        codes.push((await statement(body, insert)).headers['x-clickhouse-exception-code']);
      }
      assert.deepEqual(codes, ['40', '33', '271']);
      assert.equal((await query('SELECT count() FROM packed')).text, '100000\n');
    });
    test('has the checksum that the engine itself computes', async () => {
      await front.send({
        body: 'CREATE TABLE files (a String) ENGINE = MergeTree ORDER BY tuple() SETTINGS min_bytes_for_wide_part = 0',
      });
      for (let length = 0; length < 300; length += 7) {
        await front.send({ body: `INSERT INTO files SELECT randomPrintableASCII(${length} + number) FROM numbers(3)` });
      }
      const paths = (await query("SELECT path FROM system.parts WHERE table = 'files'")).text.trim().split('\n');
      let blocks = 0;
      for (const path of paths) {
        const data = readFileSync(join(path, 'a.bin'));
        for (let at = 0; at < data.length; blocks++) {
          const end = at + 16 + data.readUInt32LE(at + 17);
          assert.deepEqual(cityHash128(data.subarray(at + 16, end)), data.subarray(at, at + 16));
          at = end;
        }
      }
      assert.ok(blocks >= 40);
    });
  });

  describe('curl', () => {
    const curl = async (...args: string[]): Promise<string> =>
      (await run('curl', ['-sS', '-u', `${USER}:${PASSWORD}`, ...args])).stdout;

    test('asks, inserts and reads errors as from ClickHouse', async () => {
      assert.equal(await curl(`${front.url}/?query=SELECT+1`), '1\n');
      const asked = ['--data-urlencode', 'param_x=[1,2]', '--data-urlencode', 'query=SELECT {x:Array(UInt8)}'];
      assert.equal(await curl(front.url, '-G', ...asked), '[1,2]\n');
      await curl(front.url, '--data-binary', 'CREATE TABLE c (a UInt64) ENGINE = MergeTree ORDER BY a');
      const copy = `curl -sSf -u "$1" "$2/?query=SELECT+number+FROM+numbers(100000)+FORMAT+CSV" |
        curl -sSf -u "$1" -H 'Transfer-Encoding: chunked' --data-binary @- "$2/?query=INSERT+INTO+c+FORMAT+CSV"`;
      await run('sh', ['-c', copy, 'sh', `${USER}:${PASSWORD}`, front.url]);
      assert.equal(await curl(front.url, '-d', 'SELECT count(), sum(a) FROM c'), '100000\t4999950000\n');
      await assert.rejects(curl('--fail-with-body', front.url, '-d', 'SELECT * FROM absent'), {
        code: 22,
        stdout: /^Code: 60/,
      });
    });
  });
});
