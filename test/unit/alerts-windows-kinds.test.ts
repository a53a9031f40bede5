import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type JudgedGroup, judgeAll, planWindows } from '../../services/alerts/windows/index.js';
import type { Locate } from '../../services/alerts/windows/plan.js';
import type { EventInput } from '../../services/core/event/index.js';
import { enterAll, eventAt, rulesOf, timeZeroUs } from '../support/window-events.js';

type Said = [minute: number, input: Partial<EventInput>];

const judged = (
  text: string,
  said: readonly Said[],
  { locate, behindMinutes = () => 0 }: { locate?: Locate; behindMinutes?: (number: number) => number } = {},
): JudgedGroup[] => {
  const rules = rulesOf(text);
  const plan = planWindows(rules, { locate });
  const events = said.map(([minute, input], at) => eventAt(input, at, timeZeroUs + minute * 60_000_000));
  const numberOf = (id: Buffer): number => id.readUIntBE(10, 6);
  return judgeAll(
    plan,
    enterAll(plan, rules, events, ({ body }) => behindMinutes(numberOf(body.id)) * 60_000_000),
  );
};

/** Numbers of the events at which a rule hit, by the values of its group. */
const hits = (groups: readonly JudgedGroup[], rule: string): Record<string, number[]> =>
  Object.fromEntries(
    groups
      .filter((one) => one.rule === rule && one.hits.length > 0)
      .map(({ group, hits: found }) => [
        group.slice(1).join('+'),
        found.map(({ eventId }) => Number.parseInt(eventId.slice(-12), 16)),
      ]),
  );

const detection = (id: string, action: string, more = ''): string => `
title: ${id}
name: ${id}
id: ${id}
logsource: {product: sealstream}
detection: {sel: {action: ${action}}, condition: sel}
${more}---
`;
const correlation = (id: string, type: string, rules: string[], rest: string): string => `
title: ${id}
name: ${id}
id: ${id}
correlation: {type: ${type}, rules: [${rules.join(', ')}], ${rest}}
`;
const failed = (user: string): Partial<EventInput> => ({ action: 'auth.failed', actor: { id: user } });
const login = (user: string): Partial<EventInput> => ({ action: 'auth.login', actor: { id: user } });

describe('correlations', () => {
  const both = detection('fail', 'auth.failed') + detection('ok', 'auth.login');

  test('temporal wants every rule within the time, in any order', () => {
    const text = both + correlation('t', 'temporal', ['fail', 'ok'], 'group-by: [actor.id], timespan: 5m');
    const found = judged(text, [
      [0, login('a')],
      [4, failed('a')],
      [5, login('b')],
      [11, failed('b')],
    ]);
    assert.deepEqual(hits(found, 't'), { a: [1] });
  });

  test('temporal_ordered wants them in the order written', () => {
    const text = both + correlation('t', 'temporal_ordered', ['fail', 'ok'], 'group-by: [actor.id], timespan: 5m');
    const found = judged(text, [
      [0, login('a')],
      [1, failed('a')],
      [2, login('a')],
      [8, login('a')],
    ]);
    assert.deepEqual(hits(found, 't'), { a: [2] });
  });

  test('an event is not its own predecessor, though it matches both rules', () => {
    const twice = detection('one', 'auth.failed') + detection('two', 'auth.failed');
    const text = twice + correlation('t', 'temporal_ordered', ['one', 'two'], 'group-by: [actor.id], timespan: 5m');
    assert.deepEqual(hits(judged(text, [[0, failed('a')]]), 't'), {});
    assert.deepEqual(
      hits(
        judged(text, [
          [0, failed('a')],
          [1, failed('a')],
        ]),
        't',
      ),
      { a: [1] },
    );
  });

  test('an event that matches several rules of a count is one event', () => {
    const twice = detection('one', 'auth.failed') + detection('two', 'auth.failed');
    const text =
      twice +
      correlation('c', 'event_count', ['one', 'two'], 'group-by: [actor.id], timespan: 5m, condition: {gte: 2}');
    assert.deepEqual(
      hits(
        judged(text, [
          [0, failed('a')],
          [1, failed('a')],
        ]),
        'c',
      ),
      { a: [1] },
    );
  });

  test('correlations correlate: a success after a spike of failures', () => {
    const text = `${
      both + correlation('spike', 'event_count', ['fail'], 'group-by: [actor.id, ip], timespan: 5m, condition: {gt: 2}')
    }---${correlation('breach', 'temporal_ordered', ['spike', 'ok'], 'group-by: [actor.id], timespan: 10m')}`;
    const ip = { ip: '198.51.100.1' };
    const said: Said[] = [0, 1, 2].map((minute) => [minute, { ...failed('a'), ...ip }]);
    const found = judged(text, [...said, [9, login('a')], [10, login('b')], [30, login('a')]]);
    assert.deepEqual(hits(found, 'spike'), { 'a+198.51.100.1': [2] });
    assert.deepEqual(hits(found, 'breach'), { a: [3] });
  });

  test('sums and ranges', () => {
    const sized = (bytes: number): Partial<EventInput> => ({ action: 'auth.login', details: { bytes } });
    const ok = detection('ok', 'auth.login');
    const sum =
      ok +
      correlation(
        's',
        'value_sum',
        ['ok'],
        'group-by: [actor.id], timespan: 5m, condition: {field: details.bytes, gt: 100}',
      );
    assert.deepEqual(
      hits(
        judged(sum, [
          [0, sized(60)],
          [1, sized(41)],
          [2, login('usr_1')],
          [7, sized(60)],
        ]),
        's',
      ),
      {
        usr_1: [1],
      },
    );
    const range =
      ok + correlation('r', 'event_count', ['ok'], 'group-by: [actor.id], timespan: 5m, condition: {gt: 1, lte: 2}');
    assert.deepEqual(
      hits(
        judged(
          range,
          [0, 1, 2].map((minute) => [minute, login('a')]),
        ),
        'r',
      ),
      { a: [1] },
    );
  });

  test('an event without the group’s field takes no part', () => {
    const text = both + correlation('c', 'event_count', ['fail'], 'group-by: [ip], timespan: 5m, condition: {gte: 1}');
    assert.deepEqual(
      hits(
        judged(text, [
          [0, failed('a')],
          [1, { ...failed('a'), ip: '198.51.100.1' }],
        ]),
        'c',
      ),
      {
        '198.51.100.1': [1],
      },
    );
  });

  test('organizations have windows of their own', () => {
    const text = both + correlation('c', 'event_count', ['fail'], 'timespan: 5m, condition: {gte: 2}, group-by: []');
    const found = judged(text, [
      [0, failed('a')],
      [1, { ...failed('a'), organization_id: 'other' }],
      [2, failed('a')],
    ]);
    assert.deepEqual(hits(found, 'c'), { '': [2] });
  });

  test('events appended later than the grace allows take no part', () => {
    const text =
      both + correlation('c', 'event_count', ['fail'], 'group-by: [actor.id], timespan: 5m, condition: {gte: 2}');
    const said: Said[] = [
      [0, failed('a')],
      [1, failed('a')],
      [2, failed('a')],
    ];
    const found = judged(text, said, { behindMinutes: (number) => (number === 1 ? 11 : 10) });
    assert.deepEqual(hits(found, 'c'), { a: [2] });
  });
});

