import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventInput } from '../../services/core/event/index.js';
import { matches, selecting, sigma } from '../support/rules.js';

type Input = Partial<EventInput>;
const details = (value: unknown): Input => ({ details: value });

/** A selection, events it lets through, and events it does not. */
function means(selection: string, { yes = [], no = [] }: { yes?: readonly Input[]; no?: readonly Input[] }): void {
  for (const event of yes) assert.ok(matches(selecting(selection), event), `${selection} and ${JSON.stringify(event)}`);
  for (const event of no)
    assert.ok(!matches(selecting(selection), event), `${selection}, not ${JSON.stringify(event)}`);
}

describe('values', () => {
  test('a list within a list is its JSON, numbers written as the tables write them', () => {
    means("{'details.b|contains': e300}", { yes: [details({ b: [[1.5e300]] })], no: [details({ b: [['1.5e+300']] })] });
    means("{'details.b|contains': 'e+'}", {
      yes: [details({ b: [['\\"e+']] })],
      no: [details({ b: [[1.5e300, '\\"']] })],
    });
  });

  test('texts are the same in any case, unless cased', () => {
    means('{actor.email: Ada@Example.com}', {
      yes: [{ actor: { email: 'ADA@example.COM' } }],
      no: [{ actor: { email: 'bob@example.com' } }, {}],
    });
    means("{'actor.email|cased': ada}", { yes: [{ actor: { email: 'ada' } }], no: [{ actor: { email: 'Ada' } }] });
    means('{message: STRASSE}', { no: [{ message: 'straße' }] });
  });

  test('a list is any of them, a map all of it, a list of maps any of these', () => {
    means('{action: [auth.login, auth.logout], outcome: success}', {
      yes: [{ action: 'auth.logout' }],
      no: [{ action: 'auth.login', outcome: 'failure' }, { action: 'auth.other' }],
    });
    means('[{action: a}, {outcome: denied}]', { yes: [{ action: 'a' }, { outcome: 'denied' }], no: [{ action: 'b' }] });
  });

  test('wildcards stand for any run and for one character; a backslash takes that away', () => {
    means("{message: 'a*c'}", { yes: [{ message: 'abbc' }, { message: 'AC' }], no: [{ message: 'abcd' }] });
    means("{message: 'a?c'}", { yes: [{ message: 'a🜂c' }], no: [{ message: 'ac' }, { message: 'abbc' }] });
    means("{message: 'a\\*c'}", { yes: [{ message: 'a*c' }], no: [{ message: 'abc' }] });
    means("{message: 'C:\\Windows\\*'}", { yes: [{ message: 'c:\\windows*' }], no: [{ message: 'c:\\windows\\x' }] });
    means("{message: 'C:\\Windows\\\\*'}", { yes: [{ message: 'c:\\windows\\x' }], no: [{ message: 'c:\\windows' }] });
    means("{message: 'a\\\\\\\\b'}", { yes: [{ message: 'a\\\\b' }], no: [{ message: 'a\\b' }] });
    means("{message: 'a\\b'}", { yes: [{ message: 'a\\b' }] });
  });

  test('a number is the same as its text; numbers compare by their value', () => {
    means('{details.code: 4625}', {
      yes: [details({ code: 4625 }), details({ code: '4625' })],
      no: [details({ code: '04625' })],
    });
    means("{details.code: '5.0'}", {
      yes: [details({ code: 5 }), details({ code: '5.0' })],
      no: [details({ code: '5' })],
    });
    means("{details.code: '46*'}", { yes: [details({ code: 4625 })] });
    means('{details.on: true}', { yes: [details({ on: true }), details({ on: 'True' })], no: [details({ on: 1 })] });
  });

  test('windash: every dash and slash stands for each of the five that begin an option', () => {
    means("{'message|contains|windash': ' -enc '}", {
      yes: ['-', '/', '\u2013', '\u2014', '\u2015'].map((dash) => ({ message: `x ${dash}ENC y` })),
      no: [{ message: 'x +enc y' }, { message: 'x enc y' }],
    });
    means("{'message|windash|startswith': '/a b-c'}", {
      yes: [{ message: '-a b/c' }, { message: '/a b\u2014cd' }],
      no: [{ message: 'a b-c' }, { message: '-a bc' }],
    });
    means("{'message|contains|all|windash': ['-u', '-p']}", { yes: [{ message: '/u /p' }], no: [{ message: '/u' }] });
    means("{'message|endswith|windash|cased': ['-A', 'z']}", {
      yes: [{ message: '/A' }, { message: 'z' }],
      no: [{ message: '/a' }],
    });
    means("{'message|windash|neq': '-a'}", { yes: [{ message: 'a' }], no: [{ message: '/a' }] });
    means("{'|windash': '-keyword'}", { yes: [{ message: 'a /keyword' }], no: [{ message: 'a keyword' }] });
  });

  test('null is no value; the empty text is one, except in fields that cannot tell', () => {
    means('{details.a: null}', { yes: [{}, details({ a: null }), details({ a: [] })], no: [details({ a: '' })] });
    means("{details.a: ''}", { yes: [details({ a: '' })], no: [{}, details({ a: null })] });
    means("{actor.email: ''}", { yes: [{}], no: [{ actor: { email: 'a' } }] });
    means('{actor.email: null}', { yes: [{}], no: [{ actor: { email: 'a' } }] });
  });

  test('exists asks for presence, whatever the value', () => {
    means("{'details.a|exists': true}", {
      yes: [details({ a: null }), details({ a: [] })],
      no: [{}, details({ b: 1 })],
    });
    means("{'details.a|exists': false}", { yes: [{}, details([])], no: [details({ a: 0 })] });
  });

  test('lists in events: any item, also on the way', () => {
    means('{details.users.name: ada}', {
      yes: [details({ users: [{ name: 'bob' }, { name: 'Ada' }] }), details({ users: { name: ['x', 'ada'] } })],
      no: [details({ users: [] }), details({ users: ['ada'] })],
    });
    means("{'details.a.b\\.c': x}", { yes: [details({ a: { 'b.c': 'x' } })], no: [details({ a: { b: { c: 'x' } } })] });
  });

  test('an object is its JSON', () => {
    means(`{'details.request|contains|all': ['"Allow"', '"s3:*"']}`, {
      yes: [details({ request: { Effect: 'Allow', Action: 's3:Get' } })],
      no: [details({ request: { Effect: 'Deny', Action: 's3:Get' } })],
    });
    means(`{'details.request|contains': '"Effect":"Allow"'}`, { yes: [details({ request: { Effect: 'Allow' } })] });
  });

  test('success, category and address are fields, too', () => {
    means('{success: false, category: auth}', {
      yes: [{ action: 'auth.login', outcome: 'denied' }],
      no: [{ action: 'auth.login', outcome: 'success' }],
    });
    means("{ip: '2001:DB8:0:0::1'}", { yes: [{ ip: '2001:db8::1' }], no: [{ ip: '2001:db8::2' }] });
    means("{ip: '10.0.*'}", { yes: [{ ip: '10.0.7.1' }], no: [{ ip: '10.1.0.0' }] });
  });
});

