import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type CorrelationRule, parseRuleSet, parseRules, ruleLimits } from '../../services/alerts/rules/index.js';
import { sharedData } from '../support/importing.js';
import { faultsOf, rulesOf, said, selecting, sigma } from '../support/rules.js';

const fault = (text: string, limits?: Parameters<typeof faultsOf>[1]): string => {
  const [first, ...more] = faultsOf(text, limits);
  assert.deepEqual(more, []);
  return first!;
};

const minuteUs = 60_000_000;

describe('a rule that is refused says where and why', () => {
  test('modifiers that are not supported, or do not exist, or contradict each other', () => {
    const at = (key: string): string => fault(sigma(`s:\n  ${key}: x\ncondition: s`));
    for (const name of ['base64', 'base64offset', 'expand', 'wide', 'utf16', 'utf16le', 'utf16be']) {
      assert.match(
        at(`message|${name}`),
        new RegExp(`^7:5 unsupported the modifier ${name} of "message" is not supported`),
      );
    }
    assert.match(
      at('message|like'),
      /^7:5 unknown_modifier the modifier like of "message" is unknown; known are contains, /,
    );
    assert.match(at('message|contains|startswith'), /the modifier startswith of "message" does not go with contains$/);
    assert.match(at('message|i'), /the modifier i of "message" does not go with/);
    assert.match(at('message|re|cased'), /the modifier cased of "message" does not go with re$/);
    assert.match(at('message|contains|contains'), /is given twice$/);
    assert.match(at('message|re|windash'), /the modifier windash of "message" does not go with re$/);
    assert.match(at('message|fieldref|windash'), /the modifier windash of "message" does not go with fieldref$/);
  });

  test('values that the modifier cannot take', () => {
    const at = (entry: string): string => fault(selecting(`{${entry}}`)).replace(/^\d+:\d+ /, '');
    assert.match(at("'message|exists': maybe"), /^invalid message\|exists has to be true or false, not a text$/);
    assert.match(at("'ip|cidr': 10.0.0.0/33"), /^invalid ip\|cidr "10.0.0.0\/33" is no block of addresses/);
    assert.match(at("'details.n|gt': five"), /^invalid details.n has to be a number from .* not "five"$/);
    assert.match(at("'time|hour': 24"), /^invalid time\|hour has to be a number from 0 to 23, not "24"$/);
    assert.match(at("'message|windash': 5"), /^invalid message\|windash takes texts, not a number$/);
    assert.match(
      at("'message|windash': a-b-c-d-e-f"),
      /^limit message\|windash: "a-b-c-d-e-f" has 5 dashes and slashes, at most 4: list the spellings that matter$/,
    );
    assert.match(at("'message|re': '(a'"), /^invalid message\|re "\(a" is no regular expression of RE2: /);
    assert.match(at("'message|re': '(?=a)'"), /is no regular expression of RE2/);
    assert.match(
      at('action: [a, null]'),
      /^invalid action: null cannot be one of a list; make a selection of its own$/,
    );
    assert.match(at('action: []'), /^invalid action is an empty list$/);
    assert.match(at('action: {a: b}'), /^invalid action has a map as a value$/);
  });

  test('a field that no event has', () => {
    assert.match(
      fault(sigma('s:\n  actr.id: x\ncondition: s')),
      /^7:5 unknown_field "actr.id" is no field of an event; known are id, /,
    );
    assert.match(fault(selecting("{'actor.id|fieldref': foo}")), /unknown_field "foo" is no field/);
    assert.match(fault(selecting('{details.: x}')), /unknown_field/);
  });

  test('conditions, to the character', () => {
    const at = (condition: string): string => fault(sigma(`s: {action: a}\ncondition: ${condition}`));
    assert.equal(at('s and nix'), '7:20 unknown_selection condition: there is no selection "nix"');
    assert.equal(at('s and'), '7:19 syntax condition: ends where a selection is expected');
    assert.equal(at('(s or s'), '7:14 syntax condition: a parenthesis is never closed');
    assert.equal(at("'s s'"), '7:17 syntax condition: "s" is not expected here');
    assert.equal(at('1 of x_*'), '7:19 unknown_selection condition: no selection is called "x_*"');
    assert.equal(at('2 of s*'), '7:14 unsupported condition: "2 of": only 1 of and all of are known');
    assert.equal(at('any of s*'), '7:14 unsupported condition: "any of": only 1 of and all of are known');
    assert.match(at('s | count() > 5'), /^7:16 unsupported condition: what stands behind \| is no part of Sigma 2/);
  });

  test('what belongs to other versions of Sigma', () => {
    assert.match(
      fault(sigma('s: {action: a}\ncondition: s\ntimeframe: 5m')),
      /^8:3 unsupported timeframe is no part of Sigma 2/,
    );
    assert.match(fault('action: global\ntitle: x\ndetection: {}\n'), /^1:1 unsupported action is no part of Sigma 2/);
    assert.match(
      fault('title: x\nlogsource: {product: a}\nfilter: {rules: any, condition: s}\n'),
      /^3:1 unsupported Sigma filters are not supported/,
    );
    assert.match(
      fault(sigma('s: {action: a}\ncondition: s', 'taxonomy: ecs\n')),
      /unsupported the taxonomy ecs is not supported/,
    );
  });

  test('text that is no YAML, with its line', () => {
    assert.match(fault('title: x\n  b: c: d\n'), /^1:8 syntax no YAML: Nested mappings/);
    assert.match(fault('title: x\ntitle: y\n'), /^2:1 syntax no YAML: Map keys must be unique/);
    assert.match(fault('a: &x 1\nb: *x\n'), /^2:4 unsupported the alias \*x: write the value out$/);
    assert.match(fault('- a\n'), /^1:1 invalid a rule has to be a map, not a list$/);
  });

  test('every fault of a text is said, and nothing of it is run', () => {
    const text = [selecting('{foo: x}'), selecting('{action: x}'), selecting("{'action|like': x}")].join('---\n');
    assert.deepEqual(
      faultsOf(text).map((line) => line.split(' ', 2).join(' ')),
      ['6:7 unknown_field', '22:7 unknown_modifier'],
    );
    const { rules, faults } = parseRuleSet([{ source: 'a.yml', text }]);
    assert.equal(rules.length, 1);
    assert.deepEqual(
      faults.map(({ source }) => source),
      ['a.yml', 'a.yml'],
    );
  });

  test('limits', () => {
    const small = {
      ...ruleLimits,
      terms: 3,
      valueLength: 40,
      wildcards: 2,
      regexLength: 8,
      regexProgram: 50,
      depth: 4,
    };
    assert.match(fault(selecting('{action: [a, b, c, d]}'), small), /limit action has 4 values, at most 3/);
    assert.match(
      fault(sigma('s: {action: [a, b]}\ncondition: s or s'), small),
      /limit the detection compares 4 values, at most 3/,
    );
    assert.match(fault(selecting(`{action: ${'a'.repeat(41)}}`), small), /limit action has 41 characters, at most 40/);
    assert.match(fault(selecting("{message: 'a*b*c*'}"), small), /limit 3 wildcards in one value, at most 2/);
    assert.match(
      fault(selecting("{'message|re': '123456789'}"), small),
      /limit message\|re has 9 characters, at most 8/,
    );
    assert.match(
      fault(selecting("{'message|re': 'a{90}'}"), small),
      /limit message\|re compiles to \d+ instructions, at most 50/,
    );
    assert.match(
      fault(sigma('s: {action: a}\ncondition: ((((((s))))))'), small),
      /limit condition: more than 4 parentheses/,
    );
    assert.match(
      fault(selecting('{action: a}'), { ...ruleLimits, textLength: 10 }),
      /^1:1 limit a text of \d+ characters, at most 10/,
    );
    assert.match(fault('a: [[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]\n'), /limit lists and maps within each other/);
    assert.match(fault(`a: ${'['.repeat(200_000)}`), /limit|syntax/);
    assert.match(
      faultsOf(`${selecting('{action: a}')}---\n${selecting('{action: b}')}`, { ...ruleLimits, rules: 1 })[0]!,
      /limit more than 1 rules in one set/,
    );
  });
});

