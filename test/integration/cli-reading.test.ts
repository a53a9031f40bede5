import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { widthOf } from '../../services/cli/output/text.js';
import { type RunningInstance, startRunningInstance } from '../support/running-instance.js';

const day = (hour: string): string => `2026-06-15T${hour}:00Z`;
const actor = { type: 'user', id: 'usr_1', name: 'Ada', email: 'ada@example.com' };
const member = (at: string, action: string, change: object) => ({
  action: `member.${action}`,
  organization_id: 'acme',
  occurred_at: day(at),
  actor,
  target: { type: 'member', id: 'mem_7' },
  service: 'workspace',
  ...change,
});
const step = (at: string, service: string, outcome = 'success') => ({
  action: 'export.completed',
  organization_id: 'acme',
  occurred_at: at,
  actor,
  service,
  outcome,
  correlation_id: 'flow_1',
});
const events = [
  member('08:00', 'added', { after: { role: 'viewer', seats: 1 } }),
  member('10:00', 'role_changed', { before: { role: 'viewer' }, after: { role: 'admin' } }),
  member('12:00', 'role_changed', { before: { role: 'admin' }, after: { role: 'owner' } }),
  step('2026-06-15T13:00:00Z', 'gateway'),
  step('2026-06-15T13:00:01.5Z', 'exporter'),
  step('2026-06-15T13:02:05Z', 'mailer', 'failure'),
];

