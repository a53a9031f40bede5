import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { cli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'sealstream-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Something that speaks HTTP in the gateway's place, for answers that a healthy gateway does not give on demand. */
async function answering(t: TestContext, answer: (asked: Asked, response: ServerResponse, nth: number) => void) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = { method: request.method!, path: request.url!, headers: request.headers, body };
    asked.push(one);
    answer(one, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
};

const to = (url: string): string[] => ['--url', url, '--api-key', 'sk_test'];

describe('a command line', () => {
  test('that is wrong is told so, with exit code 2', async () => {
    for (const args of [['impor'], ['list', '--limit', 'many'], ['show'], ['list', '-o', 'xml'], ['import', 'x.log']]) {
      const { exitCode, stdout, stderr } = await cli(args);
      assert.equal(exitCode, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, /error: /);
    }
    assert.equal((await cli(['list', '--columns', 'colour', ...to('http://127.0.0.1:1')])).exitCode, 2);
    assert.equal((await cli(['list', '--url', 'ftp://x', '--api-key', 'k'])).exitCode, 2);
    assert.equal(
      (await cli(['import', '--format', 'sshd', '--organization', 'a', '--timezone', 'Mars', '-'])).exitCode,
      2,
    );
  });

  test('--version and --help are answered on stdout', async () => {
    assert.match((await cli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
    const { exitCode, stdout } = await cli(['--help']);
    assert.equal(exitCode, 0);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 84, line);
  });

  test('works under audit and audit-logs too', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, { events: [], next_cursor: null }));
    for (const group of ['audit', 'audit-logs']) assert.equal((await cli([group, 'list', ...to(url)])).exitCode, 0);
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['/api/audit?limit=100', '/api/audit?limit=100'],
    );
  });
});

describe('finding the gateway', () => {
  test('without one, it says what to do', async () => {
    const { exitCode, stderr } = await cli(['list'], { cwd: folder });
    assert.equal(exitCode, 1);
    assert.match(stderr, /No running instance.*npm start/s);
  });

  test('one that does not answer is named', async () => {
    const { exitCode, stderr } = await cli(['list', ...to('http://127.0.0.1:9999')]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /http:\/\/127\.0\.0\.1:9999 cannot be reached: connection refused.*npm start/s);
  });

  test("the running instance's env file is read; options and the environment go before it", async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, { events: [], next_cursor: null }));
    const cwd = join(folder, 'running');
    mkdirSync(join(cwd, '.sealstream'), { recursive: true });
    writeFileSync(join(cwd, '.sealstream', 'env'), `SEALSTREAM_URL=${url}\nSEALSTREAM_API_KEY=sk_file\n`);
    const keyUsed = async (args: string[], env: Record<string, string> = {}): Promise<string | undefined> => {
      assert.equal((await cli(['list', ...args], { cwd, env })).exitCode, 0);
      return asked.at(-1)!.headers.authorization;
    };
    assert.equal(await keyUsed([]), 'Bearer sk_file');
    assert.equal(await keyUsed([], { SEALSTREAM_API_KEY: 'sk_env' }), 'Bearer sk_env');
    assert.equal(await keyUsed(['--api-key', 'sk_option'], { SEALSTREAM_API_KEY: 'sk_env' }), 'Bearer sk_option');
  });

  test("the instance's key is not sent to another server", async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, {}));
    const cwd = join(folder, 'other');
    mkdirSync(join(cwd, '.sealstream'), { recursive: true });
    writeFileSync(
      join(cwd, '.sealstream', 'env'),
      'SEALSTREAM_URL=http://127.0.0.1:8080\nSEALSTREAM_API_KEY=sk_file\n',
    );
    const { exitCode, stderr } = await cli(['list', '--url', url], { cwd });
    assert.equal(exitCode, 1);
    assert.match(stderr, /No API key for/);
    assert.deepEqual(asked, []);
  });

  test('a redirect is not followed with the key', async (t) => {
    const other = await answering(t, (_, response) => json(response, 200, {}));
    const { url } = await answering(t, (_, response) => response.writeHead(302, { location: other.url }).end());
    assert.equal((await cli(['list', ...to(url)])).exitCode, 1);
    assert.deepEqual(other.asked, []);
  });
});

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
    assert.match((await cli(['list', ...to(url)])).stderr, /not JSON. Is it a Sealstream gateway/);
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

