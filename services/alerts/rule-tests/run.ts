import { formatUuid } from '../../core/wire/uuid.js';
import { createRuleIndex } from '../match/index.js';
import type { DetectionRule, Rule } from '../rules/rule.js';
import { type Entered, judgeAll, type Left, planWindows } from '../windows/index.js';
import type { ExpectedAlert, FoundAlert, RuleTest, TestResult } from './rule-test.js';

/** Judges a test's events by its rule and those below it, as the engine would once all of them are settled. */
export function runRuleTest(test: RuleTest, ruleById: ReadonlyMap<string, Rule>): TestResult {
  const rules = [...withBelow(test.rule, ruleById)];
  const plan = planWindows(rules, { locate: (address) => test.places.get(address) });
  const index = createRuleIndex(rules.filter((rule): rule is DetectionRule => rule.kind === 'detection'));
  const leftOut: Partial<Record<Left, number>> = {};
  const countLeft = (left: Left): void => {
    leftOut[left] = (leftOut[left] ?? 0) + 1;
  };
  const entered = test.events.flatMap(({ event, appendTimeUs }): Entered[] =>
    plan
      .entriesOf(event, index.match(event), appendTimeUs, countLeft)
      .map((entry) => ({ entry, timeUs: event.body.occurred_at, eventId: formatUuid(event.body.id) })),
  );
  const { groupNames } = plan.windows.get(test.rule.id)!;
  const found = judgeAll(plan, entered)
    .filter(({ rule }) => rule === test.rule.id)
    .flatMap(({ group: [organization = '', ...values], runs }) =>
      runs.map(
        ({ firstUs, lastUs, count, hits }): FoundAlert => ({
          group: new Map(groupNames.map((name, at) => [name, values[at]!])),
          organization,
          atUs: firstUs,
          untilUs: lastUs,
          count,
          hits,
        }),
      ),
    );
  return { test, ...compare(test.alerts, found), leftOut };
}

function withBelow(rule: Rule, ruleById: ReadonlyMap<string, Rule>): Set<Rule> {
  const below = rule.kind === 'correlation' ? rule.correlation.rules : [];
  return new Set([...below.flatMap((id) => [...withBelow(ruleById.get(id)!, ruleById)]), rule]);
}

/** Each expected alert takes the first found one that is like it and not taken. */
function compare(
  expected: readonly ExpectedAlert[],
  found: readonly FoundAlert[],
): Pick<TestResult, 'passed' | 'missing' | 'unexpected'> {
  const left = [...found].sort((a, b) => a.atUs - b.atUs);
  const missing = expected.filter((one) => {
    const at = left.findIndex((alert) => isLike(one, alert));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { passed: missing.length === 0 && left.length === 0, missing, unexpected: left };
}

function isLike({ group, ...expected }: ExpectedAlert, found: FoundAlert): boolean {
  const sameGroup = [...(group ?? [])].every(([name, value]) => found.group.get(name) === value);
  return sameGroup && Object.entries(expected).every(([name, value]) => found[name as keyof typeof expected] === value);
}
