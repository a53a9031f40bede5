import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { judgeAll, planWindows } from '../../services/alerts/windows/index.js';
import { sharedData } from '../support/importing.js';
import { enterAll, failedPasswords, rulesOf } from '../support/window-events.js';

interface Found {
  groups: string[];
  first: Record<string, { time: string; count: number }>;
  hits: Record<string, number>;
}

interface Truth {
  expanded: Record<
    | 'sliding_gt5_300s_inclusive'
    | 'sliding_by_user_gt5_300s_inclusive'
    | 'value_count_distinct_users_gt3_by_ip_300s_inclusive'
    | 'value_count_distinct_users_gt5_by_ip_300s_inclusive',
    Found
  >;
}

interface Variants {
  settings: { window_s: number; gt: number; sliding_inclusive: string[]; sliding_exclusive: string[] }[];
}

const json = <T>(name: string): T => JSON.parse(readFileSync(sharedData(`loghub-openssh/${name}`).file, 'utf8'));

const failures = (condition: object): string =>
  JSON.stringify({ name: 'failures', filter: { action: 'auth.login', outcome: 'failure' }, condition });

const { skip } = sharedData('loghub-openssh/OpenSSH.log');

describe('failed passwords of an sshd log', { skip }, () => {
  const events = skip ? [] : failedPasswords();

  const hitsOf = (condition: object): Map<string, { times: number[]; first: number }> => {
    const rules = rulesOf(failures(condition));
    const plan = planWindows(rules);
    const found = judgeAll(plan, enterAll(plan, rules, events)).filter(({ hits }) => hits.length > 0);
    return new Map(
      found.map(({ group, hits, runs }) => [
        group[1]!,
        { times: hits.map(({ timeUs }) => timeUs), first: runs[0]!.count - runs[0]!.hits + 1 },
      ]),
    );
  };
  const time = (us: number): string => {
    const [, month, day, clock] = /, (\d+) (\w+) \d+ (\S+)/.exec(new Date(us / 1_000).toUTCString())!;
    return `${day} ${month} ${clock}`;
  };

  const truths: [name: keyof Truth['expanded'], condition: object][] = [
    ['sliding_gt5_300s_inclusive', { count: '> 5', window: '300s', groupBy: 'ip' }],
    ['sliding_by_user_gt5_300s_inclusive', { count: '> 5', window: '300s', groupBy: 'actor.id' }],
    [
      'value_count_distinct_users_gt3_by_ip_300s_inclusive',
      { count: '> 3', distinct: 'actor.id', window: '300s', groupBy: 'ip' },
    ],
    [
      'value_count_distinct_users_gt5_by_ip_300s_inclusive',
      { count: '> 5', distinct: 'actor.id', window: '300s', groupBy: 'ip' },
    ],
  ];
  for (const [name, condition] of truths) {
    test(`gives the groups, the first times and the number of hits of ${name}`, () => {
      const truth = json<Truth>('OpenSSH.truth.json').expanded[name];
      const found = hitsOf(condition);
      assert.deepEqual([...found.keys()].sort(), truth.groups);
      for (const group of truth.groups) {
        const { times, first } = found.get(group)!;
        assert.equal(times.length, truth.hits[group], group);
        assert.equal(time(times[0]!), truth.first[group]!.time, group);
        if (!name.startsWith('value_count')) assert.equal(first, truth.first[group]!.count, group);
      }
    });
  }

  test('agrees with the windows that are closed on both sides, at every setting where the readings differ', () => {
    const { settings } = json<Variants>('OpenSSH.window-variants.json');
    let differing = 0;
    for (const { window_s, gt, sliding_inclusive, sliding_exclusive } of settings) {
      const found = hitsOf({ count: `> ${gt}`, window: `${window_s}s`, groupBy: 'ip' });
      assert.deepEqual([...found.keys()].sort(), sliding_inclusive, `more than ${gt} in ${window_s} s`);
      if (sliding_inclusive.join() !== sliding_exclusive.join()) differing += 1;
    }
    assert.equal(settings.length, 23);
    assert.ok(differing > 0);
  });
});