describe('extensions', () => {
  test('new_value: what the group has not shown within the learning time, once it is known at all', () => {
    const text = detection(
      'n',
      'auth.login',
      'custom_attributes: {new_value: {field: user_agent, group_by: actor.id, learning: 1h}}\n',
    );
    const from = (user: string, agent: string) => ({ ...login(user), user_agent: agent });
    const found = judged(text, [
      [0, from('a', 'x')],
      [1, from('a', 'y')],
      [2, from('b', 'y')],
      [3, from('a', 'x')],
      [4, login('a')],
      [62, from('a', 'y')],
      [200, from('a', 'z')],
    ]);
    // At 62 the y of minute 1 is out of reach; at 200 nothing of the group is within reach.
    assert.deepEqual(hits(found, 'n'), { a: [1, 5] });
  });

  test('impossible_travel: further than anybody goes in the time between', () => {
    const text = detection(
      't',
      'auth.login',
      'custom_attributes: {impossible_travel: {speed_kmh: 900, distance_km: 100}}\n',
    );
    const places = new Map([
      ['198.51.100.1', { lat: 52.52, lon: 13.4 }],
      ['198.51.100.2', { lat: 40.71, lon: -74.01 }],
      ['198.51.100.3', { lat: 52.4, lon: 13.1 }],
    ]);
    const at = (ip: string) => ({ ...login('a'), ip });
    const found = judged(
      text,
      [
        [0, at('198.51.100.1')],
        [1, at('198.51.100.3')],
        [2, at('203.0.113.1')],
        [60, at('198.51.100.2')],
        [600, at('198.51.100.1')],
      ],
      { locate: (ip) => places.get(ip) },
    );
    assert.deepEqual(hits(found, 't'), { a: [3] });
  });

  test('off_hours: by the clock of the place, with weekends, holidays and shifts over midnight', () => {
    const rule = (hours: string) => detection('o', 'auth.login', `custom_attributes: {off_hours: ${hours}}\n`);
    const day = 1_440;
    // Minute 0 is Monday noon UTC: 13:00 in Berlin, 07:00 in New York.
    const said = (minutes: number[]): Said[] => minutes.map((minute) => [minute, login('a')]);
    const berlin = rule('{timezone: Europe/Berlin, hours: "08:00-18:00", holidays: [2026-01-06]}');
    assert.deepEqual(hits(judged(berlin, said([0, 299, 300, day, 5 * day])), 'o'), { '': [2, 3, 4] });
    assert.deepEqual(hits(judged(rule('{timezone: America/New_York}'), said([0, 60])), 'o'), { '': [0] });
    const night = rule('{hours: "22:00-06:00", days: [mon]}');
    assert.deepEqual(hits(judged(night, said([9 * 60, 10 * 60, 18 * 60 - 1, 18 * 60, day + 10 * 60])), 'o'), {
      '': [0, 3, 4],
    });
  });

  test('runs: what follows within resolve_after, or begins within suppress, belongs to the finding', () => {
    const runsOf = (attributes: string, minutes: number[]) =>
      judged(
        detection('d', 'auth.login', `custom_attributes: {${attributes}}\n`),
        minutes.map((minute) => [minute, login('a')]),
      )
        .flatMap(({ runs }) => runs)
        .map(({ hits: count }) => count);
    assert.deepEqual(runsOf('resolve_after: 5m', [0, 5, 10, 16, 30]), [3, 1, 1]);
    assert.deepEqual(runsOf('resolve_after: 5m, suppress: 20m', [0, 5, 10, 16, 30]), [4, 1]);
  });
});
