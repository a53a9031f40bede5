import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { migrate } from '../../infra/clickhouse/migrate.js';
import { createTestDatabase, stackFromEnv, uniqueName } from '../support/stack.js';
import { temporaryFolder } from '../support/stack-instance.js';

describe('migrations', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  const { clickhouseUrl } = stackFromEnv();
  let database: string;
  let directory: string;
  let clickhouse: ClickHouseClient;

  beforeEach(() => {
    database = uniqueName('migrate');
    directory = join(temporary.path, database);
    mkdirSync(directory);
    clickhouse = createClient({ url: clickhouseUrl, database });
  });
  afterEach(async () => {
    await clickhouse.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
    await clickhouse.close();
  });

  const write = (name: string, sql: string) => writeFileSync(join(directory, name), sql);
  const run = () => migrate({ clickhouseUrl, database, directory });
  const rows = async (query: string) => (await clickhouse.query({ query, format: 'JSONEachRow' })).json();
  const tables = async () => {
    const found = (await rows(`SELECT name FROM system.tables WHERE database = '${database}' ORDER BY name`)) as {
      name: string;
    }[];
    return found.map(({ name }) => name);
  };

  test('make the database and apply every statement of every file once', async () => {
    write(
      '0001_a.sql',
      'CREATE TABLE a (n UInt8) ENGINE = MergeTree ORDER BY n;\n-- then; fill it\nINSERT INTO a VALUES (1), (2);',
    );
    write('0002_b.sql', "CREATE VIEW b AS SELECT n, ';' AS semicolon FROM a");
    assert.deepEqual(await run(), { applied: ['0001_a.sql', '0002_b.sql'] });
    assert.deepEqual(await rows('SELECT * FROM b ORDER BY n'), [
      { n: 1, semicolon: ';' },
      { n: 2, semicolon: ';' },
    ]);
    assert.deepEqual(await run(), { applied: [] });
    assert.deepEqual(await rows('SELECT toUInt32(count()) AS count FROM a'), [{ count: 2 }]);
    assert.deepEqual(await tables(), ['a', 'b', 'schema_migrations'], 'the lock is gone');
  });

  test('go on behind the last applied statement after a failure in mid-file', async () => {
    const good = 'CREATE TABLE a (n UInt8) ENGINE = MergeTree ORDER BY n;\nINSERT INTO a VALUES (1);\n';
    write('0001_a.sql', `${good}CREATE TABLE a (broken Nonsense) ENGINE = MergeTree ORDER BY broken;`);
    await assert.rejects(run(), { code: 'migration_failed', message: /Statement 3 of 0001_a\.sql failed/ });
    write('0001_a.sql', `${good}CREATE TABLE c (n UInt8) ENGINE = MergeTree ORDER BY n;`);
    assert.deepEqual(await run(), { applied: ['0001_a.sql'] });
    assert.deepEqual(await rows('SELECT n FROM a'), [{ n: 1 }], 'the insert ran once');
    assert.deepEqual(await tables(), ['a', 'c', 'schema_migrations']);
  });

  const changes: [what: string, change: () => void, message: RegExp][] = [
    [
      'whose statement was edited',
      () => write('0001_a.sql', 'CREATE TABLE a (n UInt16) ENGINE = Memory'),
      /0001_a\.sql .* was changed/,
    ],
    [
      'that got another statement',
      () => write('0001_a.sql', 'CREATE TABLE a (n UInt8) ENGINE = Memory; SELECT 1'),
      /0001_a\.sql .* was changed/,
    ],
    [
      'that was renamed',
      () => renameSync(join(directory, '0001_a.sql'), join(directory, '0001_z.sql')),
      /0001_a\.sql .* is named 0001_z\.sql/,
    ],
    ['that was deleted', () => rmSync(join(directory, '0001_a.sql')), /0001_a\.sql, which is not among the files/],
  ];
  for (const [what, change, message] of changes) {
    test(`applied before, ${what} since, is refused by name`, async () => {
      write('0001_a.sql', 'CREATE TABLE a (n UInt8) ENGINE = Memory');
      await run();
      change();
      await assert.rejects(run(), message);
    });
  }

  test('that differ in comments alone are not changed', async () => {
    write('0001_a.sql', 'CREATE TABLE a (n UInt8) ENGINE = Memory');
    await run();
    write('0001_a.sql', '-- A table.\nCREATE TABLE a (n UInt8) ENGINE = Memory;\n');
    assert.deepEqual(await run(), { applied: [] });
  });

  test('run by five at once take turns: every statement runs once', async () => {
    write(
      '0001_a.sql',
      'CREATE TABLE a (n UInt8) ENGINE = MergeTree ORDER BY n; INSERT INTO a VALUES (1); INSERT INTO a SELECT sleep(0.3) + 2;',
    );
    const results = await Promise.all([run(), run(), run(), run(), run()]);
    assert.equal(results.filter(({ applied }) => applied.length > 0).length, 1);
    assert.deepEqual(await rows('SELECT n FROM a ORDER BY n'), [{ n: 1 }, { n: 2 }]);
  });

  test('take over the lock of a run that died, once it has given no sign of life for long enough', async () => {
    write('0001_a.sql', 'CREATE TABLE a (n UInt8) ENGINE = Memory');
    await clickhouse.close();
    clickhouse = createClient({ url: clickhouseUrl });
    await clickhouse.command({ query: `CREATE DATABASE ${database}` });
    const lock = `${database}.schema_migrations_lock`;
    await clickhouse.command({ query: `CREATE TABLE ${lock} (nothing UInt8) ENGINE = Null COMMENT 'dead'` });
    const startedAt = Date.now();
    assert.deepEqual(await migrate({ clickhouseUrl, database, directory, lockStaleSeconds: 2 }), {
      applied: ['0001_a.sql'],
    });
    assert.ok(Date.now() - startedAt >= 2_000, 'a live one would have had its time');
    assert.deepEqual(await tables(), ['a', 'schema_migrations']);
  });
});

describe('the project’s own migrations', () => {
  test('give a database that a test can use', async () => {
    const { clickhouse, remove } = await createTestDatabase();
    const query = 'SELECT toUInt32(count()) AS count FROM events';
    assert.deepEqual(await (await clickhouse.query({ query, format: 'JSONEachRow' })).json(), [{ count: 0 }]);
    await remove();
  });
});
