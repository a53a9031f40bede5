import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { compileDetection } from '../../services/alerts/match/compile.js';
import { type DetectionRule, parseRuleSet } from '../../services/alerts/rules/index.js';
import { sharedData } from '../support/importing.js';
import { rawEvent } from '../support/raw-event.js';
import { jsonLines, type Match, readFeeds, readSigmaRules } from '../support/sigma-data.js';

interface Expected {
  title: string;
  rule: string;
  matches: Match[];
}

interface Truth {
  rules_tried: number;
  unsupported: Record<string, string>;
  expected: Record<string, Expected>;
  extra_if_field_names_case_insensitive: Record<string, Expected>;
}

/**
 * What our field map finds beyond the expectations, which were worked out with the names as they stand in the rules: `capabilities` is
 * found where Kubernetes has them, and Duo's log was not tried by the others.
 */
const byFieldMap: Readonly<Record<string, readonly string[]>> = {
  'c5cd1b20-36bb-488d-8c05-486be3d0cb97': [
    'panther-tests/kubernetes.jsonl#60',
    'panther-tests/kubernetes.jsonl#63',
    'panther-tests/kubernetes.jsonl#65',
  ],
  '6f7e1c10-2dc9-4312-adb6-9574ff09a5c8': ['panther-tests/duo.jsonl#15'],
};

const named = ([file, at]: Match): string => `${file}#${at}`;

describe('Sigma rules and real logs whose matches others have worked out', () => {
  const shared = sharedData('sigma-expected-matches.json');

  test('every expected match, and no other', { skip: shared.skip }, (context) => {
    const data = join(shared.file, '..');
    const truth = JSON.parse(readFileSync(shared.file, 'utf8')) as Truth;
    const { rules, faults, files } = readSigmaRules(data);
    assert.equal(files.length, truth.rules_tried);
    for (const { source, line, message } of faults) context.diagnostic(`refused: ${source}:${line} ${message}`);
    assert.equal(rules.length + faults.length, files.length);
    for (const file of Object.keys(truth.unsupported)) assert.ok(faults.some(({ source }) => source === file));
    for (const { message } of faults) assert.match(message, /the modifier expand of /);

    const logged = readFeeds(data);
    const found = new Map<string, string[]>();
    for (const rule of rules as DetectionRule[]) {
      const matches = compileDetection(rule.detection);
      const hits = logged.filter(({ event }) => matches(event)).map(({ at }) => named(at));
      if (hits.length > 0) found.set(rule.id, hits.sort());
    }
    const expected = new Map(
      Object.entries(truth.expected).map(([id, { matches }]) => [id, matches.map(named).sort()]),
    );
    const count = [...found.values()].reduce((sum, hits) => sum + hits.length, 0);
    context.diagnostic(`${rules.length} rules on ${logged.length} events: ${found.size} rules match, ${count} matches`);
    const beyond = new Map([...found].filter(([id]) => !expected.has(id)));
    for (const id of beyond.keys()) found.delete(id);
    assert.deepEqual(found, expected);
    assert.deepEqual(beyond, new Map(Object.entries(byFieldMap)));
  });

  const regression = sharedData('sigma-regression/cases.jsonl');
  test('the rules of the regression data match the events that come with them', {
    skip: regression.skip,
  }, (context) => {
    const cases = jsonLines<{ rule_path: string; rule: object; events: unknown[] }>(regression.file);
    const refusals = new Map<string, number>();
    const failures: string[] = [];
    let passed = 0;
    for (const { rule_path, rule, events } of cases) {
      const { rules, faults } = parseRuleSet([{ source: rule_path, text: JSON.stringify(rule) }]);
      for (const { message } of faults) refusals.set(message, (refusals.get(message) ?? 0) + 1);
      const [parsed] = rules as DetectionRule[];
      if (!parsed) continue;
      const matches = compileDetection(parsed.detection);
      if (events.some((event) => matches(rawEvent('windows.event', event)))) passed += 1;
      else failures.push(rule_path);
    }
    for (const [message, count] of refusals) context.diagnostic(`refused, ${count} rules: ${message}`);
    context.diagnostic(`${cases.length} cases, ${passed} passed`);
    assert.deepEqual(failures, []);
    assert.deepEqual([passed, refusals.size], [cases.length, 0]);
  });
});
