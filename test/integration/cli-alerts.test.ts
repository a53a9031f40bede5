import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createFindingTable } from '../../services/alerts/findings/index.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { type CliRun, cli } from '../support/cli.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway, type TestGateway } from '../support/gateway.js';

const spike = (count: number): string =>
  JSON.stringify({
    id: 'spike',
    name: 'Failed logins',
    filter: { action: 'auth.failed' },
    condition: { count: `> ${count}`, window: '5m', groupBy: 'ip' },
  });

describe('sealstream alerts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-alerts-'));
  const id = randomUUID();
  let world: GatewayWorld;
  let gateway: TestGateway;
  let run: (...args: string[]) => Promise<CliRun>;

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
    const key = await gateway.makeKey(['acme'], ['view:audit_logs', 'manage:alerts']);
    const env = { SEALSTREAM_URL: gateway.url, SEALSTREAM_API_KEY: key };
    run = (...args) => cli(['alerts', ...args], { env, cwd: folder });
    writeFileSync(join(folder, 'spike.json'), spike(5));
    writeFileSync(join(folder, 'strict.json'), spike(50));
    writeFileSync(join(folder, 'bad.yml'), 'title: Bad\ndetection:\n  sel: {no_such_field: 1}\n  condition: sel\n');
    const { clickhouseUrl: url, clickhouseDatabase: database } = world.config.addresses;
    const clickhouse = createClickHouse({ url, database });
    const at = Date.now() * 1_000;
    await createFindingTable({ clickhouse, database }).write([
      {
        id,
        fingerprint: 'f'.repeat(64),
        version: 1,
        organizationId: 'acme',
        owner: 'acme',
        rule: {
          id: 'spike',
          version: 'v',
          title: `A long title ${'of a rule '.repeat(10)}`,
          author: '',
          level: 'high',
        },
        group: { names: ['ip'], values: ['198.51.100.7'] },
        firstHitId: randomUUID(),
        firstHitUs: at,
        firstSeenUs: at,
        lastSeenUs: at,
        endsUs: at + 3_600_000_000,
        resolvesUs: at + 3_600_000_000,
        hits: 1,
        events: 6,
        eventIds: [randomUUID()],
        successor: undefined,
      },
    ]);
    await clickhouse.close();
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const ok = ({ exitCode, stdout, stderr }: CliRun): string => {
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };

  test('lists alerts within 80 columns, shows one by the beginning of its id, and notes what is done', async () => {
    const listed = ok(await run('list'));
    assert.ok(
      listed.split('\n').every((line) => line.length <= 80),
      listed,
    );
    assert.ok(listed.includes(id.slice(0, 8)) && listed.includes('198.51.100.7') && listed.includes('open'));
    assert.equal(JSON.parse(ok(await run('list', '-o', 'json'))).alerts[0].id, id);
    assert.match(ok(await run('ack', id.slice(0, 8), '-m', 'mine')), /acknowledged by .*: mine/);
    assert.match(ok(await run('comment', id, 'a bot')), /commented by .*: a bot/);
    assert.match(ok(await run('resolve', id)), /state +resolved/);
    const again = await run('ack', id);
    assert.deepEqual([again.exitCode, again.stdout], [1, '']);
    assert.match(again.stderr, /the alert is resolved/);
    assert.match(ok(await run('show', id)), /acknowledged by/);
    assert.equal((await run('list', '--state', 'closed')).exitCode, 2);
  });

  test('validates, puts, switches and deletes rules; a rule that is refused ends with 2 and its line', async () => {
    assert.match(ok(await run('rules', 'validate', 'spike.json')), /^spike {2}Failed logins/m);
    const refused = await run('rules', 'put', 'bad.yml');
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /line 1, column 1/);
    assert.match(ok(await run('rules', 'put', 'spike.json')), /id +spike/);
    assert.match(ok(await run('rules', 'put', 'strict.json', '--id', 'spike')), /version/);
    const listed = ok(await run('rules', 'list'));
    assert.ok(
      listed.split('\n').every((line) => line.length <= 80),
      listed,
    );
    assert.match(listed, /spike +on +own/);
    assert.match(listed, /built in/);
    assert.match(ok(await run('rules', 'show', 'spike')), /> 50/);
    assert.match(ok(await run('rules', 'disable', 'spike')), /enabled +false/);
  });

  test('tries a file and a saved rule over history, against each other', async () => {
    const tried = ok(await run('backtest', 'spike.json', '--from', '2h', '--against', 'strict.json'));
    assert.match(tried, /0 alerts, 0 hits/);
    assert.match(tried, /Alerts of both 0/);
    const saved = JSON.parse(ok(await run('backtest', 'spike', '--from', '2h', '-o', 'json')));
    assert.equal(saved.coverage.complete, true);
    assert.equal((await run('backtest', 'bad.yml')).exitCode, 2);
    assert.equal((await run('backtest', 'no-such-rule')).exitCode, 1);
    assert.equal((await run('rules', 'delete', 'spike')).exitCode, 0);
  });

  test('keeps alerts quiet, and sets channels up without showing their secrets', async () => {
    const made = ok(
      await run(
        'silences',
        'create',
        '--match',
        'rule_id=spike',
        '--match',
        'ip~198.*',
        '--for',
        '2h',
        '--reason',
        'known',
      ),
    );
    assert.match(made, /rule_id=spike ip~198\.\*/);
    const [silence] = JSON.parse(ok(await run('silences', 'list', '-o', 'json'))).silences;
    assert.match(ok(await run('silences', 'end', silence.id)), /state +ended/);
    assert.equal((await run('silences', 'create', '--match', 'x', '--for', '2h', '--reason', 'r')).exitCode, 2);
    const secret = 'a-secret-of-forty-characters-that-nobody-sees';
    const settings = { url: 'https://hooks.example.com/x', secret };
    writeFileSync(join(folder, 'hook.json'), JSON.stringify({ name: 'hook', kind: 'webhook', settings }));
    const channel = ok(await run('channels', 'put', 'hook.json'));
    assert.ok(!channel.includes(secret));
    const listed = ok(await run('channels', 'list'));
    assert.match(listed, /hook +webhook +on/);
    assert.equal((await run('channels', 'dead-letters')).exitCode, 0);
    const [{ id: channelId }] = JSON.parse(ok(await run('channels', 'list', '-o', 'json'))).channels;
    assert.equal((await run('channels', 'delete', channelId)).exitCode, 0);
  });
});
