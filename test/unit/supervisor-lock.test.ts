import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { LocalError } from '../../infra/local/errors.js';
import { lockFolder } from '../../infra/local/supervisor/lock.js';
import { endOrphans, writePidFile } from '../../infra/local/supervisor/pid-files.js';
import { processIdentity } from '../../infra/local/supervisor/process-identity.js';
import { temporaryFolder } from '../support/stack-instance.js';

const ORPHAN_TIMEOUTS = { stopTimeoutMs: 300, killTimeoutMs: 5_000 };

describe('the lock of a data folder', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  let folders = 0;
  const newLock = () => ({ lockFile: join(temporary.path, `lock${folders++}`), folder: temporary.path });

  test('is held by one at a time, and free again after release', () => {
    const where = newLock();
    const lock = lockFolder(where);
    assert.throws(
      () => lockFolder(where),
      (error) => error instanceof LocalError && error.code === 'already_running',
    );
    lock.release();
    lockFolder(where).release();
    assert.equal(existsSync(where.lockFile), false);
  });

  test('tells the holder’s pid, and its URL once announced', () => {
    const where = newLock();
    const lock = lockFolder(where);
    assert.throws(() => lockFolder(where), new RegExp(`pid ${process.pid}, and is still starting`));
    lock.announce('http://127.0.0.1:8080');
    assert.throws(() => lockFolder(where), new RegExp(`pid ${process.pid}, at http://127.0.0.1:8080`));
    lock.release();
  });

  test('of a holder that is gone is taken over', () => {
    const where = newLock();
    writeFileSync(where.lockFile, JSON.stringify({ pid: 2 ** 22 - 1, identity: 'boot/1' }));
    lockFolder(where).release();
  });

  test('of a holder whose pid another process has now is taken over', () => {
    const where = newLock();
    writeFileSync(where.lockFile, JSON.stringify({ pid: process.pid, identity: 'an earlier boot/1' }));
    lockFolder(where).release();
  });

  test('cut short by a crash in mid-write is taken over', () => {
    const where = newLock();
    writeFileSync(where.lockFile, '{"pid": 12');
    lockFolder(where).release();
  });
});

describe('what a killed supervisor left running', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  const run = temporary.path;

  const sleeper = async (script: string) => {
    const child = spawn(process.execPath, ['-e', `${script}; setInterval(() => {}, 1000); console.log('up')`]);
    await once(child.stdout, 'data');
    return child;
  };

  test('is ended by its pid file, with SIGKILL where SIGTERM is not enough', async () => {
    const polite = await sleeper('');
    const stubborn = await sleeper("process.on('SIGTERM', () => {})");
    writePidFile({ run, name: 'polite', pid: polite.pid! });
    writePidFile({ run, name: 'stubborn', pid: stubborn.pid! });
    const ends = Promise.all([once(polite, 'exit'), once(stubborn, 'exit')]);
    assert.deepEqual((await endOrphans({ run, ...ORPHAN_TIMEOUTS })).sort(), ['polite', 'stubborn']);
    assert.deepEqual(await ends, [
      [null, 'SIGTERM'],
      [null, 'SIGKILL'],
    ]);
    assert.equal(existsSync(join(run, 'polite.pid')), false);
  });

  test('is told from a stranger with a reused pid, which is left alone', async () => {
    const stranger = await sleeper('');
    writePidFile({ run, name: 'kafka', pid: stranger.pid! });
    writeFileSync(join(run, 'kafka.identity'), 'an earlier boot/1');
    assert.deepEqual(await endOrphans({ run, ...ORPHAN_TIMEOUTS }), []);
    assert.notEqual(processIdentity(stranger.pid!), undefined);
    assert.equal(existsSync(join(run, 'kafka.pid')), false);
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  });

  test('has pid files that hold the bare pid, for kill $(cat …)', () => {
    writePidFile({ run, name: 'self', pid: process.pid });
    assert.equal(readFileSync(join(run, 'self.pid'), 'utf8'), `${process.pid}\n`);
  });
});
