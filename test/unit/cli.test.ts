import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { answering, json, to } from '../support/answering.js';
import { cli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'sealstream-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

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
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
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