const failed =
  'name: failed\ntitle: failed\nlogsource: {product: sealstream}\ndetection: {s: {action: auth.login_failed}, condition: s}\n';
const success =
  'name: success\ntitle: success\nlogsource: {product: sealstream}\ndetection: {s: {action: auth.login}, condition: s}\n';
const correlation = (body: string, head = 'title: many\nid: many'): string =>
  `${head}\ncorrelation:\n${body.replace(/^/gm, '  ')}\n`;
const set = (...texts: string[]): string => texts.join('---\n');
const many = correlation('type: event_count\nrules: [failed]\ngroup-by: [ip]\ntimespan: 5m\ncondition: {gt: 5}');

describe('correlations', () => {
  test('refer to rules by name or id, whatever the order', () => {
    const rules = rulesOf(set(many, failed));
    const [rule, below] = rules as [CorrelationRule, CorrelationRule];
    assert.deepEqual(rule.correlation.rules, [below.id]);
    assert.equal(rule.correlation.timespanUs, 5 * minuteUs);
    assert.deepEqual(rule.correlation.condition, [{ comparison: 'gt', value: 5 }]);
    assert.deepEqual(rule.correlation.groupBy[0]!.of[below.id]![below.id]!.places, [{ kind: 'column', column: 'ip' }]);
    assert.deepEqual(
      rules.map(({ alerts }) => alerts),
      [true, false],
    );
  });

  test('with generate, the rules referred to alert as well', () => {
    const rules = rulesOf(set(many.replace('timespan', 'generate: true\n  timespan'), failed));
    assert.deepEqual(
      rules.map(({ alerts }) => alerts),
      [true, true],
    );
  });

  test('may span texts, and name the text that is wrong', () => {
    const { rules, faults } = parseRuleSet([
      { source: 'a.yml', text: many },
      {
        source: 'b.yml',
        text: set(failed, correlation('type: temporal\nrules: [failed, nix]\ntimespan: 1m', 'title: bad')),
      },
    ]);
    assert.equal(rules.length, 2);
    assert.deepEqual(
      faults.map((one) => `${one.source} ${said(one)}`),
      ['b.yml 9:19 unknown_rule there is no rule "nix"'],
    );
  });

  test('of correlations: fields are those of the events below', () => {
    const chain = correlation(
      'type: temporal_ordered\nrules: [many, success]\ngroup-by: [who]\ntimespan: 1h\naliases:\n  who: {many: actor.name, success: actor.email}',
      'title: chain\nid: chain',
    );
    const [top] = rulesOf(set(chain, many, failed, success)) as [CorrelationRule];
    const { of } = top.correlation.groupBy[0]!;
    const ids = rulesOf(set(failed, success)).map(({ id }) => id) as [string, string];
    assert.deepEqual(of.many![ids[0]]!.places, [{ kind: 'column', column: 'actor_name' }]);
    assert.deepEqual(of[ids[1]]![ids[1]]!.places, [{ kind: 'column', column: 'actor_email' }]);
    assert.deepEqual(top.correlation.condition, [{ comparison: 'gte', value: 2 }]);
  });

  test('that go in a circle, are ambiguous, or hang on a refused rule are refused', () => {
    const a = correlation('type: temporal\nrules: [b]\ntimespan: 1m', 'title: a\nname: a');
    const b = correlation('type: temporal\nrules: [a]\ntimespan: 1m', 'title: b\nname: b');
    assert.match(faultsOf(set(a, b))[0]!, /cyclic_rules rules refer to each other: a → b → a$/);
    assert.match(
      fault(set(many, failed, failed.replace('title: failed', 'title: other\nid: x'))),
      /^5:11 ambiguous_rule 2 rules are called "failed"/,
    );
    assert.deepEqual(
      faultsOf(set(failed.replace('auth.login_failed', '{}'), many)).map((line) => line.split(' ')[1]),
      ['invalid', 'unknown_rule'],
    );
    assert.match(fault(set(failed, failed)), /^6:1 duplicate_rule the id .* is that of "failed", too/);
  });

  test('with fields, windows or types that cannot be', () => {
    const at = (from: string, to: string): string =>
      fault(set(many.replace(from, to), failed)).replace(/^\d+:\d+ /, '');
    assert.match(at('[ip]', '[ipp]'), /^unknown_field "ipp" is no field of an event/);
    assert.match(at('5m', '31d'), /^limit timespan 31d is over the limit of 30d$/);
    assert.match(at('5m', '5x'), /^invalid timespan "5x" is no stretch of time: write 30s, 5m, 1h, 7d$/);
    assert.match(at('event_count', 'value_avg'), /^unsupported the correlation value_avg is not supported/);
    assert.match(at('{gt: 5}', '{over: 5}'), /^unknown_key condition has no "over"; known are gt, /);
    assert.match(at('event_count', 'value_count'), /^missing condition: field is missing$/);
    assert.match(at('group-by', 'groupby'), /^unknown_key correlation has no "groupby"/);
    assert.match(at('condition: {gt: 5}', ''), /^missing correlation: condition is missing$/);
  });
});

