import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { encodeFrame } from '../../services/producer/spool/frame.js';
import { type LaneLog, openLaneLog } from '../../services/producer/spool/lane-log.js';
import { lockFolder } from '../../services/producer/spool/lock.js';
import { createRoom } from '../../services/producer/spool/room.js';
import { openSpool } from '../../services/producer/spool/spool.js';
import { testProducer } from '../support/judging.js';
import { silentLog } from '../support/producing.js';

const scratch = mkdtempSync(join(tmpdir(), 'sealstream-spool-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => {
  folders += 1;
  const folder = join(scratch, String(folders));
  mkdirSync(folder);
  return folder;
};

const everything = { bytes: Number.MAX_SAFE_INTEGER, count: Number.MAX_SAFE_INTEGER };

function openLog(folder: string, { segmentBytes = 1_000_000 } = {}) {
  const torn: number[] = [];
  let freed = 0;
  const log = openLaneLog({
    folder,
    segmentBytes,
    onTorn: ({ bytes }) => torn.push(bytes),
    onFreed: (bytes) => {
      freed += bytes;
    },
  });
  return Object.assign(log, { torn, freedBytes: () => freed });
}

/** Takes everything out, oldest first. */
async function drain(log: LaneLog): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for (;;) {
    const values = await log.peek(everything);
    if (values.length === 0) return all;
    log.release(values);
    all.push(...values);
  }
}

const sealed = (count: number) => {
  const producer = testProducer();
  return Array.from({ length: count }, () => producer.record('heartbeat', []));
};
const segmentFile = (folder: string, number = 1): string => join(folder, `${String(number).padStart(12, '0')}.log`);