describe('modifiers', () => {
  test('contains, startswith, endswith, and all of them', () => {
    means("{'message|contains': err}", { yes: [{ message: 'an ERROR' }], no: [{ message: 'er r' }] });
    means("{'message|startswith': an}", { yes: [{ message: 'An error' }], no: [{ message: 'ban' }] });
    means("{'message|endswith': [or, ing]}", {
      yes: [{ message: 'error' }, { message: 'warning' }],
      no: [{ message: 'o' }],
    });
    means("{'message|contains|all': [a, b]}", { yes: [{ message: 'b-a' }], no: [{ message: 'a' }] });
  });

  test('neq is any other, nothing included', () => {
    means("{'actor.id|neq': [ada, bob]}", { yes: [{ actor: { id: 'eve' } }, {}], no: [{ actor: { id: 'BOB' } }] });
  });

  test('regular expressions are searched for, and mind the case', () => {
    means("{'message|re': 'us[eE]r-\\d+$'}", {
      yes: [{ message: 'no such user-12' }],
      no: [{ message: 'USER-12' }, { message: 'user-12.' }],
    });
    means("{'message|re|i': '^user'}", { yes: [{ message: 'USER' }], no: [{ message: 'a\nuser' }] });
    means("{'message|re|m': '^user'}", { yes: [{ message: 'a\nuser' }] });
    means("{'message|re': 'a.b'}", { no: [{ message: 'a\nb' }] });
    means("{'message|re|s': 'a.b'}", { yes: [{ message: 'a\nb' }] });
  });

  test('a regular expression that would take others forever takes no time', () => {
    const before = performance.now();
    means("{'message|re': '(a+)+$'}", { no: [{ message: `${'a'.repeat(4_000)}b` }] });
    assert.ok(performance.now() - before < 2_000);
  });

  test('cidr of addresses, as the event has them and in JSON', () => {
    means("{'ip|cidr': [10.0.0.0/8, '2001:db8::/32']}", {
      yes: [{ ip: '10.9.8.7' }, { ip: '2001:db8::9' }, { ip: '::ffff:10.0.0.1' }],
      no: [{ ip: '11.0.0.1' }, {}],
    });
    means("{'details.from|cidr': 192.168.0.0/16}", {
      yes: [details({ from: '192.168.9.9' }), details({ from: ['x', '192.168.0.1'] })],
      no: [details({ from: '192.168.9' }), details({ from: 'host' }), details({ from: 7 })],
    });
  });

  test('lt, lte, gt, gte of numbers and of texts that are some', () => {
    means("{'details.n|gt': 5}", {
      yes: [details({ n: 5.1 }), details({ n: '6' })],
      no: [details({ n: 5 }), details({ n: 'six' }), {}],
    });
    means("{'details.n|lte': 5}", { yes: [details({ n: 5 }), details({ n: -1e9 })], no: [details({ n: 6 })] });
  });

  test('fieldref compares two fields of one event', () => {
    means("{'details.from|fieldref': details.to}", {
      yes: [details({ from: 'A', to: 'a' }), details({ from: 1, to: '1' })],
      no: [details({ from: 'a', to: 'b' }), {}],
    });
    means("{'actor.id|fieldref|neq': target.id}", {
      yes: [{ actor: { id: 'a' }, target: { id: 'b' } }],
      no: [{ actor: { id: 'a' }, target: { id: 'a' } }],
    });
    means("{'message|fieldref|contains': actor.name}", { yes: [{ message: 'Ada did it', actor: { name: 'ada' } }] });
  });

  test('parts of times, on the clocks of the rule’s time zone', () => {
    const zone = 'custom_attributes:\n  timezone: Europe/Berlin\n';
    const at = (occurred_at: string): Input => ({ occurred_at });
    const night = (more = ''): string => sigma("s: {'time|hour|gte': 22}\ncondition: s", more);
    assert.ok(matches(night(), at('2026-07-01T22:00:00Z')));
    assert.ok(!matches(night(), at('2026-07-01T21:59:59.999999Z')));
    assert.ok(matches(night(zone), at('2026-07-01T20:00:00Z')), 'summer');
    assert.ok(!matches(night(zone), at('2026-01-01T20:59:59Z')), 'winter');
    assert.ok(matches(sigma("s: {'time|week': 1, 'time|year': 2024}\ncondition: s"), at('2024-12-30T00:00:00Z')));
    assert.ok(matches(sigma("s: {'time|week': 53}\ncondition: s"), at('2027-01-03T00:00:00Z')));
    means("{'details.at|minute': [0, 30]}", {
      yes: [details({ at: '2026-01-01T00:30:59+01:00' })],
      no: [details({ at: 'noon' })],
    });
  });
});

