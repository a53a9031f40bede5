import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { originOf, type Shard, shardName } from '../../services/core/log-folder/index.js';
import { createTreeHasher, decodeEntry, tilePath, tileWidth } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import { eventParts, testProducer } from '../support/judging.js';
import {
  checkpointOf,
  createSealingWorld,
  encodedEntriesOf,
  type SealingConfig,
  type SealingWorld,
  startTestSealer,
  type TestSealer,
} from '../support/sealing.js';
import { startSealerChild } from '../support/sealing-child.js';

const noLimits: string | false = (() => {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'prlimit, which bounds what a process may write, is not on the PATH';
  }
})();

/** What befalls a log's folder. Each is said, nothing wrong is signed meanwhile, and the log goes on once it is put right, without a restart. */
describe('an operator of the log', { concurrency: 3 }, () => {
  let world: SealingWorld;
  let lane: ReturnType<typeof testProducer>;
  let shard: Shard;
  /** As it was sealed before anything befell it. */
  let sound: SealingConfig;
  const isRegistry = (one: Shard): boolean => one === 'registry';

  before(async () => {
    world = await createSealingWorld();
    shard = world.eventShard(0);
    lane = testProducer({ key: await world.register('shop') });
    await publish(300);
    sound = world.newSite();
    const sealer = await startTestSealer(sound);
    await world.sealed({ of: sound }).finally(() => sealer.stop());
  });
  after(() => world?.remove());

  const publish = async (count: number): Promise<void> => {
    const values = Array.from({ length: count }, () => lane.record('data', [eventParts()]).value);
    await world.publish(0, values);
  };
  /** A copy of the sound folder, which Kafka's groups know nothing of. */
  const copied = (): SealingConfig => {
    const site = world.newSite({ logKey: sound.logKey });
    cpSync(sound.folder, site.folder, { recursive: true });
    return site;
  };
  const start = async (t: TestContext, config: SealingConfig): Promise<TestSealer> => {
    const sealer = await startTestSealer(config, { lookAgainMs: 300 });
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopped ??= sealer.stop();
      return stopped;
    };
    t.after(stop);
    return { ...sealer, stop };
  };
  const until = async (what: string, isSo: () => unknown): Promise<void> => {
    for (const end = Date.now() + 20_000; !(await isSo()); await sleep(20)) assert.ok(Date.now() < end, what);
  };
  const says = (sealer: TestSealer, what: RegExp): Promise<void> =>
    until(`${what} is said`, () => {
      const { ready, detail } = sealer.health.report().parts.log!;
      return !ready && what.test(detail);
    });
  /** The entries are those of all records, and give the root that is signed. */
  const assertWhole = async (of: SealingConfig): Promise<void> => {
    const encoded = await encodedEntriesOf(of, shard);
    const offsets = encoded.map((entry) => decodeEntry(entry).offset);
    assert.deepEqual(offsets, [...offsets.keys()]);
    const hasher = createTreeHasher({ sha256 });
    const root = Buffer.from(hasher.root(Buffer.concat(encoded.map((entry) => hasher.leaf(entry))))).toString('hex');
    assert.equal((await checkpointOf(of, shard))!.root, root);
  };
  const goesOn = async (sealer: TestSealer, of: SealingConfig): Promise<void> => {
    await publish(1);
    await world.sealed({ of });
    await until('it is ready', () => sealer.health.report().parts.log!.ready);
    await sealer.stop();
    await assertWhole(of);
  };
  const at = (of: SealingConfig, ...path: string[]): string => join(of.folder, shardName(shard), ...path);
  const cut = (file: string, bytes: number): void => truncateSync(file, readFileSync(file).length - bytes);

  test('whose folder cannot be written is told so, while other shards go on', async (t) => {
    const site = copied();
    const before = await checkpointOf(site, shard);
    rmSync(at(site, 'drafts'), { recursive: true });
    writeFileSync(at(site, 'drafts'), 'no folder');
    const sealer = await start(t, site);
    await publish(3);
    await says(sealer, /is interrupted, and tried again: .* cannot be written: E.*nothing is lost/);
    assert.match(await sealer.metrics(), /sealer_interruptions_total\{[^}]*\} [1-9]/);
    await world.register(`another-${site.groupId}`);
    await world.sealed({ of: site, isIn: isRegistry });
    assert.deepEqual(await checkpointOf(site, shard), before);
    rmSync(at(site, 'drafts'));
    await goesOn(sealer, site);
  });

  test('whose disk is full in the middle of a tile has no broken file', { skip: noLimits }, async (t) => {
    const site = copied();
    const origin = originOf(world.config.audience, shard);
    const child = startSealerChild(site);
    t.after(() => child.signal('SIGKILL'));
    await child.ready;
    await world.sealed({ of: site, isIn: (one) => !isRegistry(one) });
    const limit = (bytes: string): unknown => execFileSync('prlimit', ['--pid', `${child.pid}`, `--fsize=${bytes}:`]);
    limit('100');
    const begun = child.begun(origin);
    await publish(200);
    await until('it has tried again', () => child.begun(origin) >= begun + 3);
    await assertWhole(site);
    limit('unlimited');
    await world.sealed({ of: site, isIn: (one) => !isRegistry(one) });
    await child.stop();
    await assertWhole(site);
  });

  test('whose newest tile was cut is told which, and goes on when it is back', async (t) => {
    const site = copied();
    const { size } = (await checkpointOf(site, shard))!;
    const tile = at(site, tilePath(0, Math.floor(size / tileWidth) - 1));
    const truth = readFileSync(tile);
    cut(tile, 10);
    const sealer = await start(t, site);
    await says(sealer, /folder_contradicts: .*tile\/0\/00. has 8182 bytes, not 8192.*Move the shard's folder away/);
    await world.register(`another-${site.groupId}`);
    await world.sealed({ of: site, isIn: isRegistry });
    assert.equal((await checkpointOf(site, shard))!.size, size);
    writeFileSync(tile, truth);
    await goesOn(sealer, site);
  });

  test('who has no copy of a tile moves the folder away, and it is filled anew', async (t) => {
    const site = copied();
    cut(at(site, 'checkpoint'), 10);
    const sealer = await start(t, site);
    await says(sealer, /folder_contradicts: .*move it away to have it filled anew/);
    renameSync(at(site), `${at(site)}.away`);
    await goesOn(sealer, site);
  });

  test('who lost the checkpoint, and Kafka’s group knows it, gets the same again', async (t) => {
    const site = copied();
    const sealer = await start(t, site);
    await goesOn(sealer, site);
    const { size, root } = (await checkpointOf(site, shard))!;
    rmSync(at(site, 'checkpoint'));
    rmSync(at(site, 'checkpoints', String(size)));
    await goesOn(await start(t, site), site);
    const again = (await checkpointOf(site, shard))!;
    assert.ok(again.size > size || again.root === root);
  });

  test('who mixed folders up is told whose they are', async (t) => {
    const site = copied();
    renameSync(at(site), `${at(site)}.own`);
    cpSync(join(site.folder, 'registry'), at(site), { recursive: true });
    const sealer = await start(t, site);
    await says(sealer, /folder_contradicts: .*this is a checkpoint of .*\/registry, not of/);
    rmSync(at(site), { recursive: true });
    renameSync(`${at(site)}.own`, at(site));
    await goesOn(sealer, site);
  });

  test('whose list of shards is cut is told so, and has the log go on when it is back', async (t) => {
    const site = copied();
    const list = join(site.folder, 'shards.json');
    const truth = readFileSync(list);
    cut(list, 20);
    const sealer = await start(t, site);
    await says(sealer, /shards\.json is not a list/);
    writeFileSync(list, truth);
    await goesOn(sealer, site);
  });
});
