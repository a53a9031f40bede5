import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { tokens } from '../../infra/local/clickhouse/lexer.js';
import { readStatement } from '../../infra/local/clickhouse/statement.js';

const read = (text: string) => readStatement(Buffer.from(text));
const output = (text: string): string => {
  const statement = read(text);
  assert.equal(statement.kind, 'rows', text);
  return statement.kind === 'rows' ? statement.output('/p').replace(/\s+/g, ' ') : '';
};
const input = (text: string): [sql: string, data: string] => {
  const statement = read(text);
  assert.equal(statement.kind, 'insert', text);
  if (statement.kind !== 'insert') return ['', ''];
  return [statement.input('/p').replace(/\s+/g, ' '), Buffer.from(text).subarray(statement.dataStart).toString()];
};

describe('reading a statement', () => {
  test('rows go to a file before the closing FORMAT, behind everything else', () => {
    const cases: [string, string][] = [
      ['SELECT 1', "SELECT 1 INTO OUTFILE '/p' APPEND "],
      ['select 1 format JSON;', "select 1 INTO OUTFILE '/p' APPEND format JSON"],
      ['SELECT 1 -- FORMAT CSV', "SELECT 1 INTO OUTFILE '/p' APPEND "],
      ['SELECT 1 SETTINGS a = 1 FORMAT CSV', "SELECT 1 SETTINGS a = 1 INTO OUTFILE '/p' APPEND FORMAT CSV"],
      ['SELECT 1 FORMAT CSV SETTINGS a = 1', "SELECT 1 INTO OUTFILE '/p' APPEND FORMAT CSV SETTINGS a = 1"],
      ['(SELECT 1)', "(SELECT 1) INTO OUTFILE '/p' APPEND "],
      [
        "WITH 'insert into' AS insert SELECT insert",
        "WITH 'insert into' AS insert SELECT insert INTO OUTFILE '/p' APPEND ",
      ],
      ['SELECT format FROM (SELECT 1 AS format)', "SELECT format FROM (SELECT 1 AS format) INTO OUTFILE '/p' APPEND "],
      ["SELECT 'a;b', `c;d`, $x$;$x$", "SELECT 'a;b', `c;d`, $x$;$x$ INTO OUTFILE '/p' APPEND "],
      ["SELECT 'ünï' FORMAT CSV", "SELECT 'ünï' INTO OUTFILE '/p' APPEND FORMAT CSV"],
    ];
    for (const [text, sql] of cases) assert.equal(output(text), sql, text);
  });

  test('the format is the closing one', () => {
    const formatOf = (text: string) => {
      const statement = read(text);
      return statement.kind === 'rows' ? statement.format : undefined;
    };
    assert.equal(formatOf('SELECT 1 FORMAT JSONEachRow'), 'JSONEachRow');
    assert.equal(formatOf('SELECT 1 format `CSV`;'), 'CSV');
    assert.equal(formatOf("SELECT 1, 'FORMAT CSV'"), undefined);
    assert.equal(formatOf('SELECT (SELECT format FROM t) AS x, format FROM t'), undefined);
  });

  test('data start behind FORMAT or VALUES, and come from a file before the other clauses', () => {
    const cases: [string, string, string][] = [
      ['INSERT INTO t FORMAT CSV\n1,2\n', "INSERT INTO t FROM INFILE '/p' COMPRESSION 'none' FORMAT CSV", '1,2\n'],
      ['insert into t format CSV 1,2', "insert into t FROM INFILE '/p' COMPRESSION 'none' FORMAT CSV", '1,2'],
      ['INSERT INTO t FORMAT CSV\r\n\n1', "INSERT INTO t FROM INFILE '/p' COMPRESSION 'none' FORMAT CSV", '\n1'],
      [
        'INSERT INTO t (a, b) VALUES (1, 2)',
        "INSERT INTO t (a, b) FROM INFILE '/p' COMPRESSION 'none' FORMAT Values",
        ' (1, 2)',
      ],
      [
        'INSERT INTO d.t SETTINGS a = 1, b = 2 FORMAT CSV\n1',
        "INSERT INTO d.t FROM INFILE '/p' COMPRESSION 'none' SETTINGS a = 1, b = 2 FORMAT CSV",
        '1',
      ],
      ['INSERT INTO values VALUES (1)', "INSERT INTO values FROM INFILE '/p' COMPRESSION 'none' FORMAT Values", ' (1)'],
      [
        'INSERT INTO d.format (settings) FORMAT CSV\n',
        "INSERT INTO d.format (settings) FROM INFILE '/p' COMPRESSION 'none' FORMAT CSV",
        '',
      ],
      [
        "INSERT INTO FUNCTION file('x', 'CSV', 'a Int8') VALUES (1)",
        "INSERT INTO FUNCTION file('x', 'CSV', 'a Int8') FROM INFILE '/p' COMPRESSION 'none' FORMAT Values",
        ' (1)',
      ],
      [
        "INSERT INTO t SELECT a FROM input('a Int8') FORMAT CSV\n1",
        "INSERT INTO t SELECT a FROM file('/p', 'CSV', 'a Int8') ",
        '1',
      ],
    ];
    for (const [text, sql, data] of cases) assert.deepEqual(input(text), [sql, data], text);
  });

  test('the rest runs as it is', () => {
    const texts = [
      'INSERT INTO t SELECT 1',
      'INSERT INTO t SELECT 1 FORMAT CSV',
      'CREATE TABLE t AS SELECT 1',
      'DROP TABLE t',
      'SET a = 1',
      'INSERT INTO t',
    ];
    for (const text of texts) assert.deepEqual(read(text), { kind: 'plain', sql: text });
    for (const text of ['', ' ', '-- x', '/* x */ ;;']) assert.deepEqual(read(text), { kind: 'empty' });
  });

  test('a second statement is refused, wherever it may hide', () => {
    for (const text of [
      'SELECT 1; SELECT 2',
      'DROP TABLE a; DROP TABLE b',
      'INSERT INTO t SELECT 1; DROP TABLE t',
      "SELECT ';' ; SELECT 2",
    ]) {
      assert.throws(() => read(text), { code: 62 }, text);
    }
  });

  test('KILL QUERY asks for the id that clients know', () => {
    const sql = output("KILL QUERY WHERE query_id = 'query_id' SYNC");
    assert.match(sql, /^KILL QUERY WHERE extract\(Settings\['log_comment'\], .*\) = 'query_id' SYNC INTO OUTFILE/);
  });

  test('a quoted text never ends a statement, nor opens one, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom("'", '`', '"'), (text, quote) => {
        const quoted = `${quote}${text.replaceAll('\\', '\\\\').replaceAll(quote, quote + quote)}${quote}`;
        const all = [...tokens(`SELECT ${quoted} AS x`)];
        assert.deepEqual(
          all.map(({ kind }) => kind),
          ['word', quote === "'" ? 'text' : 'quoted', 'word', 'word'],
        );
      }),
    );
  });

  test('tokens of any text are in order and within it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        let behind = 0;
        for (const { start, end } of tokens(text)) {
          assert.ok(start >= behind && end > start && end <= text.length);
          behind = end;
        }
      }),
    );
  });
});