describe('extensions', () => {
  const attributes = (text: string): string => sigma('s: {action: a}\ncondition: s', `custom_attributes:\n  ${text}\n`);
  const extensions = (text: string) => rulesOf(attributes(text))[0]!.extensions;

  test('are read into microseconds and minutes', () => {
    assert.deepEqual(extensions('{suppress: 1h, grace: 30s, resolve_after: 2d, timezone: Europe/Berlin}'), {
      suppressUs: 60 * minuteUs,
      graceUs: minuteUs / 2,
      timeZone: 'Europe/Berlin',
      resolveAfterUs: 48 * 60 * minuteUs,
    });
    assert.deepEqual(
      extensions('{off_hours: {days: mon-thu, hours: "07:30-16:00", holidays: [2026-12-25]}, timezone: Asia/Tokyo}')
        .offHours,
      {
        timeZone: 'Asia/Tokyo',
        days: [1, 2, 3, 4],
        fromMinute: 450,
        toMinute: 960,
        holidays: ['2026-12-25'],
      },
    );
    const { newValue } = extensions('{new_value: {field: user_agent, group_by: actor.id, learning: 30d}}');
    assert.equal(newValue!.learningUs, 30 * 24 * 60 * minuteUs);
    assert.deepEqual(
      newValue!.groupBy.map(({ name }) => name),
      ['actor.id'],
    );
    assert.equal(extensions('{impossible_travel: true}').impossibleTravel!.speedKmh, 900);
  });

  test('that are misspelled or impossible are refused', () => {
    const at = (text: string): string => fault(attributes(text)).replace(/^\d+:\d+ /, '');
    assert.match(at('{supress: 1h}'), /^unknown_key custom_attributes has no "supress"; known are new_value, /);
    assert.match(at('{timezone: Europe/Nowhere}'), /^invalid timezone "Europe\/Nowhere" is no time zone/);
    assert.match(at('{timezone: "+02:00"}'), /is no time zone/);
    assert.match(at('{new_value: {field: nope, learning: 1d}}'), /^unknown_field/);
    assert.match(at('{new_value: {field: ip, learning: 2y}}'), /is no stretch of time/);
    assert.match(
      at('{new_value: {field: ip, learning: 400d}}'),
      /^limit new_value: learning 400d is over the limit of 365d/,
    );
    assert.match(at('{off_hours: {hours: "25:00-26:00"}}'), /^invalid off_hours: hours has to be like/);
  });
});

