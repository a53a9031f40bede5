import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { logPaths, originOf, type Shard, shardName } from '../../services/core/log-folder/index.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import { createProver, isOfKey, parseNote, parseVkey, type ReadTile, widthAt } from '../../services/core/tlog/index.js';
import { createNodeTreeHasher, sha256 } from '../../services/core/tlog/node.js';
import { createShardFolder } from '../../services/sealer/folder.js';
import { steps } from '../../services/sealer/sealing.js';
import { witnessVkey } from '../../services/witness/service.js';
import { steps as witnessSteps } from '../../services/witness/witness.js';
import { eventParts, testProducer } from '../support/judging.js';
import {
  checkpointOf,
  createSealingWorld,
  newPem,
  openSigned,
  type SealingConfig,
  type SealingWorld,
  startTestSealer,
  treeFiles,
} from '../support/sealing.js';
import { type Child, startSealerChild, startWitnessChild } from '../support/sealing-child.js';
import { freePort } from '../support/stack-instance.js';
import { logVkey, newWitness, startTestWitness } from '../support/witnessing.js';

/** How often a process is killed under load: few here, a hundred in `npm run test:sealer`. */
const kills = Number(process.env.SEALSTREAM_SEALER_KILLS ?? 2);

/** A log with a witness of its own, which may be killed, too. */
interface Site {
  config: SealingConfig;
  witness: ReturnType<typeof newWitness>;
  vkey: string;
}

async function newSite(t: TestContext, world: SealingWorld): Promise<Site> {
  const logKey = newPem();
  const port = await freePort();
  const witness = newWitness([logVkey(`${world.config.audience}/*`, signingKeyFromPem(logKey))], { port });
  t.after(witness.remove);
  const vkey = witnessVkey(witness.name, signingKeyFromPem(witness.key).publicKey);
  return { config: world.newSite({ logKey, witnesses: [`http://127.0.0.1:${port} ${vkey}`] }), witness, vkey };
}

const shardsOf = (world: SealingWorld): Shard[] => [world.eventShard(0), world.eventShard(1), 'registry'];

/** Every checkpoint that a site ever signed and kept is of the tree that an undisturbed log over the same records has. */
async function assertOneTree(world: SealingWorld, sites: SealingConfig[]): Promise<void> {
  const reference = world.newSite({ logKey: sites[0]!.logKey });
  const sealer = await startTestSealer(reference);
  await world.sealed({ of: reference });
  await sealer.stop();
  const hasher = createNodeTreeHasher();
  for (const shard of shardsOf(world)) {
    const name = shardName(shard);
    const folder = createShardFolder({ folder: reference.folder, shard: name });
    const { size: all } = (await checkpointOf(reference, shard))!;
    // A tile of a smaller tree is the beginning of the one that the whole log has.
    const readTile: ReadTile = async (level, index, width) =>
      (await folder.readTile(level, index, widthAt(level, index, all))).subarray(0, width * 32);
    const prover = createProver({ hasher, readTile });
    for (const site of sites) {
      const kept = logPaths.checkpoints(site.folder, name);
      for (const file of existsSync(kept) ? await readdir(kept) : []) {
        assert.match(file, /^\d+$/, 'nothing but checkpoints');
        const { size, root } = await openSigned(site, shard, await readFile(join(kept, file), 'utf8'));
        assert.equal(String(size), file);
        assert.equal(root, Buffer.from(await prover.root(size)).toString('hex'), `${name} at ${size}`);
      }
    }
  }
  const last = sites.at(-1)!;
  for (const shard of shardsOf(world)) {
    // Records that other tests have published since are in one of the two only.
    if ((await checkpointOf(last, shard))!.size !== (await checkpointOf(reference, shard))!.size) continue;
    const [found, wanted] = [await treeFiles(last, shard), await treeFiles(reference, shard)];
    found.set('checkpoint', found.get('checkpoint')!.split('\n\n')[0]!);
    wanted.set('checkpoint', wanted.get('checkpoint')!.split('\n\n')[0]!);
    assert.deepEqual(found, wanted);
  }
}

/** Resolves when the newest checkpoints carry the witness's cosignature. */
async function cosigned(world: SealingWorld, { config, vkey }: Site): Promise<void> {
  const key = parseVkey({ sha256, vkey });
  for (const shard of shardsOf(world)) {
    for (const until = Date.now() + 20_000; ; await sleep(20)) {
      const checkpoint = await checkpointOf(config, shard);
      if (checkpoint && parseNote(checkpoint.note).signatures.some((one) => isOfKey(one, key))) break;
      assert.ok(Date.now() < until, `${shardName(shard)} is cosigned`);
    }
  }
}

const assertNoFork = ({ witness }: Site): void =>
  assert.ok(!existsSync(join(witness.folder, 'evidence')), 'the witness was never shown a second tree');

interface LoadedWorld {
  world: SealingWorld;
  publish(partition: number, count: number): Promise<void>;
}