describe('the command line, on a running instance', () => {
  let instance: RunningInstance;
  before(async () => {
    instance = await startRunningInstance();
    const { exitCode, stderr } = await instance.cli(['emit'], { stdin: JSON.stringify(events) });
    assert.equal(exitCode, 0, stderr);
    for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
      const { stdout } = await instance.cli(['list', '--organization', 'acme', '-o', 'ndjson']);
      if (stdout.split('\n').length > events.length) return;
    }
    assert.fail('the events are not stored');
  });
  after(() => instance.stop());

  /** What a good command prints, in lines that fit. */
  const lines = async (...args: string[]): Promise<string[]> => {
    const { exitCode, stdout, stderr } = await instance.cli(args);
    assert.equal(exitCode, 0, `sealstream ${args.join(' ')}\n${stderr}`);
    for (const line of stdout.split('\n')) assert.ok(widthOf(line) <= 80, line);
    return stdout.trimEnd().split('\n');
  };
  const document = async (...args: string[]) => {
    const { stdout } = await instance.cli([...args, '-o', 'json']);
    return JSON.parse(stdout);
  };

  test('lists by a query, as every name of the command', async () => {
    const expected = await lines('list', 'action:member.role_changed details.seats:*', '--organization', 'acme');
    assert.deepEqual(expected, ['']);
    for (const alias of [[], ['audit'], ['audit-logs']]) {
      const [head, ...rows] = await lines(
        ...alias,
        'list',
        'action:member.* -action:*added',
        '--fields',
        'time,action',
      );
      assert.equal(head, 'TIME (UTC)           ACTION');
      assert.deepEqual(rows, ['2026-06-15 12:00:00  member.role_changed', '2026-06-15 10:00:00  member.role_changed']);
    }
  });

  test('points at what is wrong in a query, and says so by its exit code', async () => {
    for (const command of ['list', 'stats', 'export', 'tail']) {
      const { exitCode, stdout, stderr } = await instance.cli([command, 'action:auth.* ip:nonsense']);
      assert.deepEqual([exitCode, stdout], [2, ''], command);
      const [, query = '', carets = ''] = stderr.split('\n');
      assert.equal(query, '  action:auth.* ip:nonsense', command);
      assert.equal(query.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1), 'nonsense', command);
    }
  });

  test('stats: counts of time and of values, exactly', async () => {
    const filters = ['--organization', 'acme', '--from', '2026-06-15', '--to', '2026-06-16'];
    const [head, ...rest] = await lines('stats', ...filters, '--by', 'action,outcome', '--interval', '1h');
    assert.equal(head, '6 events, 2026-06-15 00:00:00 – 2026-06-16 00:00:00 UTC');
    const text = rest.join('\n');
    assert.match(text, /a column is 1h, the highest 3$/m);
    assert.match(text, /^ACTION\n {2}export\.completed +3 {2}█+\n {2}member\.role_changed +2 {2}█+/m);
    assert.match(text, /^OUTCOME\n {2}success +5 {2}█+\n {2}failure +1 {2}█+/m);
    const csv = await lines('stats', ...filters, '--by', 'actor', '--interval', '1d', '-o', 'csv');
    assert.deepEqual(csv, ['field,value,count', 'time,2026-06-15T00:00:00.000000Z,6', 'actor,usr_1,6']);
    assert.equal((await document('stats', ...filters)).total, 6);
    assert.deepEqual(await lines('stats', 'actor:nobody'), ['0 events']);
  });

  test('history: what changed, and the state at a time with how sure it is', async () => {
    const [head, ...rows] = await lines('history', 'member', 'mem_7');
    assert.match(head!, /^TIME \(UTC\) +ACTION +ACTOR +CHANGE$/);
    assert.deepEqual(
      rows.map((row) => row.slice(11, 16) + row.slice(row.lastIndexOf('  ') + 1)),
      ['12:00 role: admin → owner', '10:00 role: viewer → admin', '08:00 role: viewer, seats: 1'],
    );
    const state = (await lines('history', 'member', 'mem_7', '--at', day('11:00'))).join('\n');
    assert.match(state, /^entity +member mem_7\nat +2026-06-15 11:00:00 UTC\nstate +\{\n/);
    assert.match(state, /"role": "admin"/);
    assert.match(state, /"seats": 1/);
    assert.match(state, /^status +approximate: /m);
    assert.equal((await document('history', 'member', 'mem_7', '--at', day('09:00'))).state.status, 'exact');
    assert.equal((await instance.cli(['history', 'member', 'mem_7', '--at', 'now', '-o', 'csv'])).exitCode, 2);
  });

  test('timeline: a workflow across services, each step by its time since the first', async () => {
    const shown = await lines('timeline', 'flow_1');
    const table = shown.slice(shown.indexOf('') + 1);
    assert.match(shown.join('\n'), /^began +2026-06-15 13:00:00 UTC, took 2 min 5 s$/m);
    assert.match(shown.join('\n'), /^outcome +mixed: /m);
    assert.match(table[0]!, /^AFTER +SERVICE +ACTION +ACTOR +OUTCOME$/);
    assert.deepEqual(
      table.slice(1).map((row) => row.split(/ {2,}/).slice(0, 2)),
      [
        ['0 ms', 'gateway'],
        ['1.5 s', 'exporter'],
        ['2 min 5 s', 'mailer'],
      ],
    );
    assert.equal((await document('timeline', 'flow_1')).total, 3);
    const missing = await instance.cli(['timeline', 'nothing']);
    assert.deepEqual([missing.exitCode, missing.stdout], [1, '']);
  });

  test('the system scope has the same commands, of its own events', async () => {
    const made = await document('keys', 'create', '--name', 'k', '--organization', 'acme', '--role', 'viewer');
    for (const until = Date.now() + 30_000; Date.now() < until; await sleep(100)) {
      if ((await document('system', 'list', '--action', 'api_key.created')).events.length > 0) break;
    }
    const [, row] = await lines('system', 'list', '--action', 'api_key.created', '--fields', 'action,target');
    assert.equal(row, 'api_key.created  api_key k');
    assert.match((await lines('system', 'history', 'api_key', made.id)).join('\n'), /api_key\.created/);
    assert.match((await lines('system', 'stats', '--action', 'api_key'))[0]!, /^1 event, /);
    const asViewer = { env: { SEALSTREAM_URL: instance.url, SEALSTREAM_API_KEY: made.key as string } };
    const refused = await instance.cli(['system', 'list'], asViewer);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /view:system_audit_logs/);
  });

  test('a key is replaced by one with the same rights, and the old one goes on for the overlap', async () => {
    const old = await document('keys', 'create', '--name', 'r', '--organization', 'acme', '--permission', 'verify');
    const made = await document('keys', 'rotate', old.id, '--overlap', '1h');
    assert.deepEqual([made.replaces, made.permissions], [old.id, ['verify']]);
    const { keys } = await document('keys', 'list');
    const { expires_at } = keys.find(({ id }: { id: string }) => id === old.id);
    assert.ok(Math.abs(Date.parse(expires_at) - Date.now() - 3_600_000) < 60_000, expires_at);
    await lines('keys', 'list');
  });

  test('an export is there whole, and show and verify tell of one of its events', async () => {
    const file = join(instance.dataDir, 'out.csv');
    await lines('export', '--organization', 'acme', '--fields', 'id,action', '--order', 'oldest', '--out', file);
    const [head, first = ''] = readFileSync(file, 'utf8').trimEnd().split('\r\n');
    assert.equal(head, 'id,action');
    const [id = '', action] = first.split(',');
    assert.equal(action, 'member.added');
    assert.match((await lines('show', id)).join('\n'), /^actor\.email +ada@example\.com$/m);
    assert.match((await lines('verify', id))[0]!, /^VERIFIED/);
    assert.equal((await instance.cli(['show', 'no-such-id'])).exitCode, 1);
    assert.equal((await instance.cli(['export', '--fields', 'colour', '--out', `${file}.2`])).exitCode, 2);
    assert.ok(!existsSync(`${file}.2`));
  });
});