describe('an import whose gateway is not well', () => {
  const line = 'Mar 10 06:55:46 web1 sshd[1]: Failed password for root from 203.0.113.7 port 22 ssh2\n';
  const key = join(folder, 'id.key');
  const args = ['import', '--format', 'sshd', '--organization', 'acme', '--id-key-file', key, '-o', 'json', '-'];
  const missing = (response: ServerResponse): void =>
    json(response, 404, { type: 'urn:sealstream:problem:not-found', title: 'x' });

  test('sends the same request again, under the same key, after 429 and 503', async (t) => {
    let posts = 0;
    const { url, asked } = await answering(t, ({ method }, response) => {
      if (method === 'GET') return missing(response);
      posts += 1;
      if (posts < 3) json(response, posts === 1 ? 429 : 503, { title: 'Not now' }, { 'retry-after': '0' });
      else json(response, 202, { ids: ['x'] });
    });
    const { exitCode, stdout, stderr } = await cli([...args, ...to(url)], { stdin: line });
    assert.equal(exitCode, 0, stderr);
    assert.equal(JSON.parse(stdout).sent, 1);
    const sent = asked.filter(({ method }) => method === 'POST');
    assert.equal(sent.length, 3);
    assert.equal(new Set(sent.map(({ headers, body }) => `${headers['idempotency-key']} ${body}`)).size, 1);
    assert.equal(sent[0]!.headers['x-organization-id'], 'acme');
    assert.match(stderr, /Not now.*Trying again/);
  });

  test('what is there already is not sent', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, {}));
    const { exitCode, stdout } = await cli([...args, ...to(url)], { stdin: line });
    assert.equal(exitCode, 0);
    assert.deepEqual([JSON.parse(stdout).sent, JSON.parse(stdout).present], [0, 1]);
    assert.deepEqual(
      asked.filter(({ method }) => method === 'POST'),
      [],
    );
  });

  test('of a file that has grown, only the new lines are sent', async (t) => {
    const there = new Set<string>();
    const { url, asked } = await answering(t, ({ method, path, body }, response) => {
      if (method === 'GET') return there.has(path.split('/').at(-1)!) ? json(response, 200, {}) : missing(response);
      const ids = (JSON.parse(body) as { id: string }[]).map(({ id }) => id);
      for (const id of ids) there.add(id);
      json(response, 202, { ids });
    });
    for (const [lines, sent, present] of [
      [7, 7, 0],
      [19, 12, 7],
      [19, 0, 19],
      [20, 1, 19],
    ] as const) {
      const { stdout } = await cli([...args, ...to(url)], { stdin: line.repeat(lines) });
      const summary = JSON.parse(stdout);
      assert.deepEqual([summary.sent, summary.present], [sent, present], `${lines} lines`);
    }
    assert.equal(there.size, 20);
    assert.equal(asked.filter(({ method }) => method === 'POST').length, 3);
  });

  test('a key that may not read still imports, and says what that costs', async (t) => {
    const { url } = await answering(t, ({ method }, response) =>
      method === 'GET'
        ? json(response, 403, { title: 'No' })
        : json(response, 202, { ids: ['x'] }, { 'idempotent-replayed': 'true' }),
    );
    const { exitCode, stdout } = await cli([...args, ...to(url)], { stdin: line });
    assert.equal(exitCode, 0);
    assert.match(JSON.parse(stdout).hints.join('\n'), /24 hours/);
    assert.equal(JSON.parse(stdout).present, 1);
  });

  test('a refused part is reported with its lines, and the next one is sent', async (t) => {
    let posts = 0;
    const { url } = await answering(t, ({ method, body }, response) => {
      if (method === 'GET') return missing(response);
      posts += 1;
      if (posts > 1) return json(response, 202, { ids: JSON.parse(body).map(() => 'x') });
      json(response, 422, {
        type: 'urn:sealstream:problem:invalid-event',
        title: 'An event cannot be taken',
        detail: 'why',
      });
    });
    const { exitCode, stdout } = await cli([...args, ...to(url)], { stdin: line.repeat(501) });
    assert.equal(exitCode, 1);
    const { sent, failures } = JSON.parse(stdout);
    assert.equal(sent, 1);
    assert.deepEqual(failures, [{ lines: [1, 500], message: 'An event cannot be taken: why' }]);
  });

  test('a key that does not hold stops it at once', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 401, { title: 'No valid API key' }));
    const { exitCode, stdout } = await cli([...args, ...to(url)], { stdin: line.repeat(1_200) });
    assert.equal(exitCode, 1);
    assert.equal(asked.length, 1);
    assert.match(JSON.parse(stdout).failures[0].message, /No valid API key.*SEALSTREAM_API_KEY/s);
  });

  test('a dry run needs no gateway and no key', async () => {
    const { exitCode, stdout } = await cli(['import', '--format', 'sshd', '--organization', 'acme', '--dry-run', '-'], {
      stdin: `${line}nonsense\n`,
    });
    assert.equal(exitCode, 0);
    assert.match(stdout, /Dry run: stdin holds 1 events for acme/);
    assert.match(stdout, /line 2: nonsense/);
    for (const one of stdout.split('\n')) assert.ok(one.length <= 80, one);
  });
});
