import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { logPaths, type Shard, shardName } from '../../services/core/log-folder/index.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import { createProver, isOfKey, parseNote, parseVkey, type ReadTile, widthAt } from '../../services/core/tlog/index.js';
import { createNodeTreeHasher, sha256 } from '../../services/core/tlog/node.js';
import { createShardFolder } from '../../services/sealer/folder.js';
import { witnessVkey } from '../../services/witness/service.js';
import { eventParts, testProducer } from './judging.js';
import {
  checkpointOf,
  createSealingWorld,
  newPem,
  openSigned,
  type SealingConfig,
  type SealingWorld,
  startTestSealer,
  treeFiles,
} from './sealing.js';
import type { Child } from './sealing-child.js';
import { freePort } from './stack-instance.js';
import { logVkey, newWitness } from './witnessing.js';

/** A log with a witness of its own, which may be killed, too. */
export interface Site {
  config: SealingConfig;
  witness: ReturnType<typeof newWitness>;
  vkey: string;
}

export async function newSite(t: TestContext, world: SealingWorld): Promise<Site> {
  const logKey = newPem();
  const port = await freePort();
  const witness = newWitness([logVkey(`${world.config.audience}/*`, signingKeyFromPem(logKey))], { port });
  t.after(witness.remove);
  const vkey = witnessVkey(witness.name, signingKeyFromPem(witness.key).publicKey);
  return { config: world.newSite({ logKey, witnesses: [`http://127.0.0.1:${port} ${vkey}`] }), witness, vkey };
}

export const shardsOf = (world: SealingWorld): Shard[] => [world.eventShard(0), world.eventShard(1), 'registry'];

/** Every checkpoint that a site ever signed and kept is of the tree that an undisturbed log over the same records has. */
export async function assertOneTree(world: SealingWorld, sites: SealingConfig[]): Promise<void> {
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
export async function cosigned(world: SealingWorld, { config, vkey }: Site): Promise<void> {
  const key = parseVkey({ sha256, vkey });
  for (const shard of shardsOf(world)) {
    for (const until = Date.now() + 20_000; ; await sleep(20)) {
      const checkpoint = await checkpointOf(config, shard);
      if (checkpoint && parseNote(checkpoint.note).signatures.some((one) => isOfKey(one, key))) break;
      assert.ok(Date.now() < until, `${shardName(shard)} is cosigned`);
    }
  }
}

export const assertNoFork = ({ witness }: Site): void =>
  assert.ok(!existsSync(join(witness.folder, 'evidence')), 'the witness was never shown a second tree');

export interface LoadedWorld {
  world: SealingWorld;
  publish(partition: number, count: number): Promise<void>;
}

/** Two partitions, with some records in them. */
export async function createLoadedWorld(): Promise<LoadedWorld> {
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

export const startChild = (t: TestContext, child: Child): Child => {
  t.after(() => child.signal('SIGKILL'));
  return child;
};
