import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { answering, json, to } from '../support/answering.js';
import { cli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'sealstream-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

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
