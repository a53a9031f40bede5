import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { openPlaces } from '../../services/alerts/geo/index.js';
import { judgeAll, planWindows } from '../../services/alerts/windows/index.js';
import { formatUuid } from '../../services/core/wire/index.js';
import { eventsOfLog } from '../support/crowdsec/logs.js';
import { translate } from '../support/crowdsec/scenarios.js';
import { sharedData } from '../support/importing.js';
import { enterAll, rulesOf } from '../support/window-events.js';

const { file: folder, skip } = sharedData('crowdsec-hub');
const read = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');

interface Overflow {
  scenario: string;
  sources: string[];
}

/** What the assertions of a test say: which scenario overflowed, and for whom. */
function overflowsIn(assertions: string): Overflow[] {
  const overflows: Overflow[] = [];
  for (const line of assertions.split('\n')) {
    const at = /^results\[(\d+)\]/.exec(line)?.[1];
    if (at === undefined) continue;
    overflows[Number(at)] ??= { scenario: '', sources: [] };
    const overflow = overflows[Number(at)]!;
    const scenario = /Alert\.GetScenario\(\) == "(.*)"/.exec(line)?.[1];
    const source = /Sources\["(.*?)"\]\.GetValue\(\)/.exec(line)?.[1];
    if (scenario) overflow.scenario = scenario;
    if (source) overflow.sources.push(source.replace(/^::ffff:/, ''));
  }
  return overflows;
}

/** The scenarios that a test names and that are there. */
function scenariosOf(name: string): string[] {
  const { scenarios } = parse(read('tests', name, 'config.yaml')) as { scenarios: string[] | null };
  return (scenarios ?? [])
    .map((one) =>
      one
        .trim()
        .replace(/^(\.\/)?(scenarios\/)?/, '')
        .replace(/(\.yaml)?$/, '.yaml'),
    )
    .filter((one) => one !== '.yaml' && existsSync(join(folder, 'scenarios', one)))
    .map((one) => read('scenarios', one));
}

const key = ({ scenario, sources }: Overflow): string => `${scenario} ${[...sources].sort().join(' ')}`;

describe("CrowdSec's hub", { skip }, () => {
  const names = skip ? [] : readdirSync(join(folder, 'tests')).sort();
  const expected = skip ? {} : (JSON.parse(read('expected-overflows.json')) as Record<string, { scenarios: string[] }>);
  const { locate } = openPlaces({ files: [] });
  const passed: string[] = [];
  const leftOut = new Map<string, string>();

  for (const name of names) {
    const scenarios = skip ? [] : scenariosOf(name);
    if (scenarios.length === 0) {
      leftOut.set(name, 'it is about reading a log: it names no scenario');
      continue;
    }
    const translated = scenarios.flatMap(translate);
    const wanted = expected[name]!.scenarios;
    const reason = translated.find(({ rules, name: scenario }) => !rules && wanted.includes(scenario))?.why;
    if (reason) {
      leftOut.set(name, reason);
      continue;
    }
    test(`${name}: the same scenarios fire, as often, for the same sources`, () => {
      const log = readdirSync(join(folder, 'tests', name)).find((one) => one.endsWith('.log'))!;
      const events = eventsOfLog(read('tests', name, log));
      const texts = translated.flatMap(({ rules }) => rules ?? []).map((rule) => JSON.stringify(rule));
      const rules = rulesOf(texts.join('\n---\n'));
      const plan = planWindows(rules, { locate });
      const titles = new Map(rules.map(({ id, text }) => [id, text.title]));
      const alerting = new Set(rules.filter(({ alerts }) => alerts).map(({ id }) => id));
      const detailsById = new Map(
        events.map(({ body, content }) => [formatUuid(body.id), JSON.parse(content.details) as Record<string, string>]),
      );
      const overflows = overflowsIn(read('tests', name, 'scenario.assert'));
      const found = judgeAll(plan, enterAll(plan, rules, events))
        .filter(({ rule }) => alerting.has(rule))
        .flatMap(({ rule, runs }) => runs.map((run) => ({ scenario: titles.get(rule)!, run })))
        .map(({ scenario, run }): Overflow => {
          // Which field says the source is the scenario's own choice: whichever has its values.
          const told = new Set(overflows.filter((one) => one.scenario === scenario).flatMap(({ sources }) => sources));
          const values = run.eventIds.flatMap((id) => valuesIn(detailsById.get(id)!));
          return { scenario, sources: [...new Set(values.filter((value) => told.has(value)))] };
        });
      assert.deepEqual(found.map(({ scenario }) => scenario).sort(), [...wanted].sort());
      assert.deepEqual(found.map(key).sort(), overflows.map(key).sort());
      passed.push(name);
    });
  }

  test('25 of its 39 tests have a counterpart and pass; why the others have none is known', (t) => {
    for (const [name, why] of leftOut) t.diagnostic(`${name}: ${why}`);
    t.diagnostic(
      `${names.length} tests, ${passed.length} translated and passed, ${leftOut.size} without a counterpart`,
    );
    assert.deepEqual([names.length, passed.length, leftOut.size], [39, 25, 14]);
  });
});

const valuesIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesIn) : [String(value)];
