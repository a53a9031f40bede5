import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { EventInput } from '../../services/core/event/index.js';
import type { ImportItem } from '../../services/producer/importers/index.js';
import { importLines, sharedData } from '../support/importing.js';

interface Truth {
  lines: number;
  accepted: { line: number; method: string; user: string; ip: string }[];
  counts: Record<string, number>;
  as_lines: { events: number; per_ip: Record<string, number> };
  expanded: {
    events: number;
    per_ip: Record<string, number>;
    per_user_top20: Record<string, number>;
    distinct_users: number;
  };
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

const tally = (values: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

const from = (event: EventInput): string => event.ip ?? (event.details as { remote_host: string }).remote_host;
const eventsOf = (items: readonly ImportItem[]): EventInput[] =>
  items.flatMap((item) => (item.kind === 'events' ? item.events : []));
const failed = ({ action }: EventInput): boolean => action === 'auth.login_failed';

describe('real logs whose truth others have counted', () => {
  const openssh = sharedData('loghub-openssh/OpenSSH.log');
  test('OpenSSH under attack: every failed login and every address', { skip: openssh.skip }, async () => {
    const truth = JSON.parse(readFileSync(openssh.file.replace(/\.log$/, '.truth.json'), 'utf8')) as Truth;
    const items = await importLines(linesOf(openssh.file), { year: 2016 });
    assert.equal(items.length, truth.lines);
    const failures = eventsOf(items).filter(failed);
    assert.equal(failures.length, truth.expanded.events);
    assert.deepEqual(tally(failures.map(from)), truth.expanded.per_ip);
    const failedLines = items.flatMap((item) =>
      item.kind === 'events' && failed(item.events[0]!) ? [item.events[0]!] : [],
    );
    assert.equal(failedLines.length, truth.as_lines.events);
    assert.deepEqual(tally(failedLines.map(from)), truth.as_lines.per_ip);
    assert.deepEqual(tally(failedLines.map(({ reason }) => reason!)), {
      invalid_user: truth.counts.failed_password_invalid_user_lines,
      bad_password: truth.as_lines.events - truth.counts.failed_password_invalid_user_lines!,
    });
    const users = tally(failures.map(({ actor }) => actor!.name!));
    assert.equal(Object.keys(users).length, truth.expanded.distinct_users);
    for (const [user, count] of Object.entries(truth.expanded.per_user_top20)) assert.equal(users[user], count, user);
    const accepted = items.filter((item) => item.kind === 'events' && !failed(item.events[0]!));
    assert.deepEqual(
      accepted.map((item) => {
        const [event] = item.kind === 'events' ? item.events : [];
        return { line: item.line, method: event!.auth_method, user: event!.actor!.name, ip: event!.ip };
      }),
      truth.accepted.map(({ line, method, user, ip }) => ({ line, method, user, ip })),
    );
    assert.deepEqual(
      items.filter(({ kind }) => kind === 'unknown' || kind === 'refused'),
      [],
    );
  });

  const linux = sharedData('loghub-linux/Linux.log');
  test('an old Linux host that kept only the lines of PAM', { skip: linux.skip }, async () => {
    const truth = JSON.parse(readFileSync(linux.file.replace(/\.log$/, '.truth.json'), 'utf8')) as {
      unparsed_lines: number[];
      auth_failures: { events: number; per_ip: Record<string, number> };
    };
    const items = await importLines(linesOf(linux.file), { year: 2005, failures: 'pam' });
    const failures = eventsOf(items);
    assert.equal(failures.length, truth.auth_failures.events);
    assert.deepEqual(tally(failures.map(from)), truth.auth_failures.per_ip);
    assert.deepEqual(
      items.filter(({ kind }) => kind === 'unknown').map(({ line }) => line),
      truth.unparsed_lines,
    );
    assert.deepEqual(eventsOf(await importLines(linesOf(linux.file), { year: 2005 })), []);
  });

  const crowdsec = sharedData('crowdsec-hub/tests/sshd-logs/sshd-logs.log');
  test('lines that others test their parser with are all known', { skip: crowdsec.skip }, async () => {
    const items = await importLines(linesOf(crowdsec.file), { year: 2020 });
    assert.deepEqual(
      items.filter(({ kind }) => kind !== 'known' && kind !== 'events'),
      [],
    );
    assert.equal(eventsOf(items).length, 1);
  });
});
