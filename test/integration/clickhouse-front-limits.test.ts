import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { defaultLimits } from '../../infra/local/clickhouse/config.js';
import { createFront, type Front } from '../../infra/local/clickhouse/front.js';
import { newFolder, PASSWORD, sleep, USER } from '../support/clickhouse-front.js';

describe('what the front takes at most', () => {
  const folder = newFolder();
  const limits = {
    ...defaultLimits({ threadPoolSize: 4 }),
    running: 1,
    waiting: 1,
    sessions: 2,
    statementBytes: 200_000,
    urlBytes: 50_000,
    spool: { memoryBytes: 1_000_000, bodyBytes: 5_000_000 },
  };
  const bodiesInMemory = (): string[] =>
    existsSync('/dev/shm') ? readdirSync('/dev/shm').filter((name) => name.startsWith('sealstream-clickhouse-')) : [];
  const bodiesBefore = bodiesInMemory();
  let front: Front;
  let client: ReturnType<typeof createClient>;

  before(async () => {
    front = await createFront({ host: '127.0.0.1', port: 0, folder, user: USER, password: PASSWORD, limits });
    client = createClient({
      url: front.url,
      username: USER,
      password: PASSWORD,
      log: { level: ClickHouseLogLevel.OFF },
    });
    await client.command({ query: 'CREATE TABLE t (s String) ENGINE = MergeTree ORDER BY tuple()' });
  });
  after(async () => {
    await client.close();
    await front.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = (search: string, body: string | Buffer): Promise<Response> =>
    fetch(`${front.url}/?${search}`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': USER, 'X-ClickHouse-Key': PASSWORD },
      body,
      signal: AbortSignal.timeout(10_000),
    });
  const count = async (): Promise<string> =>
    (await client.query({ query: 'SELECT count() FROM t', format: 'TabSeparated' })).text();

  test('a query beyond those that run and wait is refused with 503 and code 202', async () => {
    const running = client.query({ query: 'SELECT sleep(2)', format: 'TabSeparated' });
    await sleep(500);
    const waiting = client.query({ query: 'SELECT 2', format: 'TabSeparated' });
    await sleep(200);
    const refused = await post('', 'SELECT 3');
    assert.deepEqual([refused.status, refused.headers.get('x-clickhouse-exception-code')], [503, '202']);
    assert.match(await refused.text(), /TOO_MANY_SIMULTANEOUS_QUERIES/);
    assert.equal(await (await running).text(), '0\n');
    assert.equal(await (await waiting).text(), '2\n');
  });

  test('a query that waits leaves the queue with its client', async () => {
    const running = client.query({ query: 'SELECT sleep(2)', format: 'TabSeparated' });
    await sleep(500);
    const abort = new AbortController();
    const waiting = client.query({ query: 'SELECT 2', abort_signal: abort.signal });
    await sleep(200);
    abort.abort();
    await assert.rejects(waiting);
    await sleep(200);
    assert.equal(await (await post('', 'SELECT 3')).text(), '3\n');
    await (await running).text();
  });

  test('a body of data may go beyond the memory for bodies, onto the disk', async () => {
    const before = Number(await count());
    const answer = await post('query=INSERT+INTO+t+FORMAT+LineAsString', 'abcdefghi\n'.repeat(400_000));
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(Number(await count()) - before, 400_000);
  });

  test('a body beyond its limit is refused with 413, and nothing of it is inserted', async () => {
    const before = await count();
    const answer = await post('query=INSERT+INTO+t+FORMAT+LineAsString', 'abcdefghi\n'.repeat(600_000));
    assert.equal(answer.status, 413);
    assert.match(await answer.text(), /larger than 5000000 bytes/);
    assert.equal(await count(), before);
  });

  test('a statement beyond its limit is refused with 413', async () => {
    const answer = await post('', `SELECT length('${'x'.repeat(300_000)}')`);
    assert.equal(answer.status, 413);
    assert.match(await answer.text(), /statement is longer than 200000 bytes/);
    assert.equal(await (await post('', `SELECT length('${'x'.repeat(150_000)}')`)).text(), '150000\n');
  });

  test('a URL beyond its limit is refused, by its length alone or with the headers', async () => {
    const long = (length: number) => post(`query=SELECT+1&param_x=${'x'.repeat(length)}`, '');
    assert.equal(await (await long(40_000)).text(), '1\n');
    assert.equal((await long(60_000)).status, 414);
    const { status } = await long(500_000).catch(() => ({ status: 431 }));
    assert.equal(status, 431);
  });

  test('a session beyond their number is refused', async () => {
    for (const id of ['one', 'two', 'one']) assert.equal((await post(`session_id=${id}`, 'SELECT 1')).status, 200);
    assert.equal((await post('session_id=three', 'SELECT 1')).status, 503);
    assert.equal((await post('session_id=two&close_session=1', 'SELECT 1')).status, 200);
    assert.equal((await post('session_id=three', 'SELECT 1')).status, 200);
    assert.equal(
      (await post('session_id=four&session_check=1', 'SELECT 1')).headers.get('x-clickhouse-exception-code'),
      '372',
    );
    assert.equal(
      (await post('session_id=one&session_timeout=99999', 'SELECT 1')).headers.get('x-clickhouse-exception-code'),
      '374',
    );
  });

  test('bodies leave no files behind', async () => {
    assert.deepEqual(readdirSync(join(folder, 'spool')), []);
    // Other fronts of this machine use it, too: theirs go in a moment, or were there before.
    const left = () => bodiesInMemory().filter((name) => !bodiesBefore.includes(name));
    for (const until = Date.now() + 20_000; left().length > 0 && Date.now() < until; ) await sleep(100);
    assert.deepEqual(left(), []);
  });
});
