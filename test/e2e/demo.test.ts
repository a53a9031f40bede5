import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningInstance, startRunningInstance } from '../support/running-instance.js';

describe('sealstream demo, on a running instance', () => {
  let instance: RunningInstance;
  before(async () => {
    instance = await startRunningInstance();
  });
  after(() => instance.stop());

  const storedByOrganization = async (): Promise<number> =>
    Number(
      (
        await instance.rows<{ n: string }>(
          "SELECT count() AS n FROM events WHERE scope = 'organization' AND action NOT LIKE 'alert_rule.%'",
        )
      )[0]!.n,
    );
  const untilStored = async (events: number): Promise<void> => {
    for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
      if ((await storedByOrganization()) >= events) break;
    }
    assert.equal(await storedByOrganization(), events);
  };
  const printed = (stdout: string, pattern: RegExp): string[] => {
    const found = pattern.exec(stdout);
    assert.ok(found, stdout);
    return found.slice(1);
  };
  /** The commands that it tells people to run. */
  const commandsIn = (stdout: string): string[][] =>
    [...stdout.matchAll(/^ {2}npx sealstream (.*)$/gm)].map(([, line]) => line!.split(' '));

  test('the past, a live flow at its rate, and an attack that its own commands show', async () => {
    const args = [
      'demo',
      '--rate',
      '40',
      '--duration',
      '6s',
      '--backfill',
      '6h',
      '--backfill-events',
      '400',
      '--seed',
      'test',
    ];
    const { exitCode, stdout, stderr } = await instance.cli(args);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /signed by a key of its own, straight to Kafka/);
    const [past, live, rate, acknowledged] = printed(
      stdout,
      /(\d+) events of the past and (\d+) live ones \(([\d.]+)\/s\), (\d+) acknowledged/,
    ).map(Number) as [number, number, number, number];
    assert.equal(live, 240);
    assert.ok(rate > 20 && rate < 45, `${rate}/s`);
    assert.equal(acknowledged, past + live);
    await untilStored(past + live);
    assert.match(stdout, /An attack on Acme Robotics.*An attack on Globex Logistics/s);

    const commands = commandsIn(stdout);
    assert.deepEqual(
      commands.map(([name]) => name),
      ['alerts', 'list', 'timeline', 'show', 'verify', 'alerts', 'list', 'timeline', 'show', 'verify'],
    );
    for (const command of commands) {
      let ran = await instance.cli(command);
      // The last of the alerts may take a moment more than the demo waits.
      for (let looks = 0; command[1] === 'list' && !/Somebody/.test(ran.stdout) && looks < 20; looks += 1) {
        await sleep(1_000);
        ran = await instance.cli(command);
      }
      assert.equal(ran.exitCode, 0, `${command.join(' ')}: ${ran.stderr}`);
      if (command[1] === 'backtest')
        assert.match(ran.stdout, /: 1 alert, .*Login from an address that tried many accounts/s);
      if (command[1] === 'list') assert.match(ran.stdout, /open +critical .*Somebody/);
      if (command[0] === 'list') assert.match(ran.stdout, /auth\.login|member\.role_changed/);
      if (command[0] === 'timeline') assert.match(ran.stdout, /member\.role_changed/);
      if (command[0] === 'show') assert.match(ran.stdout, /"role": "owner"/);
      if (command[0] === 'verify') assert.match(ran.stdout, /^VERIFIED/);
    }
    const [alerts] = printed(stdout, /(\d+) alerts were raised while it went on/).map(Number);
    assert.ok(alerts! >= 3, `${alerts} alerts`);
    const tries = JSON.parse((await instance.cli([...commands[1]!, '--limit', '1000', '-o', 'json'])).stdout).events;
    const actions = tries.map(({ action }: { action: string }) => action).reverse();
    const login = actions.indexOf('auth.login');
    assert.ok(login > 20);
    assert.ok(actions.slice(0, login).every((action: string) => action === 'auth.login_failed'));
    assert.deepEqual(actions.slice(login), [
      'auth.login',
      'member.role_changed',
      'api_key.created',
      'export.requested',
    ]);
  });

  test('addresses and mail domains are those that documentation may use', async () => {
    const nets = await instance.rows<{ net: string }>(
      `SELECT DISTINCT if(length(ip_bytes) = 4, hex(substring(ip_bytes, 1, 3)), hex(substring(ip_bytes, 1, 4))) AS net
       FROM events WHERE scope = 'organization' AND action NOT LIKE 'alert_rule.%' AND ip_bytes != ''`,
    );
    const allowed = ['C00002', 'C63364', 'CB0071', '20010DB8'];
    assert.deepEqual(
      nets.map(({ net }) => net).filter((net) => !allowed.includes(net)),
      [],
    );
    const domains = await instance.rows<{ domain: string }>(
      `SELECT DISTINCT arrayElement(splitByChar('@', actor_email), 2) AS domain FROM events WHERE actor_email != ''`,
    );
    // Of the companies that somebody is awake in at this hour; two are attacked at any.
    assert.ok(domains.length >= 2);
    for (const { domain } of domains) assert.match(domain, /\.example\.(com|org)$/);
  });

  test('roles go on from where they were: each before is the after before it', async () => {
    const changes = await instance.rows<{ target_id: string; before: string; after: string }>(
      `SELECT target_id, before, after FROM events WHERE action = 'member.role_changed' ORDER BY occurred_at`,
    );
    const roles = new Map<string, string>();
    for (const { target_id, before, after } of changes) {
      assert.equal(before, roles.get(target_id) ?? before);
      assert.notEqual(before, after);
      roles.set(target_id, after);
    }
    assert.ok(changes.length > 1);
  });

  test('over HTTP, on an instance that has had a day already', async () => {
    const had = await storedByOrganization();
    const { exitCode, stdout, stderr } = await instance.cli([
      'demo',
      '--rate',
      '30',
      '--duration',
      '2s',
      '--via',
      'http',
    ]);
    assert.equal(exitCode, 0, stderr);
    const [past, live] = printed(stdout, /(\d+) events of the past and (\d+) live ones/).map(Number);
    assert.deepEqual([past, live], [0, 60]);
    await untilStored(had + 60);
  });
});