describe('keywords', () => {
  test('are found in any text of the event, in any case', () => {
    means('[evil, dropper]', {
      yes: [
        { message: 'an Evil thing' },
        { user_agent: 'dropper/1' },
        details({ deep: ['EVIL'] }),
        { target: { name: 'evil' } },
      ],
      no: [{ message: 'e vil' }],
    });
    means("{'|all': [one, two]}", { yes: [{ message: 'two', reason: 'one' }], no: [{ message: 'one' }] });
  });

  test('are not found across two texts', () => {
    means("['one*two']", { yes: [{ message: 'one and two' }], no: [{ message: 'one', reason: 'two' }] });
  });

  test('that hold quotes and backslashes are found in JSON', () => {
    means(`['C:\\temp "x"']`, { yes: [details({ path: 'c:\\temp "x"' }), { message: 'C:\\temp "x".' }] });
  });
});

describe('conditions', () => {
  const three = (condition: string): string =>
    sigma(`sel_a: {action: a}\nsel_b: {outcome: denied}\n_hidden: {reason: r}\ncondition: ${condition}`);
  const a: Input = { action: 'a' };
  const both: Input = { action: 'a', outcome: 'denied' };

  test('not before and, and before or', () => {
    assert.ok(matches(three('sel_b and not sel_a or sel_a'), a));
    assert.ok(!matches(three('not sel_a and sel_a or sel_b'), a));
    assert.ok(matches(three('not (sel_a and sel_b)'), a));
    assert.ok(!matches(three('NOT (sel_a AND sel_b)'), both));
  });

  test('1 of and all of, by pattern and of them; names with an underscore are not meant', () => {
    assert.ok(matches(three('1 of sel_*'), a));
    assert.ok(!matches(three('all of sel_*'), a));
    assert.ok(matches(three('all of them'), both));
    assert.ok(matches(three('sel_a and not 1 of _*'), a));
  });

  test('a list of conditions is any of them', () => {
    assert.ok(matches(three('[sel_b, sel_a]'), a));
  });
});