/** Two partitions, with some records in them. */
async function createLoadedWorld(): Promise<LoadedWorld> {
  const world = await createSealingWorld({ partitions: 2 });
  const key = await world.register('shop');
  const lanes = [0, 1].map((partition) => testProducer({ key, partition, lane: partition }));
  const publish = async (partition: number, count: number): Promise<void> => {
    const values = Array.from({ length: count }, () => lanes[partition]!.record('data', [eventParts()]).value);
    await world.publish(partition, values);
  };
  await publish(0, 300);
  await publish(1, 5);
  return { world, publish };
}

const startChild = (t: TestContext, child: Child): Child => {
  t.after(() => child.signal('SIGKILL'));
  return child;
};

describe('a sealer or witness that is killed', { concurrency: 4 }, () => {
  let world: SealingWorld;
  let publish: LoadedWorld['publish'];
  before(async () => {
    ({ world, publish } = await createLoadedWorld());
  });
  after(() => world?.remove());

  // Each finds what the one before has left, and dies at its own step.
  const chains = [steps.slice(0, 3), steps.slice(3, 5), steps.slice(5)];
  for (const chain of chains) {
    test(`at the steps ${chain.join(', ')} has one tree, and the next finishes it`, async (t) => {
      const site = await newSite(t, world);
      const witness = await startTestWitness(site.witness);
      t.after(() => witness.stop());
      const origin = originOf(world.config.audience, world.eventShard(0));
      for (const step of chain) {
        const killed = startSealerChild(site.config, { step, origin, time: 1, signal: 'SIGKILL' });
        assert.equal(await startChild(t, killed).ended, 'SIGKILL');
        await publish(0, 3);
      }
      const next = startChild(t, startSealerChild(site.config));
      await world.sealed({ of: site.config });
      await cosigned(world, site);
      await next.stop();
      assertNoFork(site);
      await assertOneTree(world, [site.config]);
    });
  }

  for (const step of kills < 100 ? witnessSteps.slice(1) : witnessSteps) {
    test(`as a witness at the step ${step} cosigns one tree when it is back`, async (t) => {
      const site = await newSite(t, world);
      const killed = startChild(t, startWitnessChild(site.witness, { step, time: 2, signal: 'SIGKILL' }));
      await killed.ready;
      const sealer = startChild(t, startSealerChild(site.config));
      assert.equal(await killed.ended, 'SIGKILL');
      const again = startChild(t, startWitnessChild(site.witness));
      await again.ready;
      await world.sealed({ of: site.config });
      await cosigned(world, site);
      await sealer.stop();
      assertNoFork(site);
    });
  }

  const sleeps = ['after_commit', 'after_tiles', 'after_sign', 'after_kept'] as const;
  for (const step of kills < 100 ? sleeps.slice(0, 1) : sleeps) {
    test(`not killed but asleep at the step ${step} while another takes over, signs no second tree when it wakes`, async (t) => {
      const site = await newSite(t, world);
      const witness = await startTestWitness(site.witness);
      t.after(() => witness.stop());
      const origin = originOf(world.config.audience, world.eventShard(0));
      const sleeper = startSealerChild(site.config, { step, origin, time: 1, signal: 'SIGSTOP' });
      await startChild(t, sleeper).stopped();
      // The other has a folder of its own, and the same group and key.
      const other = { ...site.config, folder: `${site.config.folder}.other` };
      const owner = startChild(t, startSealerChild(other));
      await world.sealed({ of: other });
      sleeper.signal('SIGCONT');
      await sleep(500);
      await Promise.all([sleeper.stop(), owner.stop()]);
      assertNoFork(site);
      await assertOneTree(world, [site.config, other]);
    });
  }
  test(`${kills} times under load, and its witness as often, has the tree of an undisturbed log`, async (t) => {
    const { world, publish } = await createLoadedWorld();
    t.after(() => world.remove());
    const site = await newSite(t, world);
    const loading = new AbortController();
    const load = (async () => {
      while (!loading.signal.aborted) {
        await publish(Math.random() < 0.7 ? 0 : 1, 1 + Math.floor(Math.random() * 60));
        await sleep(20 + Math.random() * 60);
      }
    })();
    const killAgainAndAgain = async (start: () => Child, mostMs: number): Promise<Child> => {
      for (let kill = 0; kill < kills; kill += 1) {
        const child = startChild(t, start());
        await child.ready;
        await sleep(Math.random() * mostMs);
        child.signal('SIGKILL');
        await child.ended;
      }
      return startChild(t, start());
    };
    const [sealer, witness] = await Promise.all([
      killAgainAndAgain(() => startSealerChild(site.config), 800),
      killAgainAndAgain(() => startWitnessChild(site.witness), 1_200),
    ]);
    await witness.ready;
    loading.abort();
    await load;
    await world.sealed({ of: site.config, timeoutMs: 40_000 });
    await cosigned(world, site);
    await sealer.stop();
    assertNoFork(site);
    await assertOneTree(world, [site.config]);
  });
});