describe('the version of a rule', () => {
  const version = (text: string): string => rulesOf(text)[0]!.version;
  test('changes with what it finds, and not with what is said about it', () => {
    const text = selecting('{action: a}');
    assert.equal(version(text), version(text.replace('A rule', 'Another title')));
    assert.equal(version(text), version(`# a comment\n${text}description: new\n`));
    assert.notEqual(version(text), version(selecting('{action: b}')));
    assert.notEqual(version(text), version(`${text}level: high\n`));
    assert.notEqual(version(set(many, failed)), version(set(many, failed.replace('login_failed', 'failed'))));
  });

  test('an id that is not given is made of the name, and stays when the rule changes', () => {
    const id = (text: string): string => rulesOf(text)[0]!.id;
    assert.equal(id(failed), id(failed.replace('login_failed', 'x')));
    assert.match(id(failed), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('the specification’s own examples', () => {
  const { file, skip } = sharedData('sigma-spec/tests/schema');
  test('are read, or refused for what the specification leaves to tools', { skip }, (context) => {
    const names = readdirSync(file, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yml'));
    const refused = names.sort().flatMap((name) => {
      const read = parseRules(readFileSync(join(file, name), 'utf8'), { source: name });
      return 'faults' in read ? read.faults.map(({ code, message }) => `${name}: ${code} ${message}`) : [];
    });
    for (const line of refused) context.diagnostic(line);
    assert.deepEqual(
      refused.map((line) => line.split(' ', 2).join(' ')),
      [
        'correlation/event_count.yml: unknown_rule',
        'correlation/event_count_ecs.yml: unsupported',
        'correlation/temporal.yml: unknown_rule',
        'correlation/temporal_ordered.yml: unknown_rule',
        'correlation/value_avg.yml: unsupported',
        'correlation/value_count.yml: unknown_rule',
        'correlation/value_percentile.yml: unsupported',
        'correlation/value_sum.yml: unknown_rule',
        'filter/filter_1.yml: unsupported',
        'filter/filter_ecs.yml: unsupported',
        'rules/rule_ecs.yml: unsupported',
      ],
    );
  });
});
