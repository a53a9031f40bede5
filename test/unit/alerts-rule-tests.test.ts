import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { testRules } from '../../services/alerts/rule-tests/index.js';
import { cli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'rule-tests-'));
after(() => rmSync(folder, { recursive: true }));

const ruleWith = (tests: string): string => `title: Many failures
logsource: {product: sealstream}
detection:
  selection: {action: auth.login_failed}
  condition: selection
custom_attributes:
  new_value: {field: ip, learning: 1d}
  tests:
${tests}`;

/** A rule of which three failures of a user within a minute are an alert. */
const counting = (tests: string): string => `name: Three failures
filter: {action: auth.failed}
condition: {count: ">= 3", window: 1m, groupBy: actor.id}
custom_attributes:
  tests:
${tests}`;

const resultsOf = (text: string) => {
  const { faults, results } = testRules([{ source: 'rules.yml', text }]);
  assert.deepEqual(faults, []);
  return results;
};
const faultsOf = (text: string): string[] =>
  testRules([{ source: 'rules.yml', text }]).faults.map(
    ({ line, column, code, message }) => `${line}:${column} ${code} ${message}`,
  );

describe('tests that rules carry', () => {
  test('hold of rules of the simple form and of Sigma alike', () => {
    const events = 'events: [{repeat: 3, action: auth.login_failed, actor: {id: usr_1}}]';
    const [passed] = resultsOf(
      counting(`    - {name: three, ${events}, alerts: [{group: {actor.id: usr_1}, count: 3}]}`),
    );
    assert.equal(passed!.passed, true);
    const first = '{action: auth.login_failed, actor: {id: usr_1}, ip: "192.0.2.{n}", repeat: 2}';
    assert.equal(resultsOf(ruleWith(`    - {name: new, events: [${first}], alerts: [{at: 1s}]}`))[0]!.passed, true);
  });

  test('say what is missing and what came unasked', () => {
    const [result] = resultsOf(
      counting(`    - name: of two users
      events:
        - {repeat: 3, every: 10s, action: auth.login_failed, actor: {id: usr_1}}
      alerts: [{group: {actor.id: usr_2}}, {count: 4}]`),
    );
    assert.equal(result!.passed, false);
    assert.equal(result!.missing.length, 2);
    assert.equal(result!.unexpected.length, 1);
    const [found] = result!.unexpected;
    assert.deepEqual([...found!.group], [['actor.id', 'usr_1']]);
    assert.deepEqual([found!.count, found!.hits, found!.untilUs - found!.atUs], [3, 1, 0]);
  });

  test('an alert too many fails, as one too few does', () => {
    const test = (alerts: string): boolean =>
      resultsOf(
        counting(`    - name: two users
      events:
        - {repeat: 3, action: auth.login_failed, actor: {id: usr_1}}
        - {repeat: 3, action: auth.login_failed, actor: {id: usr_2}}
      alerts: ${alerts}`),
      )[0]!.passed;
    assert.equal(test('[{group: {actor.id: usr_1}}, {group: {actor.id: usr_2}}]'), true);
    assert.equal(test('[{}, {}]'), true);
    assert.equal(test('[{}]'), false);
    assert.equal(test('[]'), false);
    assert.equal(test('[{}, {}, {}]'), false);
  });

  test('late events take no part, and that is said', () => {
    const [result] = resultsOf(
      counting(`    - name: late
      events: [{repeat: 3, appended: 11m, action: auth.login_failed, actor: {id: usr_1}}]
      alerts: [{}]`),
    );
    assert.deepEqual(result!.leftOut, { late: 3 });
  });

  test('a test that cannot be read is refused with its place, and nothing is run', () => {
    const fault = (test: string): string | undefined => faultsOf(counting(`    - ${test}`))[0];
    assert.match(fault('{name: x, events: [{action: a.b}]}')!, /^6:8 missing alerts is missing; \[\] where/);
    assert.match(fault('{name: x, events: [], alert: []}')!, /^6:\d+ unknown_key a test has no "alert"/);
    assert.match(
      fault('{name: x, alerts: [], events: [{actoin: a.b}]}')!,
      /^6:\d+ invalid an event: (action is missing|\/actoin is no field)/,
    );
    assert.match(fault('{name: x, alerts: [], events: [{action: a.b, acter: u}]}')!, /an event: \/acter is no field/);
    assert.match(fault('{name: x, alerts: [], events: [{action: a.b, ip: home}]}')!, /"home" is neither/);
    assert.match(fault('{name: x, alerts: [], events: [{action: a.b, at: soon}]}')!, /at "soon" is no stretch of time/);
    assert.match(fault('{name: x, alerts: [], events: [{action: a.b, every: 1s}]}')!, /every is of an event that has/);
    assert.match(fault('{name: x, alerts: [], events: [{action: a.b, repeat: 10001}]}')!, /repeat has to be a number/);
    assert.match(fault('{name: x, alerts: [], events: [], places: {192.0.2.1: XX}}')!, /"XX" is no country's code/);
    const hidden = testRules([
      {
        source: 'rules.yml',
        text: `title: Below\nname: below\nlogsource: {product: sealstream}\ndetection: {s: {action: a.b}, condition: s}
custom_attributes: {tests: [{name: x, events: [], alerts: []}]}
---
title: Above\ncorrelation: {type: event_count, rules: [below], timespan: 1m, condition: {gt: 1}}`,
      },
    ]);
    assert.match(hidden.faults[0]!.message, /"Below" gives no alerts of its own/);
  });

  test("are no part of the rule's version", () => {
    const version = (tests: string) => resultsOf(counting(tests))[0]!.test.rule.version;
    const one = '    - {name: a, events: [], alerts: []}';
    assert.equal(version(one), version(`${one}\n    - {name: b, events: [], alerts: []}`));
  });
});

describe('sealstream alerts test', () => {
  const fileOf = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return name;
  };
  const events = 'events: [{repeat: 3, action: auth.login_failed, actor: {id: usr_1}}]';
  const passing = fileOf('passing.yml', counting(`    - {name: three, ${events}, alerts: [{}]}`));
  const failing = fileOf(
    'failing.yml',
    counting(`    - {name: three of somebody whose name is long, ${events}, alerts: [{count: 4}]}`),
  );
  const refused = fileOf('refused.yml', 'name: x\nfilter: {acton: y}\n');

  test('ends with 0 where all pass, 1 where one fails, 2 where a rule or a file cannot be read', async () => {
    const exitCode = async (...files: string[]): Promise<number> =>
      (await cli(['alerts', 'test', ...files], { cwd: folder })).exitCode;
    assert.equal(await exitCode(passing), 0);
    assert.equal(await exitCode(failing), 1);
    assert.equal(await exitCode(passing, refused), 2);
    assert.equal(await exitCode('absent.yml'), 2);
    assert.equal(await exitCode(), 2);
  });

  test('says what differs, in lines of 80 columns', async () => {
    const { stdout } = await cli(['alerts', 'test', failing], { cwd: folder });
    assert.equal(
      stdout,
      `failing.yml
  FAILED Three failures (1 test)
    failing.yml:6 three of somebody whose name is long
      not found: an alert of 4 events
      not expected: an alert of "Three failures" organization=acme,
      actor.id=usr_1, at 2026-03-02T12:00:02Z, until 2026-03-02T12:00:02Z, of 3
      events, with 1 hits
0 of 1 tests passed, of 1 rules
`,
    );
    const refusal = await cli(['alerts', 'test', refused], { cwd: folder });
    assert.match(refusal.stdout, /^refused\.yml:2:10 unknown_field: "acton" is no field of an event/);
    for (const line of refusal.stdout.split('\n')) assert.ok(line.length <= 80, line);
  });

  test('takes standard input, folders, and the built-in rules', async () => {
    const piped = await cli(['alerts', 'test', '-'], {
      stdin: counting(`    - {name: three, ${events}, alerts: [{}]}`),
    });
    assert.match(piped.stdout, /^standard input\n {2}ok {5}Three failures \(1 test\)\n1 of 1 tests passed/);
    assert.equal((await cli(['alerts', 'test', '.'], { cwd: folder })).exitCode, 2);
    const { exitCode, stdout } = await cli(['alerts', 'test', '--pack', '-o', 'json']);
    assert.equal(exitCode, 0);
    const { tests, untested } = JSON.parse(stdout) as { tests: { passed: boolean }[]; untested: unknown[] };
    assert.ok(tests.length > 40 && tests.every(({ passed }) => passed));
    assert.deepEqual(untested, []);
  });
});
