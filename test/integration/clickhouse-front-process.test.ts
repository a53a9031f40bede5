import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { eventually, newFolder, sleep, spawnFront, startFront, type TestFront } from '../support/clickhouse-front.js';

describe('the front as a process', () => {
  const open: TestFront[] = [];
  afterEach(async () => {
    for (const front of open.splice(0)) await front.remove();
  });
  const start = async (options: Parameters<typeof startFront>[0] = {}): Promise<TestFront> => {
    const front = await startFront(options);
    open.push(front);
    return front;
  };
  /** Starts one that is to fail, and gives what it says. */
  const failing = async (env: Record<string, string>): Promise<{ code: number; output: string }> => {
    const { child, output } = spawnFront(env);
    const [code] = await once(child, 'exit');
    return { code, output: output() };
  };

  test('a second one on the same folder ends with a message that names the first', async () => {
    const front = await start();
    const { code, output } = await failing({ CLICKHOUSE_FRONT_DATA: front.folder });
    assert.equal(code, 1);
    assert.match(output, new RegExp(`is in use by process ${front.pid}, started at .*another folder`));
    assert.equal((await front.send({ body: 'SELECT 1' })).text, '1\n');
  });

  test('any name of a folder will do', async () => {
    const folder = join(newFolder(), "it's {a,b} * ünï");
    const front = await start({ folder });
    await front.send({ body: 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a' });
    await front.send({ body: 'INSERT INTO t FORMAT CSV\n1\n' });
    assert.equal((await front.send({ body: 'SELECT * FROM t' })).text, '1\n');
  });

  test('an address that others could reach is refused', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.1']) {
      const { code, output } = await failing({ CLICKHOUSE_FRONT_HOST: host, CLICKHOUSE_FRONT_DATA: newFolder() });
      assert.equal(code, 1);
      assert.match(output, /CLICKHOUSE_FRONT_HOST=.* is not a loopback address/);
    }
  });

  test('a missing password and a taken port are named', async () => {
    const folder = newFolder();
    const without = await failing({ CLICKHOUSE_FRONT_DATA: folder, CLICKHOUSE_FRONT_PASSWORD: '' });
    assert.deepEqual([without.code, without.output], [1, 'CLICKHOUSE_FRONT_PASSWORD is not set']);
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const taken = await failing({ CLICKHOUSE_FRONT_DATA: folder, CLICKHOUSE_FRONT_PORT: String(port) });
    assert.deepEqual([taken.code, taken.output], [1, `Port ${port} on 127.0.0.1 is taken by another program.`]);
    holder.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('SIGTERM lets a running query end, takes no new one, and exits 0', async () => {
    const front = await start();
    const running = front.send({
      body: 'SELECT sleepEachRow(0.5), number FROM numbers(4) SETTINGS max_block_size = 1',
    });
    await sleep(500);
    const stopped = front.stop('SIGTERM');
    await sleep(200);
    await assert.rejects(front.send({ body: 'SELECT 1' }), { code: 'ECONNREFUSED' });
    assert.equal((await running).text, '0\t0\n0\t1\n0\t2\n0\t3\n');
    assert.equal(await stopped, 0);
  });

  test('SIGTERM kills what does not end in time, and says so to its client', async () => {
    const front = await start({ env: { CLICKHOUSE_FRONT_STOP_TIMEOUT_MS: '500' } });
    const endless = front.send({ body: 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1' });
    await sleep(500);
    assert.equal(await front.stop('SIGTERM'), 0);
    assert.match((await endless).text, /Code: 394.*QUERY_WAS_CANCELLED/);
  });

  test('it stops when its supervisor is gone', async () => {
    const folder = newFolder();
    const { child, readyUrl } = spawnFront({ CLICKHOUSE_FRONT_DATA: folder });
    await readyUrl;
    const exit = once(child, 'exit');
    child.disconnect();
    assert.equal((await exit)[0], 0);
    rmSync(folder, { recursive: true, force: true });
  });

  test('started without a thread pool of its own size, it runs many queries at once all the same', async () => {
    const folder = newFolder();
    const { UV_THREADPOOL_SIZE: _, ...environment } = process.env;
    const front = await start({ folder, env: { ...environment, UV_THREADPOOL_SIZE: '' } as Record<string, string> });
    const started = performance.now();
    const sleeps = Array.from({ length: 12 }, () => front.send({ body: 'SELECT sleep(1)' }));
    for (const answer of await Promise.all(sleeps)) assert.equal(answer.text, '0\n');
    assert.ok(performance.now() - started < 5_000);
    // The process that was started is killed as a supervisor may be; the one that serves must not stay.
    await front.stop('SIGKILL');
    await eventually('nobody answers any more', async () =>
      front.send({ path: '/ping', method: 'GET' }).then(
        () => false,
        () => true,
      ),
    );
  });

  test('data, tables and databases are there again after a stop and after a kill', async () => {
    const first = await startFront();
    await first.send({ body: 'CREATE DATABASE d' });
    await first.send({ body: 'CREATE TABLE d.t (a UInt64) ENGINE = MergeTree ORDER BY a' });
    await first.send({ body: 'INSERT INTO d.t SELECT number FROM numbers(1000)' });
    assert.equal(await first.stop('SIGTERM'), 0);
    const second = await startFront({ folder: first.folder });
    await second.send({ body: 'INSERT INTO d.t VALUES (1000)' });
    await second.stop('SIGKILL');
    const third = await start({ folder: first.folder });
    assert.equal((await third.send({ body: 'SELECT count(), max(a) FROM d.t' })).text, '1001\t1000\n');
  });
});