describe("a lane's log on disk", () => {
  test('gives records back in order and bit-identical after a restart', async () => {
    const folder = newFolder();
    const records = sealed(20);
    const log = openLog(folder, { segmentBytes: 1_000 });
    for (const { value, headerHash } of records) await log.append(value, headerHash);
    await log.close();
    assert.ok(readdirSync(folder).length > 3, 'it spans several files');
    const again = openLog(folder, { segmentBytes: 1_000 });
    assert.equal(again.appended, 20);
    assert.deepEqual(again.head, records.at(-1)!.headerHash);
    assert.deepEqual(
      await drain(again),
      records.map(({ value }) => value),
    );
    await again.close();
  });

  test('keeps every whole record and drops the torn one, whatever byte the process died at', async () => {
    const source = newFolder();
    const records = sealed(3);
    const log = openLog(source);
    for (const { value, headerHash } of records) await log.append(value, headerHash);
    await log.close();
    const bytes = readFileSync(segmentFile(source));
    const ends = records.map((_, at) =>
      records.slice(0, at + 1).reduce((sum, { value }) => sum + encodeFrame(value).length, 0),
    );
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const folder = newFolder();
      copyFileSync(join(source, 'state'), join(folder, 'state'));
      writeFileSync(segmentFile(folder), bytes.subarray(0, cut));
      const whole = ends.filter((end) => end <= cut).length;
      const reopened = openLog(folder);
      assert.equal(reopened.appended, whole, `cut at byte ${cut}`);
      const tornBytes = cut - (ends[whole - 1] ?? 0);
      assert.deepEqual(reopened.torn, tornBytes > 0 ? [tornBytes] : []);
      if (cut % 40 === 0) await reopened.append(records[2]!.value, records[2]!.headerHash);
      const expected = [...records.slice(0, whole), ...(cut % 40 === 0 ? [records[2]!] : [])];
      assert.deepEqual(
        await drain(reopened),
        expected.map(({ value }) => value),
        `cut at byte ${cut}`,
      );
      await reopened.close();
    }
  });

  test('publishes again at most what the last whole position does not cover, whatever byte of it was torn', async () => {
    const source = newFolder();
    const records = sealed(4);
    const log = openLog(source);
    for (const { value, headerHash } of records) await log.append(value, headerHash);
    log.release([records[0]!.value]);
    const earlier = readFileSync(join(source, 'state'));
    log.release([records[1]!.value]);
    const later = readFileSync(join(source, 'state'));
    await log.close();
    for (let cut = 0; cut <= later.length; cut += 1) {
      const folder = newFolder();
      copyFileSync(segmentFile(source), segmentFile(folder));
      writeFileSync(join(folder, 'state'), Buffer.concat([later.subarray(0, cut), earlier.subarray(cut)]));
      const reopened = openLog(folder);
      const left = (await drain(reopened)).length;
      assert.ok(left >= 2 && left <= 4, `${left} left with the position torn at byte ${cut}`);
      await reopened.close();
    }
  });

  test('does not give what was released, and knows its last header hash when empty', async () => {
    const folder = newFolder();
    const records = sealed(10);
    const log = openLog(folder, { segmentBytes: 700 });
    for (const { value, headerHash } of records) await log.append(value, headerHash);
    for (const { value } of records) log.release([value]);
    assert.equal(
      log.bytes + log.freedBytes(),
      records.reduce((sum, { value }) => sum + encodeFrame(value).length, 0),
    );
    assert.ok(log.bytes < 700, 'what was drained is removed');
    await log.close();
    const again = openLog(folder);
    assert.deepEqual(await drain(again), []);
    assert.deepEqual(again.head, records.at(-1)!.headerHash);
    await again.close();
  });

  test('goes on after it was drained, file by file', async () => {
    const folder = newFolder();
    const records = sealed(40);
    const log = openLog(folder, { segmentBytes: 1_000 });
    const got: Buffer[] = [];
    for (const [at, { value, headerHash }] of records.entries()) {
      await log.append(value, headerHash);
      if (at % 3 === 0) got.push(...(await drain(log)));
    }
    got.push(...(await drain(log)));
    assert.deepEqual(
      got,
      records.map(({ value }) => value),
    );
    await log.close();
  });

  test('that is damaged before its end is refused by file and byte, and left as it is', async () => {
    const folder = newFolder();
    const records = sealed(3);
    const log = openLog(folder);
    for (const { value, headerHash } of records) await log.append(value, headerHash);
    await log.close();
    const bytes = readFileSync(segmentFile(folder));
    bytes[100]! ^= 1;
    writeFileSync(segmentFile(folder), bytes);
    assert.throws(() => openLog(folder), { code: 'spool_damaged', message: /000000000001\.log is damaged at byte 0/ });
    assert.deepEqual(readFileSync(segmentFile(folder)), bytes);
  });

  test('reads from disk what outgrew its memory', async () => {
    const folder = newFolder();
    const producer = testProducer();
    const big = Array.from({ length: 5 }, () => {
      const record = producer.record('heartbeat', []);
      return { ...record, value: Buffer.concat([record.value, Buffer.alloc(900_000)]) };
    });
    const log = openLog(folder, { segmentBytes: 8_000_000 });
    for (const { value, headerHash } of big) await log.append(value, headerHash);
    const got: Buffer[] = [];
    for (;;) {
      const values = await log.peek({ bytes: 900_000, count: 500 });
      if (values.length === 0) break;
      assert.equal(values.length, 1);
      log.release(values);
      got.push(...values);
    }
    assert.deepEqual(
      got.map(({ length }) => length),
      big.map(({ value }) => value.length),
    );
    assert.ok(got.every((value, at) => value.equals(big[at]!.value)));
    await log.close();
  });
});

