import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { readMigrations } from '../../infra/clickhouse/migration-files.js';
import { splitStatements } from '../../infra/clickhouse/split-statements.js';
import { temporaryFolder } from '../support/stack-instance.js';

describe('an SQL file', () => {
  const splits: [what: string, sql: string, statements: string[]][] = [
    ['is split at semicolons', 'SELECT 1; SELECT 2;\n', ['SELECT 1', 'SELECT 2']],
    ['needs none at the end', 'SELECT 1;\nSELECT 2', ['SELECT 1', 'SELECT 2']],
    ['has no empty statements', ';; SELECT 1;;\n-- the end\n', ['SELECT 1']],
    [
      'may hold one in a string',
      "SELECT 'a;b', 'it''s;', 'it\\'s;'; SELECT 2",
      ["SELECT 'a;b', 'it''s;', 'it\\'s;'", 'SELECT 2'],
    ],
    ['may hold one in a name', 'SELECT `a;b`, "c;d"; SELECT 2', ['SELECT `a;b`, "c;d"', 'SELECT 2']],
    ['may hold one in a comment', 'SELECT 1 -- one; two\n+ 2 /* three; four */ + 3', ['SELECT 1  \n+ 2   + 3']],
    ['may hold one in a heredoc', 'SELECT $x$a;b$x$; SELECT 2', ['SELECT $x$a;b$x$', 'SELECT 2']],
    ['may quote a comment mark', "SELECT '-- no', 1; SELECT '/*'", ["SELECT '-- no', 1", "SELECT '/*'"]],
    ['may end in an open comment', 'SELECT 1 /* for ever; and ever', ['SELECT 1']],
    ['may subtract', 'SELECT 3 - 2; SELECT 3 -1', ['SELECT 3 - 2', 'SELECT 3 -1']],
  ];
  for (const [what, sql, statements] of splits) {
    test(what, () => assert.deepEqual(splitStatements(sql), statements));
  }

  test('of a large size is split in linear time', () => {
    const sql = `INSERT INTO t VALUES ('${'x;'.repeat(500_000)}');\n`.repeat(4);
    const startedAt = performance.now();
    assert.equal(splitStatements(sql).length, 4);
    assert.ok(performance.now() - startedAt < 2_000);
  });
});

describe('a folder of migrations', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  let folders = 0;
  const folderOf = (files: Record<string, string>) => {
    const folder = join(temporary.path, `sql${folders++}`);
    mkdirSync(folder);
    for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql);
    return folder;
  };

  test('is read in the order of its numbers', () => {
    const migrations = readMigrations(
      folderOf({ '0010_c.sql': 'SELECT 3', '0002_b.sql': 'SELECT 2', 'README.md': '' }),
    );
    assert.deepEqual(
      migrations.map(({ version, name }) => [version, name]),
      [
        [2, '0002_b.sql'],
        [10, '0010_c.sql'],
      ],
    );
  });

  test('with the same number twice is refused', () => {
    const folder = folderOf({ '0001_a.sql': '', '0001_b.sql': '' });
    assert.throws(() => readMigrations(folder), { code: 'migration_files', message: /0001_a\.sql and 0001_b\.sql/ });
  });

  test('with a file of another name is refused', () => {
    const folder = folderOf({ '1_a.sql': '' });
    assert.throws(() => readMigrations(folder), {
      code: 'migration_files',
      message: /1_a\.sql is not named NNNN_name\.sql/,
    });
  });

  test('gives the same checksums when only comments change', () => {
    const [before] = readMigrations(folderOf({ '0001_a.sql': 'SELECT 1; -- why' }));
    const [now] = readMigrations(folderOf({ '0001_a.sql': '/* because */ SELECT 1;\n' }));
    assert.deepEqual(now, before);
  });
});
