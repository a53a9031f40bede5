import type { RuleFault } from '../rules/fault.js';
import { parseRuleSet, type RuleSource } from '../rules/parse.js';
import type { Rule } from '../rules/rule.js';
import { readRuleTests } from './read.js';
import type { TestResult } from './rule-test.js';
import { runRuleTest } from './run.js';

export interface TestedRules {
  /** Why rules or tests cannot be run. Where there are any, nothing was run. */
  faults: readonly RuleFault[];
  warnings: readonly RuleFault[];
  results: readonly TestResult[];
  /** Rules that give alerts and carry no tests. */
  untested: readonly Rule[];
}

/** Reads the rules of several texts as one set and runs the tests that they carry. */
export function testRules(sources: readonly RuleSource[]): TestedRules {
  const { rules, faults, warnings } = parseRuleSet(sources);
  const read = readRuleTests(sources, rules);
  const all = [...faults, ...read.faults];
  if (all.length > 0) return { faults: all, warnings, results: [], untested: [] };
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const tested = new Set(read.tests.map(({ rule }) => rule));
  return {
    faults: [],
    warnings,
    results: read.tests.map((test) => runRuleTest(test, ruleById)),
    untested: rules.filter((rule) => rule.alerts && !tested.has(rule)),
  };
}