describe('the room of a spool', () => {
  test('is never overdrawn: who finds none waits, in order', async () => {
    const room = createRoom({ maxBytes: 100 });
    const order: string[] = [];
    await room.reserve(80);
    const second = room.reserve(50).then(() => order.push('second'));
    const third = room.reserve(10).then(() => order.push('third'));
    await new Promise(setImmediate);
    assert.deepEqual(order, []);
    room.free(60);
    await Promise.all([second, third]);
    assert.deepEqual(order, ['second', 'third']);
    assert.equal(room.used, 80);
  });

  test('says overflow for what can never fit, and at the door for what does not fit now', async () => {
    const room = createRoom({ maxBytes: 100 });
    await assert.rejects(room.reserve(101), { code: 'producer_overflow' });
    await room.reserve(50);
    room.check(30, 20);
    assert.throws(() => room.check(31, 20), { code: 'producer_overflow', retriable: true });
  });
});

describe('the lock of a spool', () => {
  const owner = { audience: 'a', producerId: 'p', topic: 't' };
  const open = (folder: string, change: Partial<typeof owner> = {}) =>
    openSpool({
      folder,
      maxBytes: 4_000_000,
      owner: { ...owner, ...change },
      laneCount: 1,
      log: silentLog,
      onChange() {},
    });

  test('names the process that holds the folder', async () => {
    const folder = newFolder();
    const spool = open(folder);
    assert.throws(() => open(folder), {
      code: 'spool_locked',
      message: new RegExp(`in use by process ${process.pid} on`),
    });
    await spool.close();
    await open(folder).close();
  });

  test('of a process that was killed is taken over', async () => {
    const folder = newFolder();
    const script = `import { lockFolder } from ${JSON.stringify(new URL('../../services/producer/spool/lock.js', import.meta.url))};
      lockFolder(process.argv[1]); console.log('locked'); setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    assert.throws(() => lockFolder(folder), { code: 'spool_locked', message: new RegExp(`process ${child.pid} on`) });
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockFolder(folder).release();
    assert.deepEqual(readdirSync(folder), []);
  });

  test('whose pid another process has now is taken over', { skip: !existsSync('/proc/self/stat') }, () => {
    const folder = newFolder();
    const left = { pid: process.ppid, host: hostname(), began: 'another boot/1', token: 'x' };
    writeFileSync(join(folder, 'lock'), JSON.stringify(left));
    lockFolder(folder).release();
  });

  test('of another machine holds while it is touched', () => {
    const folder = newFolder();
    const path = join(folder, 'lock');
    writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', began: '', token: 'x' }));
    assert.throws(() => lockFolder(folder), { code: 'spool_locked', message: /process 1 on elsewhere/ });
    spawnSync('touch', ['-d', '10 minutes ago', path]);
    lockFolder(folder).release();
  });

  test('is one of many who come at once', async () => {
    const folder = newFolder();
    const script = `import { lockFolder } from ${JSON.stringify(new URL('../../services/producer/spool/lock.js', import.meta.url))};
      try { lockFolder(process.argv[1]); console.log('mine'); } catch (error) { console.log(error.code); }
      process.stdin.resume();`;
    writeFileSync(
      join(folder, 'lock'),
      JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), began: '', token: 'gone' }),
    );
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const answers = await Promise.all(
      children.map(async ({ stdout }) => String((await once(stdout!, 'data'))[0]).trim()),
    );
    for (const child of children) child.stdin!.end();
    assert.deepEqual(answers.sort(), ['mine', ...Array(5).fill('spool_locked')]);
  });

  test('for another topic, audience or producer is refused, naming both', async () => {
    const folder = newFolder();
    await open(folder).close();
    assert.throws(() => open(folder, { topic: 'other' }), {
      code: 'spool_mismatch',
      message: /topic t, this producer's topic is other/,
    });
    await open(folder).close();
  });

  test('keeps its files to their owner', async () => {
    const folder = join(newFolder(), 'spool');
    const spool = open(folder);
    await spool.lane(0).append(sealed(1)[0]!.value, Buffer.alloc(32));
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(segmentFile(join(folder, 'lane-00000'))).mode & 0o777, 0o600);
    await spool.close();
  });
});
