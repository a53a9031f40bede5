import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { sharedData } from '../support/importing.js';
import { type RunningInstance, startRunningInstance } from '../support/running-instance.js';

const attempt = (second: number, user: string): string => {
  const time = new Date(Date.UTC(2024, 4, 1) + second * 1_000).toISOString().slice(11, 19);
  return `May  1 ${time} web1 sshd[${100 + (second % 900)}]: Failed password for ${user} from 203.0.113.${second % 250} port 4242 ssh2\n`;
};

/** How many events the gateway is asked about, one by one; a bundle shows them all. */
const asked = 40;

/** Rows that the system scope has of its own (keys made, producers registered) are none of an import's. */
const ofOrganization = (organization: string): string => `FROM events WHERE organization_id = '${organization}'`;

describe('sealstream import, into a running instance', () => {
  let instance: RunningInstance;
  before(async () => {
    instance = await startRunningInstance();
  });
  after(() => instance.stop());

  const importInto = async (organization: string, file: string, options: string[] = []) => {
    const args = [
      'import',
      '--format',
      'sshd',
      '--organization',
      organization,
      '--year',
      '2024',
      '-o',
      'json',
      ...options,
      file,
    ];
    const { exitCode, stdout, stderr } = await instance.cli(args);
    return { exitCode, stderr, summary: JSON.parse(stdout) as Record<string, unknown> };
  };
  const countOf = async (organization: string): Promise<{ rows: number; ids: number }> => {
    const [found] = await instance.rows<{ rows: string; ids: string }>(
      `SELECT count() AS rows, uniqExact(id) AS ids ${ofOrganization(organization)}`,
    );
    return { rows: Number(found!.rows), ids: Number(found!.ids) };
  };
  const untilStored = async (organization: string, events: number): Promise<void> => {
    for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
      if ((await countOf(organization)).rows >= events) break;
    }
    assert.deepEqual(await countOf(organization), { rows: events, ids: events });
  };
  const fileWith = (name: string, contents: string | Buffer): string => {
    const path = join(instance.dataDir, name);
    writeFileSync(path, contents);
    return path;
  };

  const openssh = sharedData('loghub-openssh/OpenSSH.log');
  test('failed logins and those of each address are as others have counted them; every event verifies', {
    skip: openssh.skip,
  }, async () => {
    const truth = JSON.parse(readFileSync(openssh.file.replace(/\.log$/, '.truth.json'), 'utf8'));
    const { exitCode, summary, stderr } = await importInto('loghub', openssh.file, ['--timezone', 'Asia/Shanghai']);
    assert.equal(exitCode, 0, stderr);
    assert.equal(summary.sent, truth.expanded.events + truth.accepted.length);
    assert.deepEqual([summary.unknown, summary.refused], [{}, {}]);
    await untilStored('loghub', truth.expanded.events + truth.accepted.length);

    const perIp = await instance.rows<{ address: string; failures: string; lines: string }>(
      `SELECT IPv4NumToString(reinterpretAsUInt32(reverse(ip_bytes))) AS address, count() AS failures,
         uniqExact(JSONExtractInt(details, 'log_line')) AS lines
       ${ofOrganization('loghub')} AND action = 'auth.login_failed' GROUP BY address`,
    );
    const counts = (of: 'failures' | 'lines') => Object.fromEntries(perIp.map((row) => [row.address, Number(row[of])]));
    assert.deepEqual(counts('failures'), truth.expanded.per_ip);
    assert.deepEqual(counts('lines'), truth.as_lines.per_ip);
    const reasons = await instance.rows<{ reason: string; lines: string }>(
      `SELECT reason, uniqExact(JSONExtractInt(details, 'log_line')) AS lines
       ${ofOrganization('loghub')} AND action = 'auth.login_failed' GROUP BY reason ORDER BY reason`,
    );
    assert.deepEqual(
      reasons.map(({ reason, lines }) => [reason, Number(lines)]),
      [
        ['bad_password', truth.as_lines.events - truth.counts.failed_password_invalid_user_lines],
        ['invalid_user', truth.counts.failed_password_invalid_user_lines],
      ],
    );
    const [login] = JSON.parse(
      (await instance.cli(['list', '--organization', 'loghub', '--outcome', 'success', '-o', 'json'])).stdout,
    ).events;
    const [{ user, ip, method, time }] = truth.accepted;
    assert.deepEqual([login.actor.name, login.ip, login.auth_method], [user, ip, method]);
    assert.equal(login.occurred_at, new Date(`${time} 2024 GMT+0800`).toISOString().replace('Z', '000Z'));

    const ids = (await instance.rows<{ id: string }>(`SELECT id ${ofOrganization('loghub')}`)).map(({ id }) => id);
    const proof = await instance.cli(['proof', '--organization', 'loghub', '--limit', String(ids.length + 1)]);
    assert.equal(proof.exitCode, 0, proof.stderr);
    const bundle = fileWith('bundle.json', proof.stdout);
    const verified = await instance.cli(['verify', '--offline', '-o', 'json', bundle]);
    assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr);
    assert.equal(JSON.parse(verified.stdout).checks.signature.events, ids.length);
  });

  test('altering one column of one row turns exactly that verdict', { skip: openssh.skip }, async () => {
    const ids = (await instance.rows<{ id: string }>(`SELECT id ${ofOrganization('loghub')} ORDER BY id`)).map(
      ({ id }) => id,
    );
    const altered = ids[Math.floor(ids.length / 2)]!;
    const some = ids.filter((id, index) => index % Math.ceil(ids.length / asked) === 0 || id === altered);
    await instance.clickhouse.command({
      query: `ALTER TABLE events UPDATE actor_name = concat(actor_name, '.') WHERE id = '${altered}'`,
      clickhouse_settings: { mutations_sync: '2' },
    });
    const { exitCode, stdout } = await instance.cli(['verify', '-o', 'ndjson', ...some]);
    assert.equal(exitCode, 3);
    const failed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ verified }) => !verified);
    assert.deepEqual(
      failed.map(({ id }) => id),
      [altered],
    );
    assert.match((await instance.cli(['verify', altered])).stdout, /^TAMPERED/);
  });

  test('the same import again adds nothing: at once, later, from a gzip copy, with another API key', async () => {
    const lines = Array.from({ length: 1_300 }, (_, second) =>
      attempt(second, second % 3 ? 'root' : 'invalid user oracle'),
    ).join('');
    const file = fileWith('auth.log', lines);
    const first = await importInto('acme', file);
    assert.deepEqual([first.exitCode, first.summary.sent, first.summary.requests], [0, 1_300, 3]);
    const atOnce = await importInto('acme', file);
    assert.deepEqual([atOnce.summary.sent, atOnce.summary.present], [0, 1_300]);
    await untilStored('acme', 1_300);
    const later = await importInto('acme', fileWith('copy.log.gz', gzipSync(lines)));
    assert.deepEqual([later.summary.sent, later.summary.present, later.summary.requests], [0, 1_300, 0]);
    const key = JSON.parse(
      (
        await instance.cli([
          'keys',
          'create',
          '--name',
          'importer',
          '--organization',
          'acme',
          '--permission',
          'write:events',
          '-o',
          'json',
        ])
      ).stdout,
    ).key;
    const blind = await importInto('acme', file, ['--api-key', key]);
    assert.deepEqual(
      [blind.exitCode, blind.summary.sent, blind.summary.present],
      [0, 0, 1_300],
      JSON.stringify(blind.summary),
    );
    assert.match(String(blind.summary.hints), /24 hours/);
    await untilStored('acme', 1_300);
  });

  test('of a file that has grown only the new lines come in', async () => {
    const lines = Array.from({ length: 730 }, (_, second) => attempt(second, 'root'));
    const steps: [length: number, sent: number][] = [
      [600, 600],
      [730, 130],
    ];
    let before = 0;
    for (const [length, sent] of steps) {
      const { summary } = await importInto('globex', fileWith('growing.log', lines.slice(0, length).join('')));
      assert.deepEqual([summary.sent, summary.present], [sent, before]);
      before += sent;
      await untilStored('globex', length);
    }
  });

  test('an import that was interrupted is finished by running it again', async () => {
    const lines = Array.from({ length: 6_000 }, (_, second) => attempt(second, 'root')).join('');
    const file = fileWith('long.log', lines);
    const interrupt = new AbortController();
    const args = ['import', '--format', 'sshd', '--organization', 'initech', '--year', '2024', '-o', 'json', file];
    const running = instance.cli(args, { signal: interrupt.signal });
    for (const until = Date.now() + 30_000; Date.now() < until; await sleep(10)) {
      if ((await countOf('initech')).rows > 0) break;
    }
    interrupt.abort();
    const stopped = await running;
    assert.equal(stopped.exitCode, 1);
    assert.match(JSON.parse(stopped.stdout).failures[0].message, /Interrupted/);
    assert.ok(JSON.parse(stopped.stdout).sent < 6_000);
    const { summary } = await importInto('initech', file);
    assert.equal(Number(summary.sent) + Number(summary.present), 6_000);
    await untilStored('initech', 6_000);
  });

  test('users and hosts are in the log by ids that do not tell them, and can still be found by name', async () => {
    const events = await instance.rows<Record<string, string>>(
      `SELECT actor_id, actor_name, target_id, target_name, correlation_id ${ofOrganization('acme')} LIMIT 20`,
    );
    for (const { actor_id, actor_name, target_id, target_name, correlation_id } of events) {
      assert.ok(actor_name && target_name);
      for (const id of [actor_id, target_id, correlation_id]) assert.match(id!, /^(usr|host|ssh)_[\w-]{24}$/);
    }
    const other = await instance.rows<{ n: string }>(
      `SELECT count() AS n FROM (SELECT actor_id ${ofOrganization('acme')} INTERSECT SELECT actor_id ${ofOrganization('globex')})`,
    );
    assert.equal(Number(other[0]!.n), 0);
  });
});
