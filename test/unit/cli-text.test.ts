import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pointAt } from '../../services/cli/http/caret.js';
import { renderBars, renderChart } from '../../services/cli/output/bars.js';
import { csvLine } from '../../services/cli/output/csv.js';
import { layOut, renderTable } from '../../services/cli/output/table.js';
import { fit, printable, printableJson, widthOf, wrap } from '../../services/cli/output/text.js';

describe('text that somebody else chose', () => {
  test('cannot steer the terminal, hide, or turn the reading direction', () => {
    const hostile: [string, string][] = [
      ['\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
      ['a\u009b31mb', 'a\\u009b31mb'],
      ['a\rb\nc\td', 'a\\u000db\\u000ac\\u0009d'],
      ['exe\u202excod', 'exe\\u202excod'],
      ['ada\u200b@example.com', 'ada\\u200b@example.com'],
      ['ad\u200da', 'ad\\u200da'],
      ['\u3164', '\\u3164'],
      ['x\u{e0061}', 'x\\udb40\\udc61'],
      ['👍\ufe0f\u{e0100}\u{e0101}', '👍\ufe0f\\udb40\\udd00\\udb40\\udd01'],
      ['\ud800', '\\ud800'],
      [`e${'\u0301'.repeat(50)}x`, `e${'\u0301'.repeat(5)}…x`],
    ];
    for (const [text, shown] of hostile) assert.equal(printable(text), shown);
  });

  test('stays as it is where its script needs joiners, marks and selectors', () => {
    for (const text of ['日本語', 'नमस्ते', 'می\u200cخواهم', 'שָׁלוֹם', '👨‍👩‍👧', '❤️‍🔥', '🇩🇪', 'Zoë', 'Việt']) {
      assert.equal(printable(text), text);
    }
  });

  test('is the same JSON when it is shown as JSON', () => {
    const value = { a: '\u001b\u009b\u202e\u{e0061}\ud800\n', 'k\u2028': '日本' };
    const shown = printableJson(JSON.stringify(value, null, 2));
    for (const hostile of '\u001b\u009b\u202e\u2028') assert.ok(!shown.includes(hostile));
    assert.deepEqual(JSON.parse(shown), value);
    assert.equal(shown.split('\n').length, 4);
  });

  test('is as wide as a terminal shows it', () => {
    const widths: [string, number][] = [
      ['abc', 3],
      ['日本語', 6],
      ['ｈａ', 4],
      ['e\u0301', 1],
      ['नमस्ते', 4],
      ['👨‍👩‍👧', 2],
      ['🇩🇪', 2],
      ['\u1112\u1161\u11ab', 2],
      ['שָׁלוֹם', 4],
    ];
    for (const [text, width] of widths) assert.equal(widthOf(text), width, text);
  });

  test('is cut and broken between characters, never wider than asked', () => {
    assert.equal(fit('日本語テスト', 5), '日本…');
    assert.equal(fit('日本', 4), '日本');
    assert.equal(fit('a👨‍👩‍👧b', 3), 'a…');
    assert.deepEqual(wrap('日本語日本語日', 7), ['日本語', '日本語', '日']);
    for (const text of ['日本語 テスト hello 👨‍👩‍👧 world', 'x'.repeat(50)]) {
      for (let width = 2; width < 30; width += 1) {
        assert.ok(widthOf(fit(text, width)) <= width);
        for (const line of wrap(text, width)) assert.ok(widthOf(line) <= width, `${line} at ${width}`);
        assert.equal(wrap(text, width).join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
      }
    }
  });
});

describe('a table', () => {
  const columns = [
    { title: 'WHO', of: ([who = '']: string[]) => who, atLeast: 4 },
    { title: 'WHERE', of: ([, where = '']: string[]) => where },
  ];

  test('keeps its columns in line whatever the script', () => {
    const rows = [
      ['ada', '192.0.2.1'],
      ['日本語', '192.0.2.2'],
      ['👨‍👩‍👧 x', '192.0.2.3'],
      ['e\u0301le\u0301na', '192.0.2.4'],
    ];
    const lines = renderTable(columns, rows, { width: 80 }).trimEnd().split('\n');
    assert.deepEqual(
      lines.slice(1).map((line) => widthOf(line.slice(0, line.indexOf('192')))),
      [8, 8, 8, 8],
    );
  });

  test('keeps what is written from right to left in its cell', () => {
    const [, line] = renderTable(columns, [['שלום', '192.0.2.1']], { width: 80 }).split('\n');
    assert.equal(line, '\u2068שלום\u2069  192.0.2.1');
  });

  test('holds a cell of a megabyte in its line, quickly', () => {
    const began = performance.now();
    const rows = Array.from({ length: 200 }, () => ['日'.repeat(1_000_000), '192.0.2.1']);
    for (const line of renderTable(columns, rows, { width: 80 }).trimEnd().split('\n')) assert.ok(widthOf(line) <= 80);
    assert.ok(performance.now() - began < 5_000);
  });

  test('whose widths are settled cuts what comes later', () => {
    const layout = layOut(columns, [['ada', '192.0.2.1']], { width: 20, spread: true });
    assert.equal(layout.head, 'WHO        WHERE\n');
    assert.equal(layout.lines([['grace.hopper@example.com', '192.0.2.1']]), 'grace.ho…  192.0.2.1\n');
  });
});

describe('CSV in lines', () => {
  test('is one line an event, quoted, without formulas and controls', () => {
    assert.equal(
      csvLine(['a,b', 'say "hi"', '=1+1', '-2', "'+3", '@x', 'line\nbreak', '\u001b[2J', '']),
      `"a,b","say ""hi""",'=1+1,'-2,''+3,'@x,line\\u000abreak,\\u001b[2J,\n`,
    );
  });
});

describe('the place in a query', () => {
  test('is pointed at, under wide characters and controls too', () => {
    assert.deepEqual(pointAt('a AND (', { start: 7, end: 7 }, 80), ['  a AND (', '         ^']);
    assert.deepEqual(pointAt('日本 ip:x', { start: 6, end: 7 }, 80), ['  日本 ip:x', '          ^']);
    assert.deepEqual(pointAt('\u001b ip:xy', { start: 5, end: 7 }, 80), ['  \\u001b ip:xy', '            ^^']);
  });

  test('is in sight however long the query is', () => {
    const query = `${'word '.repeat(500)}ip:nonsense ${'word '.repeat(500)}`;
    const start = query.indexOf('nonsense');
    for (const width of [40, 80]) {
      const [line = '', carets = ''] = pointAt(query, { start, end: start + 8 }, width);
      assert.ok(widthOf(line) < width && widthOf(carets) < width);
      assert.equal(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1), 'nonsense');
    }
    const [, carets = ''] = pointAt('x'.repeat(4_000), { start: 0, end: 4_000 }, 80);
    assert.ok(carets.length < 80);
  });
});

describe('bars', () => {
  const hour = (at: number): string => new Date(Date.UTC(2026, 5, 15, at)).toISOString();
  const withinWidth = (text: string, width: number): void => {
    for (const line of text.split('\n')) assert.ok(widthOf(line) <= width, line);
  };

  test('are as long as counts are large, and seen where there is anything', () => {
    const text = renderBars(
      [
        { name: 'most', count: 1_000_000 },
        { name: 'half', count: 500_000 },
        { name: 'one', count: 1 },
        { name: '(none)', count: 5_000_000, rest: true },
      ],
      60,
    );
    const [most, half, one, none] = text.split('\n').map((line) => (line.match(/[▉-▏█]/g) ?? []).length);
    assert.ok(most! > 30 && Math.abs(most! - 2 * half!) <= 1 && one === 1 && none === 0, text);
    withinWidth(text, 60);
    withinWidth(renderBars([{ name: '日本語'.repeat(40), count: 5 }], 40), 40);
    assert.equal(renderBars([{ name: 'none', count: 0 }], 40), '  none  0\n');
  });

  test('over time keep within the width, every event in one of them', () => {
    for (const length of [1, 2, 60, 100, 2_000]) {
      const buckets = Array.from({ length }, (_, at) => ({ start: hour(at), count: at === length - 1 ? 90 : 1 }));
      const text = renderChart(buckets, { width: 80, interval: '1h' });
      withinWidth(text, 80);
      assert.equal(text.split('\n').length, 8);
    }
    assert.match(renderChart([{ start: hour(0), count: 0 }], { width: 80, interval: '1h' }), /the highest 1/);
  });

  test('over time say when the first column begins, and the last one where there is room', () => {
    const axis = (length: number): string => {
      const buckets = Array.from({ length }, (_, at) => ({ start: hour(at), count: 1 }));
      return renderChart(buckets, { width: 80, interval: '1h' }).split('\n')[5]!;
    };
    assert.equal(axis(30), '    2026-06-15 00:00');
    assert.equal(axis(40), '    2026-06-15 00:00        2026-06-16 15:00');
    assert.equal(axis(100).trim(), '2026-06-15 00:00                  2026-06-19 02:00');
  });
});
