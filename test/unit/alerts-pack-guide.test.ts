import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isOnAtFirst, readPack } from '../../services/alerts/pack/index.js';
import { testRules } from '../../services/alerts/rule-tests/index.js';
import { ruleLimits } from '../../services/alerts/rules/index.js';
import { packageRoot } from '../../services/core/paths.js';

const guide = readFileSync(join(packageRoot(), 'docs/guides/alert-rules.md'), 'utf8');

describe('the guide to rules of alerts', () => {
  test('shows only rules that are understood, and tests that pass', () => {
    const blocks = guide.match(/(?:^ {4}.*\n|^\n(?= {4}))+/gm)!.map((block) => block.replace(/^ {4}/gm, ''));
    const shown = blocks.filter((block) => /^\n*(title:|\{"name")/.test(block));
    assert.equal(shown.length, 3);
    const results = shown.flatMap((text, at) => {
      const { faults, warnings, results } = testRules([{ source: `block ${at + 1}`, text }]);
      assert.deepEqual([...faults, ...warnings], []);
      return results;
    });
    assert.deepEqual(
      results.map(({ test: { name }, passed }) => [name, passed]),
      [
        ['changed, and money sent at once', true],
        ['small amounts, and money on the next day', true],
      ],
    );
    const extensions = blocks.find((block) => block.trimStart().startsWith('custom_attributes:'))!;
    const rule = (attributes: string): string =>
      `title: x\nlogsource: {product: sealstream}\ndetection: {s: {action: a.b}, condition: s}\n${attributes}`;
    const both = extensions.split('\n');
    for (const left of ['new_value', 'impossible_travel']) {
      const text = rule(both.filter((line) => !line.includes(`${left}:`)).join('\n'));
      const loud = rule('custom_attributes: {alerts: true}\n').replace(
        'title: x',
        'title: y\nname: account_taken_over',
      );
      const sources = [text, loud].map((one, at) => ({ source: `extensions ${at}`, text: one }));
      assert.deepEqual(testRules(sources).faults, []);
    }
  });

  test('lists every built-in rule with its level, and whether it is on at first', () => {
    const rows = [...guide.matchAll(/^\| `(\w+)` \| .* \| (\w+) \| (on|off) \|$/gm)].map(([, ...row]) => row.join(' '));
    const rules = readPack().rules.filter(({ alerts }) => alerts);
    const expected = rules.map((rule) => `${rule.name} ${rule.level} ${isOnAtFirst(rule) ? 'on' : 'off'}`);
    assert.deepEqual(rows.sort(), expected.sort());
  });

  test('gives the limits that hold', () => {
    const said = guide.slice(guide.indexOf('## Limits'), guide.indexOf('## Tests')).replaceAll(/\s+/g, ' ');
    const number = (value: number): string => value.toLocaleString('en');
    const { valueLength, wildcards, terms, regexLength, regexProgram, depth, correlated, rules } = ruleLimits;
    for (const phrase of [
      `${number(valueLength)} characters a value, ${wildcards} wildcards in it, ${number(terms)} values a detection`,
      `${number(regexLength)} characters and ${number(regexProgram)} instructions a regular expression, ${depth} levels`,
      `${correlated} rules and ${correlated} fields a correlation, windows up to 30 days, learning up to 365 days`,
      `${number(rules)} rules a set`,
    ]) {
      assert.ok(said.includes(phrase), phrase);
    }
  });
});
