import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readPack } from '../../services/alerts/pack/index.js';
import { judgeAll, planWindows } from '../../services/alerts/windows/index.js';
import { type EventInput, toWire } from '../../services/core/event/index.js';
import { importLines, sharedData } from '../support/importing.js';
import { enterAll, rulesOf } from '../support/window-events.js';

interface Found {
  groups: string[];
  hits: Record<string, number>;
}

const { sources } = readPack();
const logins = sources.find(({ source }) => source.endsWith('logins.yml'))!.text;
const linesOf = (name: string): string[] => readFileSync(sharedData(name).file, 'utf8').trimEnd().split('\n');
const truthOf = (name: string): Record<string, Record<string, Found>> =>
  JSON.parse(readFileSync(sharedData(name).file, 'utf8')) as Record<string, Record<string, Found>>;

/** Hits of a built-in rule by group. */
function hitsOf(rule: string, events: readonly EventInput[], text = logins): Record<string, number> {
  const rules = rulesOf(text);
  const plan = planWindows(rules);
  const { id } = rules.find(({ name }) => name === rule)!;
  const wire = events.map((event) => toWire(event, { id: randomBytes(16), nowUs: 0 }));
  const judged = judgeAll(plan, enterAll(plan, rules, wire)).filter((one) => one.rule === id && one.hits.length > 0);
  return Object.fromEntries(judged.map(({ group, hits }) => [group[1]!, hits.length]));
}

describe('the built-in rules over an imported sshd log', {
  skip: sharedData('loghub-openssh/OpenSSH.log').skip,
}, () => {
  const imported = async (): Promise<EventInput[]> =>
    (await importLines(linesOf('loghub-openssh/OpenSSH.log'), { year: 2025 })).flatMap((item) =>
      item.kind === 'events' ? item.events : [],
    );

  test('find exactly the addresses that fail more than five times in 300 s, at every event at which they do', async () => {
    const truth = truthOf('loghub-openssh/OpenSSH.truth.json').expanded!.sliding_gt5_300s_inclusive!;
    assert.deepEqual(hitsOf('failed_logins_from_address', await imported()), truth.hits);
  });

  test('find the three addresses that try many accounts, and no login after them', async () => {
    const events = await imported();
    const truth = truthOf('loghub-openssh/OpenSSH.truth.json').expanded!
      .value_count_distinct_users_gt5_by_ip_300s_inclusive!;
    assert.deepEqual(Object.keys(hitsOf('many_accounts_from_address', events)).sort(), truth.groups);
    assert.deepEqual(hitsOf('login_after_failed_logins', events), {});
    assert.deepEqual(hitsOf('login_after_spraying', events), {});
  });
});

describe('the built-in rules over PAM lines', { skip: sharedData('loghub-linux/Linux.log').skip }, () => {
  test('find exactly the hosts that fail more than five times in 300 s, be they addresses or names', () => {
    const truth = truthOf('loghub-linux/Linux.truth.json').auth_failures! as unknown as Record<string, Found>;
    const events = linesOf('loghub-linux/Linux.log').flatMap((line): EventInput[] => {
      const rhost = /sshd\(pam_unix\)\[\d+\]: authentication failure;.* rhost=(\S+)/.exec(line)?.[1];
      if (!rhost) return [];
      const occurred_at = new Date(`2026 ${line.slice(0, 15)} UTC`).toISOString();
      return [
        { organization_id: 'acme', action: 'auth.login_failed', outcome: 'failure', occurred_at, details: { rhost } },
      ];
    });
    // Sealstream keeps addresses in `ip`; a host's name it has in the details.
    const byHost = logins.replaceAll('group-by: [ip]', 'group-by: [details.rhost]');
    assert.deepEqual(hitsOf('failed_logins_from_address', events, byHost), truth.sliding_gt5_300s_inclusive!.hits);
  });
});
