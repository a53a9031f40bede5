import type { ExpectedAlert, FoundAlert, TestedRules, TestResult } from '../../alerts/rule-tests/index.js';
import type { Rule, RuleFault } from '../../alerts/rules/index.js';
import { formatTimestampUs } from '../../core/event/index.js';
import type { Paint } from '../output/style.js';
import { printable, wrap } from '../output/text.js';

/** Where something in a rule's text is wrong, one fault a line or more. */
export const faultText = (
  { source, line, column, code, message }: RuleFault,
  { width, paint }: { width: number; paint: Paint },
): string => {
  const [first = '', ...rest] = wrap(printable(`${source}:${line}:${column} ${code}: ${message}`), width - 2);
  return `${[paint(first, 'bad'), ...rest.map((more) => `  ${more}`)].join('\n')}\n`;
};

/** What the tests of some rules came to, in lines of at most `width` columns. */
export function reportText(
  { results, untested }: TestedRules,
  { width, paint }: { width: number; paint: Paint },
): string {
  const lines: string[] = [];
  const add = (indent: number, text: string): void => {
    for (const line of wrap(printable(text), width - indent)) lines.push(' '.repeat(indent) + line);
  };
  const state = (passed: boolean): string => (passed ? paint('ok', 'good') : paint('FAILED', 'bad'));
  const byRule = new Map<Rule, TestResult[]>();
  for (const result of results) byRule.set(result.test.rule, [...(byRule.get(result.test.rule) ?? []), result]);
  let source = '';
  for (const [rule, own] of byRule) {
    if (rule.origin.source !== source) {
      source = rule.origin.source;
      lines.push(paint(printable(source), 'head'));
    }
    const failed = own.filter(({ passed }) => !passed);
    const count = own.length === 1 ? '1 test' : `${own.length} tests`;
    const [first = '', ...rest] = wrap(printable(`${rule.text.title} (${count})`), width - 9);
    lines.push(`  ${state(failed.length === 0)}${failed.length === 0 ? '    ' : ''} ${first}`);
    for (const more of rest) lines.push(`         ${more}`);
    for (const result of failed) {
      add(4, `${source}:${result.test.origin.line} ${result.test.name}`);
      for (const line of differences(result)) add(6, line);
    }
  }
  if (untested.length > 0) add(0, `Without tests: ${untested.map(({ text }) => text.title).join(', ')}`);
  const failed = results.filter(({ passed }) => !passed).length;
  const passed = results.length - failed;
  lines.push(`${passed} of ${results.length} tests passed, of ${byRule.size + untested.length} rules`);
  return `${lines.join('\n')}\n`;
}

function differences({ test, missing, unexpected, leftOut }: TestResult): string[] {
  const left = Object.entries(leftOut).map(([why, count]) => `${count} times ${reasons[why as keyof typeof reasons]}`);
  return [
    ...missing.map((alert) => `not found: ${expectedText(alert)}`),
    ...unexpected.map((alert) => `not expected: ${foundText(alert, test.rule)}`),
    ...(left.length > 0 ? [`took no part: ${left.join(', ')}`] : []),
  ];
}

const reasons = {
  late: 'an event that was appended later than the rule waits (grace)',
  no_group: 'an event without a field to group by',
  no_value: 'an event without the field that is counted',
  no_place: 'an event whose address is nowhere that is known (places)',
};

const time = (us: number): string => formatTimestampUs(us).replace(/\.?0*Z$/, 'Z');
const pairs = (group: ReadonlyMap<string, string>): string[] => [...group].map(([name, value]) => `${name}=${value}`);

function expectedText({ group, organization, atUs, untilUs, count, hits }: ExpectedAlert): string {
  const said = [
    ...(organization === undefined ? [] : [`organization=${organization}`]),
    ...(group ? pairs(group) : []),
    ...(atUs === undefined ? [] : [`at ${time(atUs)}`]),
    ...(untilUs === undefined ? [] : [`until ${time(untilUs)}`]),
    ...(count === undefined ? [] : [`of ${count} events`]),
    ...(hits === undefined ? [] : [`with ${hits} hits`]),
  ];
  return `an alert${said.length === 0 ? '' : ` ${said.join(', ')}`}`;
}

const foundText = ({ group, organization, atUs, untilUs, count, hits }: FoundAlert, rule: Rule): string =>
  [
    `an alert of ${JSON.stringify(rule.text.title)} organization=${organization}`,
    ...pairs(group),
    `at ${time(atUs)}`,
    `until ${time(untilUs)}`,
    `of ${count} events`,
    `with ${hits} hits`,
  ].join(', ');