describe('log sources', () => {
  const cloudTrail = (detection: string): string =>
    `title: t\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: ${detection}\n  condition: s\n`;
  const trail: Input = {
    action: 'aws.api_call',
    details_schema: 'aws.cloudtrail',
    actor: { id: 'usr_1' },
    details: { eventName: 'DeleteTrail', userIdentity: { type: 'Root' } },
  };

  test('a rule about a raw log looks into details, and only at events of that log', () => {
    const rule = cloudTrail('{eventName: DeleteTrail, userIdentity.type: Root}');
    assert.ok(matches(rule, trail));
    assert.ok(!matches(rule, { ...trail, details_schema: 'github.audit' }));
  });

  test('fields of the event itself are reached by their prefix', () => {
    assert.ok(matches(cloudTrail('{sealstream.actor.id: usr_1}'), trail));
  });

  test('sshd’s usual names are those of imported lines', () => {
    const rule = `title: t\nlogsource: {product: linux, service: sshd}\ndetection:\n  s: {'src_ip|cidr': 10.0.0.0/8, User: root}\n  condition: s\n`;
    assert.ok(matches(rule, { service: 'sshd', ip: '10.1.1.1', actor: { name: 'root' } }));
    assert.ok(!matches(rule, { service: 'web', ip: '10.1.1.1', actor: { name: 'root' } }));
  });

  test('a log source that nobody has heard of is one’s own JSON', () => {
    const rule = `title: t\nlogsource: {product: acme, service: door}\ndetection:\n  s: {door.id: 7}\n  condition: s\n`;
    assert.ok(matches(rule, { details_schema: 'acme.door', details: { door: { id: 7 } } }));
    assert.ok(!matches(rule, { details_schema: 'acme.window', details: { door: { id: 7 } } }));
  });

  test('our own events may be narrowed by service and category', () => {
    const rule = `title: t\nlogsource: {product: sealstream, category: auth, service: web}\ndetection:\n  s: {outcome: failure}\n  condition: s\n`;
    assert.ok(matches(rule, { action: 'auth.login', service: 'web', outcome: 'failure' }));
    assert.ok(!matches(rule, { action: 'billing.paid', service: 'web', outcome: 'failure' }));
  });
});
