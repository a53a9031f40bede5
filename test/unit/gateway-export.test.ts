import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../services/gateway/errors.js';
import { csvCell, csvRecord } from '../../services/gateway/export/csv.js';
import { exportFields, readFields } from '../../services/gateway/export/fields.js';
import { createExportGate } from '../../services/gateway/export/gate.js';
import { parseCsv, unguarded } from '../support/csv.js';

describe('a CSV cell', () => {
  test('is quoted where RFC 4180 wants it, and only there', () => {
    assert.equal(csvCell('plain text'), 'plain text');
    assert.equal(csvCell('a,b'), '"a,b"');
    assert.equal(csvCell('say "hi"'), '"say ""hi"""');
    assert.equal(csvCell('two\r\nlines'), '"two\r\nlines"');
  });

  test('is no formula to a spreadsheet', () => {
    for (const beginning of ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
      const cell = csvCell(`${beginning}cmd|' /C calc'!A0`);
      assert.match(cell, /^"?'/, JSON.stringify(cell));
    }
    assert.equal(csvCell('=HYPERLINK("http://evil.example")'), '"\'=HYPERLINK(""http://evil.example"")"');
  });

  test('gives back what was logged, whatever it was', () => {
    const nasty = fc.string({ unit: fc.constantFrom(...'=+-@\t\r\n\'",; ＝aé🜂'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.array(nasty, { minLength: 3, maxLength: 3 }), { minLength: 1 }), (rows) => {
        const read = parseCsv(rows.map(csvRecord).join(''));
        assert.deepEqual(
          read.map((cells) => cells.map(unguarded)),
          rows,
        );
        for (const cell of read.flat()) assert.doesNotMatch(cell, /^[=+\-@\t\r\n＝＋－＠]/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that is empty and alone is quoted, because readers skip empty lines', () => {
    assert.equal(csvRecord(['']), '""\r\n');
    assert.equal(csvRecord(['', '']), ',\r\n');
  });
});

describe('the fields of an export', () => {
  const read = (...values: string[]) => readFields({ name: 'fields', values }).map(({ name }) => name);

  test('come in the order asked for, a group as its members', () => {
    assert.deepEqual(read('action,id', 'actor'), [
      'action',
      'id',
      'actor.type',
      'actor.id',
      'actor.name',
      'actor.email',
    ]);
  });

  test('stay where they are: tools count columns', () => {
    const first = exportFields.slice(0, 12).map(({ name }) => name);
    assert.deepEqual(first, [
      'id',
      'occurred_at',
      'recorded_at',
      'scope',
      'organization_id',
      'application_id',
      'action',
      'category',
      'kind',
      'outcome',
      'reason',
      'actor.type',
    ]);
    assert.equal(exportFields.length, 33);
  });

  test('that are unknown, or named twice, are refused', () => {
    for (const values of [['colour'], ['id,id'], ['actor,actor.id'], ['id,,action'], ['__proto__'], ['constructor']]) {
      assert.throws(() => read(...values), Problem, values.join());
    }
  });
});

describe('the number of exports at once', () => {
  test('is bounded for one key and for all; leaving makes room, once', () => {
    const gate = createExportGate({ atOnce: 3, atOncePerKey: 2 });
    const leave = gate.enter('a');
    gate.enter('a');
    assert.throws(() => gate.enter('a'), { kind: 'rate-limited' });
    gate.enter('b');
    assert.throws(() => gate.enter('b'), { kind: 'overloaded' });
    leave();
    leave();
    assert.equal(gate.running, 2);
    gate.enter('b');
    assert.throws(() => gate.enter('c'), { kind: 'overloaded' });
  });
});
