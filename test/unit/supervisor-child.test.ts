import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from '../../infra/local/start-child.js';
import { type Child, type ChildEvents, createChild, type Exit } from '../../infra/local/supervisor/child.js';
import { openDataFolder } from '../../infra/local/supervisor/data-folder.js';
import { neverRestart, type RestartPolicy, restartWithBackoff } from '../../infra/local/supervisor/restart-policy.js';
import { openRotatingLog } from '../../infra/local/supervisor/rotating-log.js';
import { temporaryFolder } from '../support/stack-instance.js';

describe('a supervised child', () => {
  const temporary = temporaryFolder();
  const folder = openDataFolder(temporary.path);
  after(() => temporary.remove());

  const nodeChild = ({
    name,
    script,
    restart = neverRestart,
    events = { exited() {} },
    command = process.execPath,
  }: {
    name: string;
    script: string;
    restart?: RestartPolicy;
    events?: ChildEvents;
    command?: string;
  }) => {
    const spec = {
      name,
      command,
      args: ['-e', script],
      env: process.env,
      cwd: folder.root,
      isNode: false,
      stopTimeoutMs: 300,
    };
    return createChild({ spec, folder, launcher: [], restart, events });
  };
  const logHolds = async (name: string, text: string) => {
    while (!readFileSync(join(folder.logs, `${name}.log`), 'utf8').includes(text)) await sleep(10);
  };

  test('logs to its file, notes its pid, and stops on SIGTERM', async () => {
    const child = nodeChild({ name: 'steady', script: "console.log('hello'); setInterval(() => {}, 1000)" });
    child.start();
    await logHolds('steady', 'hello');
    assert.equal(readFileSync(join(folder.run, 'steady.pid'), 'utf8'), `${child.pid()}\n`);
    await child.stop();
    assert.equal(child.pid(), undefined);
    assert.equal(existsSync(join(folder.run, 'steady.pid')), false);
  });

  test('that ignores SIGTERM is killed after its stop time', async () => {
    const child = nodeChild({
      name: 'deaf',
      script: "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)",
    });
    child.start();
    await logHolds('deaf', 'up');
    const startedAt = Date.now();
    await child.stop();
    assert.ok(Date.now() - startedAt >= 290);
    assert.equal(child.pid(), undefined);
  });

  test('that ends is started again with growing delays, and given up at the limit', async () => {
    const delays: (number | undefined)[] = [];
    const exits: Exit[] = [];
    const policy = restartWithBackoff({ firstDelayMs: 5, maxDelayMs: 15, limit: 5 });
    await new Promise<void>((resolve) => {
      const events: ChildEvents = {
        exited(_child, exit, restartInMs) {
          exits.push(exit);
          delays.push(restartInMs);
          if (restartInMs === undefined) resolve();
        },
      };
      nodeChild({ name: 'crashing', script: 'process.exit(3)', restart: policy, events }).start();
    });
    assert.deepEqual(delays, [5, 10, 15, 15, undefined]);
    assert.deepEqual(exits[0], { code: 3, signal: null });
  });

  test('that is stopped while it waits for its next start stays stopped', async () => {
    const restart = { next: () => 20 };
    const child = await new Promise<Child>((resolve) => {
      nodeChild({ name: 'waiting', script: '', restart, events: { exited: resolve } }).start();
    });
    await child.stop();
    await sleep(60);
    assert.equal(child.pid(), undefined);
  });

  test('that ends before it answers fails the start with the end of its log', async () => {
    const child = nodeChild({ name: 'broken', script: "console.error('no such setting: x'); process.exit(2)" });
    await assert.rejects(startChild({ child, isReady: async () => false, readyTimeoutMs: 10_000 }), {
      code: 'part_failed',
      message: /broken exited 2[\s\S]*no such setting: x/,
    });
  });

  test('whose program does not exist fails the start by name', async () => {
    const child = nodeChild({ name: 'absent', script: '', command: join(folder.root, 'no-such-program') });
    await assert.rejects(
      startChild({ child, isReady: async () => false, readyTimeoutMs: 10_000 }),
      /absent[\s\S]*ENOENT/,
    );
  });
});

describe('the restart policy', () => {
  test('starts afresh when the last ends are longer ago than its window', () => {
    let at = 0;
    const policy = restartWithBackoff({
      firstDelayMs: 100,
      maxDelayMs: 10_000,
      limit: 3,
      windowMs: 1_000,
      now: () => at,
    });
    assert.equal(policy.next(), 100);
    assert.equal(policy.next(), 200);
    at = 1_500;
    assert.equal(policy.next(), 100);
    assert.equal(policy.next(), 200);
    assert.equal(policy.next(), undefined);
  });
});

describe('a rotating log', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());

  test('keeps two files of bounded size, the newest lines in the first', () => {
    const path = join(temporary.path, 'part.log');
    const log = openRotatingLog({ path, maxBytes: 100 });
    for (let line = 0; line < 50; line++) log.write(`line ${String(line).padStart(4, '0')}\n`);
    log.close();
    const [now, before] = [readFileSync(path, 'utf8'), readFileSync(`${path}.1`, 'utf8')];
    assert.ok(now.length <= 100 && before.length <= 100);
    assert.ok(now.endsWith('line 0049\n'));
    assert.match(before + now, /^line 0030\n(line \d{4}\n)+$/);
  });

  test('goes on behind what an earlier start wrote', () => {
    const path = join(temporary.path, 'again.log');
    for (const text of ['one\n', 'two\n']) {
      const log = openRotatingLog({ path });
      log.write(text);
      log.close();
    }
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  });
});
