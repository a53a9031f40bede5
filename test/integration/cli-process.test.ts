import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { packageRoot } from '../../services/core/paths.js';

const bin = join(packageRoot(), 'services/cli/bin.mjs');
const folder = mkdtempSync(join(tmpdir(), 'sealstream-bin-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The command as a process of its own, in an empty folder. */
function start(args: readonly string[], { file = bin }: { file?: string } = {}) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [file, ...args], {
    cwd: folder,
    env: { PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const closed = once(child, 'close');
  return {
    child,
    output: () => output,
    exited: async () => ((await closed)[0] ?? (await closed)[1]) as number | string,
  };
}

/** A server that takes requests and never answers them. */
async function silentServer(t: TestContext): Promise<{ url: string; asked: Promise<unknown> }> {
  const server = createServer();
  const asked = once(server, 'request');
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('the sealstream process', () => {
  test('runs from any folder and ends with the exit code of its command', async () => {
    const version = start(['--version']);
    assert.equal(await version.exited(), 0);
    assert.match(version.output(), /^\d+\.\d+\.\d+\n$/);
    assert.equal(await start(['nonsense']).exited(), 2);
    const nothing = start(['list']);
    assert.equal(await nothing.exited(), 1);
    assert.match(nothing.output(), /No running instance/);
    assert.doesNotMatch(nothing.output(), / at .*\.js:\d+/);
  });

  test('says what to do before the first build', async () => {
    const checkout = join(folder, 'checkout');
    mkdirSync(join(checkout, 'services/cli'), { recursive: true });
    cpSync(bin, join(checkout, 'services/cli/bin.mjs'));
    const unbuilt = start(['--version'], { file: join(checkout, 'services/cli/bin.mjs') });
    assert.equal(await unbuilt.exited(), 1);
    assert.match(unbuilt.output(), /not built yet.*npm start/s);
  });

  test('Ctrl-C that arrives twice at once, as npm passes it on, ends it in order', async (t) => {
    const { url, asked } = await silentServer(t);
    const waiting = start(['list', '--url', url, '--api-key', 'k']);
    await asked;
    waiting.child.kill('SIGINT');
    waiting.child.kill('SIGINT');
    assert.equal(await waiting.exited(), 1);
    assert.equal(waiting.output(), 'sealstream: Interrupted.\n');
  });

  test('a reader that has seen enough is no error', async () => {
    const line = 'Mar 10 06:55:46 web1 sshd[1]: hello\n';
    const importing = start(['import', '--format', 'sshd', '--organization', 'acme', '--dry-run', '-o', 'json', '-']);
    importing.child.stdout.destroy();
    importing.child.stdin.end(line.repeat(1_000));
    assert.deepEqual(await once(importing.child, 'exit'), [0, null], importing.output());
  });
});
