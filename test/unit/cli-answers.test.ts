import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answering, json, to } from '../support/answering.js';
import { type CliSetting, cli } from '../support/cli.js';

describe('answers', () => {
  const event = {
    id: '0190a5c2-7f3e-7b11-9c5a-3f0d8a6b1c2d',
    occurred_at: '2026-06-15T12:00:01.123456Z',
    scope: 'organization',
    organization_id: 'acme',
    actor: { type: 'user', id: 'usr_1', email: 'ada@example.com' },
    action: 'auth.login_failed',
    category: 'auth',
    kind: 'event',
    outcome: 'failure',
    reason: 'bad_password',
    ip: '203.0.113.7',
    message: 'x\u001b[2J\u202ey',
    details: { port: 22 },
  };

  test('a table keeps within 80 columns and shows no control characters', async (t) => {
    const long = { ...event, actor: { type: 'user', email: `\u001b[31m${'a'.repeat(100)}@example.com` } };
    const { url } = await answering(t, (_, response) =>
      json(response, 200, { events: [event, long], next_cursor: null }),
    );
    const { stdout } = await cli(['list', ...to(url)]);
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines[0]!, /^TIME \(UTC\) +ACTION +ACTOR +IP +OUTCOME$/);
    assert.match(lines[1]!, /^2026-06-15 12:00:01 +auth.login_failed +ada@\S+ +203.0.113.7 +bad_password$/);
    for (const line of lines) assert.ok(line.length <= 80, line);
    assert.ok(!stdout.includes('\u001b'));
  });

  test('colours are for terminals, and never for what somebody else chose', async (t) => {
    const good = { ...event, outcome: 'success', reason: undefined };
    const { url } = await answering(t, (_, response) =>
      json(response, 200, { events: [event, good], next_cursor: null }),
    );
    const list = async (setting: CliSetting): Promise<string> =>
      (await cli(['list', '--fields', 'message,outcome', ...to(url)], setting)).stdout;
    const plain = await list({});
    const coloured = await list({ terminal: 80 });
    assert.ok(coloured.includes('\u001b[31mbad_password\u001b[39m\n'));
    assert.match(coloured, /x\\u001b\[2J/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are controls
    assert.equal(coloured.replace(/\u001b\[\d+m/g, ''), plain);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) assert.equal(await list({ terminal: 80, env }), plain);
  });

  test('an event in full is safe to show, and JSON is as it came', async (t) => {
    const { url } = await answering(t, (_, response) => json(response, 200, event));
    const { stdout } = await cli(['show', event.id, ...to(url)]);
    assert.match(stdout, /^id +0190a5c2/);
    assert.match(stdout, /^actor\.email +ada@example\.com$/m);
    assert.match(stdout, /x\\u001b\[2J\\u202ey/);
    assert.deepEqual(JSON.parse((await cli(['show', event.id, '-o', 'json', ...to(url)])).stdout), event);
  });

  test('a long list is read page by page, as long as the limit wants more', async (t) => {
    const page = Array.from({ length: 1_000 }, () => event);
    const { url, asked } = await answering(t, ({ path }, response) => {
      const second = path.includes('cursor=next');
      json(response, 200, { events: second ? page.slice(0, 500) : page, next_cursor: second ? 'more' : 'next' });
    });
    const { stdout } = await cli([
      'list',
      '--limit',
      '1500',
      '--action',
      'auth',
      '--action',
      'member',
      '-o',
      'ndjson',
      ...to(url),
    ]);
    assert.equal(stdout.trimEnd().split('\n').length, 1_500);
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['/api/audit?action=auth&action=member&limit=1000', '/api/audit?action=auth&action=member&limit=500&cursor=next'],
    );
  });

  test('a problem is told in words, with the fields that are wrong', async (t) => {
    const { url } = await answering(t, (_, response) =>
      json(response, 422, {
        type: 'urn:sealstream:problem:invalid-event',
        title: 'An event cannot be taken',
        detail: '2 fields are wrong',
        errors: [
          { pointer: '/ip', detail: '"x" is no address' },
          { pointer: '/action', detail: 'is missing' },
        ],
      }),
    );
    const { exitCode, stderr } = await cli(['emit', '--action', 'a.b', ...to(url)]);
    assert.equal(exitCode, 1);
    assert.equal(
      stderr,
      'sealstream: An event cannot be taken: 2 fields are wrong\n  /ip: "x" is no address\n  /action: is missing\n',
    );
  });

  test('something that is no gateway is recognised', async (t) => {
    const { url } = await answering(t, (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    );
    assert.match((await cli(['list', ...to(url)])).stderr, /not JSON; is it a Sealstream gateway/);
  });

  test('exit code 3 is for an event that is not as it was signed', async (t) => {
    const verdict = (verified: boolean) => ({
      available: true,
      verified,
      message: verified ? 'The event is as its producer signed it.' : 'Verification failed: a column was altered.',
      checks: { signature: { available: true, verified, message: 'why' }, inclusion: { available: false } },
    });
    const { url } = await answering(t, ({ path }, response) => json(response, 200, verdict(path.includes('/good/'))));
    const good = await cli(['verify', 'good', ...to(url)]);
    assert.equal(good.exitCode, 0);
    assert.match(good.stdout, /^VERIFIED {2}good\n {2}signature +verified +why\n {2}inclusion +not available\n$/);
    const bad = await cli(['verify', 'good', 'bad', 'good', ...to(url)]);
    assert.equal(bad.exitCode, 3);
    assert.match(bad.stdout, /^TAMPERED {2}bad$/m);
  });
});

describe('a list of alerts', () => {
  const alert = {
    id: '0190a5c2-7f3e-7b11-9c5a-3f0d8a6b1c2d',
    rule_title: 'Audit log settings changed',
    level: 'informational',
    state: 'acknowledged',
    group: { ip: '198.51.100.7' },
    count: 12_345,
    last_seen: '2026-06-15T09:00:00Z',
  };
  const nowMs = () => Date.parse('2026-06-15T12:30:00Z');

  test('has room for the titles of rules on 80 columns, and for everything else on 120', async (t) => {
    const { url } = await answering(t, (_, response) => json(response, 200, { alerts: [alert], next_cursor: null }));
    const at = async (terminal: number): Promise<string[]> =>
      (await cli(['alerts', 'list', ...to(url)], { terminal, nowMs, env: { NO_COLOR: '1' } })).stdout.split('\n');
    const [head, narrow] = await at(80);
    assert.match(head!, /^ID +AGO +STATE +LEVEL +# +RULE +GROUP$/);
    assert.match(narrow!, /^0190a5c2 +3h +ack +info +12345 +Audit log settings changed +198\.51\.100\.7$/);
    const [, wide] = await at(120);
    assert.match(wide!, / 2026-06-15 09:00 +acknowledged +informational +12345 +Audit log settings changed +ip=198/);
    for (const line of [head!, narrow!]) assert.ok(line.length <= 80, line);
    assert.ok(wide!.length <= 120, wide);
  });
});

describe('an event whose record is not wholly stored yet', () => {
  const pending = {
    status: 'pending',
    available: false,
    verified: false,
    message: 'Not to be verified yet: Ask again in 1 s.',
    checks: { signature: { available: false } },
  };
  const good = { status: 'verified', available: true, verified: true, message: 'Good.', checks: {} };

  test('is asked for again, and then verified', async (t) => {
    const { url, asked } = await answering(t, (_, response) =>
      json(response, 200, asked.length < 3 ? { ...pending, retry_after_seconds: 0.01 } : good),
    );
    const { exitCode, stdout, stderr } = await cli(['verify', 'one', ...to(url)]);
    assert.deepEqual([exitCode, asked.length], [0, 3], stdout + stderr);
    assert.match(stdout, /^VERIFIED {2}one/);
    assert.match(stderr, /one: its record is not wholly stored yet\. Asking again\./);
  });

  test('is not said to be tampered with when patience ends', async (t) => {
    const { url } = await answering(t, (_, response) => json(response, 200, { ...pending, retry_after_seconds: 60 }));
    const { exitCode, stdout } = await cli(['verify', 'one', ...to(url)]);
    assert.equal(exitCode, 1);
    assert.match(stdout, /^NOT YET {2}one\nNot to be verified yet/);
  });

  test('has its bundle asked for again', async (t) => {
    const { url, asked } = await answering(t, (_, response) =>
      asked.length < 2
        ? json(response, 503, {
            type: 'urn:sealstream:problem:record-pending',
            title: 'The record of an event is not complete yet',
            detail: 'ask again in 1 s',
          })
        : json(response, 200, { format: 'x' }),
    );
    const { exitCode, stdout, stderr } = await cli(['proof', 'one', ...to(url)]);
    assert.deepEqual([exitCode, stdout], [0, '{"format":"x"}\n'], stderr);
    assert.match(stderr, /The record of an event is not complete yet: ask again in 1 s\. Asking again\./);
  });
});

describe('the demo', () => {
  test('does not go on where the gateway takes no events', async (t) => {
    const { url, asked } = await answering(t, (_, response) =>
      json(response, 403, { title: 'No', detail: 'not here' }),
    );
    const began = Date.now();
    const { exitCode, stderr } = await cli(['demo', '--duration', '5m', '--backfill', '1h', ...to(url)]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /events did not get in: No: not here/);
    assert.ok(Date.now() - began < 60_000 && asked.length < 1_000);
  });
});

describe('emit', () => {
  test('one event from options, under an idempotency key of its own', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 202, { ids: ['id-1'] }));
    const options = [
      '--action',
      'member.role_changed',
      '--organization',
      'acme',
      '--actor',
      'usr_1',
      '--target-type',
      'member',
    ];
    const { exitCode, stdout } = await cli([
      'emit',
      ...options,
      '--before',
      '{"role":"viewer"}',
      '--after',
      '{"role":"admin"}',
      ...to(url),
    ]);
    assert.deepEqual([exitCode, stdout], [0, 'id-1\n']);
    assert.deepEqual(JSON.parse(asked[0]!.body), [
      {
        action: 'member.role_changed',
        organization_id: 'acme',
        actor: { id: 'usr_1' },
        target: { type: 'member' },
        before: { role: 'viewer' },
        after: { role: 'admin' },
      },
    ]);
    assert.match(String(asked[0]!.headers['idempotency-key']), /^emit-[0-9a-f-]{36}$/);
  });

  test('events from stdin: an object, an array, or one a line', async (t) => {
    const { url, asked } = await answering(t, ({ body }, response) =>
      json(response, 202, { ids: (JSON.parse(body) as unknown[]).map((_, at) => `id-${at}`) }),
    );
    for (const stdin of [
      '{"action":"a.b"}',
      '[{"action":"a.b"}]',
      '{\n "action":\n "a.b"}',
      '\n{"action":"a.b"}\n\n',
    ]) {
      assert.equal((await cli(['emit', ...to(url)], { stdin })).exitCode, 0);
      assert.deepEqual(JSON.parse(asked.at(-1)!.body), [{ action: 'a.b' }]);
    }
    const many = Array.from({ length: 501 }, () => '{"action":"a.b"}').join('\n');
    const { stdout } = await cli(['emit', '--idempotency-key', 'k', ...to(url)], { stdin: many });
    assert.equal(stdout.trimEnd().split('\n').length, 501);
    assert.deepEqual(
      asked.slice(-2).map(({ headers }) => headers['idempotency-key']),
      ['k.0', 'k.1'],
    );
  });

  test('a line that is not JSON is named, and nothing is sent', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 202, { ids: [] }));
    const { exitCode, stderr } = await cli(['emit', ...to(url)], { stdin: '{"action":"a.b"}\n{oops\n' });
    assert.equal(exitCode, 1);
    assert.match(stderr, /line 2 is not JSON: \{oops/);
    assert.deepEqual(asked, []);
    assert.equal((await cli(['emit', '--action', 'a.b', '--details', 'oops', ...to(url)])).exitCode, 2);
  });
});
