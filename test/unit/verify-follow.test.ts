import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { bundlePath, createNoteKey, formatVkey, tilePath } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import { followLog, type LogPort, type SeenCheckpoint } from '../../services/core/verify/follow.js';
import { createNodePlatform } from '../../services/core/verify/node.js';
import { policyOf } from '../../services/core/verify/trust.js';
import { answering } from '../support/answering.js';
import { cli } from '../support/cli.js';
import { createEvidenceWorld, testWitness, writeLane } from '../support/evidence.js';
import { newKey, testProducer } from '../support/judging.js';

/** A log behind HTTP as the gateway serves it, which a test can make lie. */
async function servedLog(t: TestContext) {
  const world = createEvidenceWorld();
  writeLane(world);
  const name = `${world.place.incarnation.toString('hex')}-0`;
  const logs = new Map([
    [name, world.log],
    ['registry', world.registryLog],
  ]);
  const vkey = formatVkey(createNoteKey({ sha256, name: world.registryLog.origin, publicKey: world.logKey.publicKey }));
  const lies = {
    unlisted: new Set<string>(),
    notes: new Map<string, string>(),
    tiles: (bytes: Uint8Array): Uint8Array => bytes,
  };
  const { url } = await answering(t, ({ path }, response) => {
    void (async () => {
      const [shard = '', ...rest] = path.replace(/^\/api\/log\/?/, '').split('/');
      if (shard === '') {
        const shards = [...logs].filter(([one]) => !lies.unlisted.has(one));
        const list = shards.map(([one, { origin, size }]) => ({ name: one, origin, vkey, size }));
        return void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ shards: list }));
      }
      const log = logs.get(shard)!;
      if (rest[0] === 'checkpoint') return void response.end(lies.notes.get(shard) ?? (await world.noteOf(log)));
      const tile = log.files.get(rest.join('/'));
      return void (tile ? response.end(lies.tiles(tile)) : response.writeHead(404).end());
    })();
  });
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-follow-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const follow = async (...options: string[]) => {
    const args = ['verify', '--log', `${url}/api/log`, '--state', 'state.json', '-o', 'json', ...options];
    const run = await cli(args, { cwd: folder });
    const shards =
      run.stdout === '' ? [] : (JSON.parse(run.stdout).shards as { failed: string | null; state: string }[]);
    return { ...run, failed: shards.flatMap(({ failed }) => failed ?? []), states: shards.map(({ state }) => state) };
  };
  return { world, name, lies, follow, vkey, state: () => readFileSync(join(folder, 'state.json'), 'utf8') };
}

/** A later look at a log that is another one from the beginning. */
const elsewhere = async (world: ReturnType<typeof createEvidenceWorld>, records: number) => {
  const other = createEvidenceWorld({
    rootKey: world.rootKey,
    logKey: world.logKey,
    incarnation: world.place.incarnation,
  });
  for (let count = 0; count < records; count += 1) other.write(testProducer().open());
  return other;
};

describe('whoever follows a log', () => {
  test('sees it grow, over many tiles, and remembers', async (t) => {
    const { world, follow } = await servedLog(t);
    const first = await follow();
    assert.deepEqual([first.exitCode, first.states], [0, ['new', 'new']], first.stdout + first.stderr);
    assert.deepEqual((await follow()).states, ['unchanged', 'unchanged']);
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 171; count += 1) world.write(Buffer.concat([world.records[1]!.value]));
      assert.deepEqual((await follow()).states, ['grown', 'unchanged']);
    }
  });

  test('names a log that was cut, and keeps what was seen', async (t) => {
    const { world, follow, name, lies, state } = await servedLog(t);
    const old = await world.noteOf(world.log);
    world.write(testProducer().open());
    await follow();
    const before = state();
    lies.notes.set(name, old);
    const cut = await follow();
    assert.deepEqual([cut.exitCode, cut.failed], [3, ['rollback']]);
    assert.equal(state(), before);
    lies.notes.clear();
    assert.equal((await follow()).exitCode, 0);
  });

  test('names a fork: another tree of the same size, and a longer one that begins otherwise', async (t) => {
    const { world, follow, name, lies } = await servedLog(t);
    await follow();
    const other = await elsewhere(world, world.log.size);
    lies.notes.set(name, await other.noteOf(other.log));
    assert.deepEqual((await follow()).failed, ['fork']);
    other.write(testProducer().open());
    lies.notes.set(name, await other.noteOf(other.log));
    // Its own tiles come with the longer one.
    for (const [path, bytes] of other.log.files) world.log.files.set(path, bytes);
    const longer = await follow();
    assert.deepEqual([longer.exitCode, longer.failed], [3, ['fork']]);
  });

  test('names tiles that do not give the root, and tiles that are gone', async (t) => {
    const { world, follow, name, lies } = await servedLog(t);
    await follow();
    world.write(testProducer().open());
    lies.notes.set(name, await world.noteOf(world.log));
    lies.tiles = (bytes) => Buffer.from(bytes).fill(7, 0, 32);
    assert.deepEqual((await follow()).failed, ['tiles_altered']);
    lies.tiles = (bytes) => bytes;
    world.log.files.delete(tilePath(0, 0, world.log.size));
    assert.deepEqual((await follow()).failed, ['tiles_altered']);
  });

  test('names entries that are not those of the tree, and a bundle that is gone', async (t) => {
    const { world, follow, name, lies } = await servedLog(t);
    const grow = (count: number): void => {
      for (let at = 0; at < count; at += 1) world.write(Buffer.concat([world.records[1]!.value]));
    };
    grow(300);
    await follow();
    grow(600);
    const { files, size } = world.log;
    const lie = async (path: string, bytes: Uint8Array | undefined) => {
      const truth = files.get(path)!;
      if (bytes) files.set(path, bytes);
      else files.delete(path);
      const { failed, stdout } = await follow();
      files.set(path, truth);
      return { failed, stdout };
    };
    const full = bundlePath(1);
    const altered = Buffer.from(files.get(full)!);
    altered[altered.length - 1]! ^= 1;
    const one = await lie(full, altered);
    assert.deepEqual(one.failed, ['entries_altered']);
    assert.match(one.stdout, /entry 511 of .* is not the one whose hash is in the tree/);
    assert.deepEqual((await lie(full, files.get(full)!.subarray(0, -5))).failed, ['entries_altered']);
    const partial = bundlePath(3, size - 768);
    assert.deepEqual((await lie(partial, undefined)).failed, ['entries_altered']);
    // Of what was seen before only the bundle is looked at in which the new entries begin.
    const leaves = tilePath(0, 2);
    const swapped = Buffer.from(files.get(leaves)!).fill(7, 32 * 200, 32 * 201);
    assert.deepEqual((await lie(leaves, swapped)).failed, ['tiles_altered']);
    assert.deepEqual((await lie(bundlePath(0), Buffer.alloc(3))).failed, []);
    lies.notes.set(name, await world.noteOf(world.log));
    assert.equal((await follow()).exitCode, 0);
  });

  test('looks at so many entries at once, and at the others the next time', async () => {
    const world = createEvidenceWorld();
    writeLane(world);
    const record = Buffer.concat([world.records[1]!.value]);
    for (let at = 0; at < 1_000; at += 1) world.write(record);
    const read: number[] = [];
    const { log } = world;
    const port: LogPort = {
      shards: async () => [{ name: 'shard', origin: log.origin }],
      checkpoint: () => world.noteOf(log),
      tile: async (_, level, index, width) => log.files.get(tilePath(level, index, width))!,
      entries: async (_, index, width) => {
        read.push(index);
        return log.files.get(bundlePath(index, width)) ?? log.files.get(bundlePath(index));
      },
    };
    const platform = createNodePlatform();
    const policy = policyOf({ rootKey: '' }, sha256);
    const logPublicKeys = [world.logKey.publicKey];
    const look = async (seen: readonly SeenCheckpoint[]) => {
      read.length = 0;
      const { shards, seen: next } = await followLog({ port, seen, logPublicKeys, policy, platform, most: 300 });
      return { next, message: shards[0]!.message, read: [...read].sort() };
    };
    const first = await look([]);
    assert.deepEqual([first.next[0]!.entriesTo, first.message], [log.size, 'new']);
    assert.deepEqual(first.read, [2, 3], 'the newest');
    for (let at = 0; at < 700; at += 1) world.write(record);
    const second = await look(first.next);
    assert.match(second.message, /grown from \d+, consistently; entries from \d+ on are left to the next look/);
    assert.deepEqual(second.read, [3, 4, 5]);
    const third = await look(second.next);
    assert.deepEqual([third.message.slice(0, 9), third.read], ['unchanged', [5, 6]]);
    const fourth = await look(third.next);
    assert.equal(fourth.message, 'unchanged');
    assert.deepEqual((await look(fourth.next)).read, [], 'all were looked at');
  });

  test('names a shard that is gone, a key that is not the log’s, and a checkpoint of another log', async (t) => {
    const { world, follow, name, lies } = await servedLog(t);
    await follow();
    lies.unlisted.add(name);
    assert.deepEqual((await follow()).failed, ['shard_missing']);
    lies.unlisted.clear();
    lies.notes.set(name, await world.noteOf(world.log, [], newKey()));
    assert.deepEqual((await follow()).failed, ['wrong_log_key']);
    lies.notes.set(name, await world.noteOf(world.registryLog));
    assert.deepEqual((await follow()).failed, ['wrong_origin']);
    lies.notes.set(name, 'no note');
    assert.deepEqual((await follow()).failed, ['forged_checkpoint']);
  });

  test('asks for witnesses: too few is not proven, a forged one is tampering', async (t) => {
    const { world, follow, name, lies } = await servedLog(t);
    const witnesses = world.witnesses.flatMap(({ vkey }) => ['--witness', vkey]);
    assert.equal((await follow(...witnesses)).exitCode, 0);
    lies.notes.set(name, await world.noteOf(world.log, [world.witnesses[0]!]));
    const few = await follow(...witnesses);
    assert.deepEqual([few.exitCode, few.failed], [1, ['too_few_witnesses']]);
    assert.equal((await follow(...witnesses, '--quorum', '1')).exitCode, 0);
    const forged = { ...world.witnesses[0]!, key: testWitness('w1.example/witness').key };
    lies.notes.set(name, await world.noteOf(world.log, [forged]));
    const bad = await follow(...witnesses, '--quorum', '1');
    assert.deepEqual([bad.exitCode, bad.failed], [3, ['forged_checkpoint']]);
  });

  test('keys that were given count, not those that the log lists', async (t) => {
    const { follow, vkey } = await servedLog(t);
    assert.equal((await follow('--log-key', vkey)).exitCode, 0);
    const other = newKey().publicKey.toString('base64');
    assert.deepEqual((await follow('--log-key', other)).failed, ['wrong_log_key', 'wrong_log_key']);
    assert.equal((await follow('--log-key', 'nonsense')).exitCode, 2);
  });

  test('a state that cannot be read is refused, never taken for a first look', async (t) => {
    const { follow, world } = await servedLog(t);
    await follow();
    assert.equal(world.records.length > 0, true);
    const broken = await cli(['verify', '--log', 'http://127.0.0.1:1', '--state', 'package.json'], {
      cwd: process.cwd(),
    });
    assert.equal(broken.exitCode, 2);
    assert.match(broken.stderr, /is no state of a log/);
  });
});
