import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shard } from '../../services/core/log-folder/index.js';
import { topicOffsets } from '../../services/core/reading/index.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import { isOfKey, parseNote, parseVkey } from '../../services/core/tlog/index.js';
import { createNodeTreeHasher, sha256 } from '../../services/core/tlog/node.js';
import { witnessVkey } from '../../services/witness/service.js';
import { startTestConsumer } from '../support/delivering.js';
import { eventParts, testProducer } from '../support/judging.js';
import {
  checkpointOf,
  createSealingWorld,
  newPem,
  type SealingConfig,
  type SealingWorld,
  startTestSealer,
  treeFiles,
} from '../support/sealing.js';
import { freePort } from '../support/stack-instance.js';
import { logVkey, newWitness, startTestWitness } from '../support/witnessing.js';

const isNewPartition = (shard: Shard): boolean => shard !== 'registry' && shard.partition === 1;

/** A log with a witness, so that each of its checkpoints is known to continue the one before. */
async function newSite(
  t: TestContext,
  world: SealingWorld,
): Promise<{ config: SealingConfig; cosigned: (shard: Shard, size: number) => Promise<void> }> {
  const logKey = newPem();
  const port = await freePort();
  const witness = newWitness([logVkey(`${world.config.audience}/*`, signingKeyFromPem(logKey))], { port });
  t.after(witness.remove);
  const running = await startTestWitness(witness);
  t.after(() => running.stop());
  const vkey = witnessVkey(witness.name, signingKeyFromPem(witness.key).publicKey);
  const key = parseVkey({ sha256, vkey });
  const config = world.newSite({ logKey, witnesses: [`http://127.0.0.1:${port} ${vkey}`] });
  return {
    config,
    async cosigned(shard, size) {
      for (const until = Date.now() + 20_000; ; await sleep(20)) {
        const checkpoint = await checkpointOf(config, shard);
        const signatures = checkpoint?.size === size ? parseNote(checkpoint.note).signatures : [];
        if (signatures.some((one) => isOfKey(one, key))) return;
        assert.ok(Date.now() < until, `there is a cosigned checkpoint of ${size} entries, not ${checkpoint?.note}`);
      }
    },
  };
}

test('a partition without records has the empty tree’s checkpoint, which its first record continues', async (t) => {
  const world = await createSealingWorld();
  t.after(world.remove);
  const admin = world.kafka.admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic: world.topics.events, count: 2 }] });
  await admin.disconnect();
  const shard = world.eventShard(1);
  const { config, cosigned } = await newSite(t, world);
  const first = await startTestSealer(config);
  await cosigned(shard, 0);
  const { root } = (await checkpointOf(config, shard))!;
  assert.equal(root, Buffer.from(createNodeTreeHasher().root(new Uint8Array(0))).toString('hex'));
  await first.stop();

  // The world's own producer may not have heard of the partition.
  const producer = world.kafka.producer();
  await producer.connect();
  await producer.send({ topic: world.topics.events, messages: [{ partition: 1, value: 'its first record' }] });
  await producer.disconnect();
  const second = await startTestSealer(config);
  try {
    await world.sealed({ of: config, isIn: isNewPartition });
    await cosigned(shard, 1);
  } finally {
    await second.stop();
  }
});

test('a shard whose records are all gone from Kafka has a checkpoint of them, without a new record', async (t) => {
  const world = await createSealingWorld();
  t.after(world.remove);
  const shard = world.eventShard(0);
  const lane = testProducer({ key: await world.register('shop') });
  await world.publish(
    0,
    Array.from({ length: 300 }, () => lane.record('data', [eventParts()]).value),
  );
  const { config, cosigned } = await newSite(t, world);
  const sealAll = async (of: SealingConfig): Promise<void> => {
    const sealer = await startTestSealer(of);
    try {
      for (const until = Date.now() + 90_000; (await checkpointOf(of, shard))?.size !== size; await sleep(20)) {
        assert.ok(Date.now() < until, `${size} entries are sealed`);
      }
    } finally {
      await sealer.stop();
    }
  };
  const [{ high: size } = { high: 0 }] = await topicOffsets(world.kafka, world.topics.events);
  await sealAll(config);
  await cosigned(shard, size);
  const golden = await treeFiles({ ...config, witnesses: [] }, shard);
  const consumer = await startTestConsumer(world.delivery.config);
  await world.delivered({ timeoutMs: 60_000 });
  await consumer.stop();
  const admin = world.kafka.admin();
  await admin.connect();
  t.after(() => admin.disconnect());
  // kafkajs looks for the leaders in what it was asked about before.
  await admin.fetchTopicOffsets(world.topics.events);
  const partitions = [{ partition: 0, offset: String(size) }];
  await admin.deleteTopicRecords({ topic: world.topics.events, partitions });

  const sameTree = async (of: SealingConfig): Promise<void> => {
    const found = await treeFiles(of, shard);
    for (const files of [found, golden]) files.set('checkpoint', files.get('checkpoint')!.split('\n\n')[0]!);
    assert.deepEqual(found, golden);
  };
  // The folder is lost, and what was committed is known.
  renameSync(config.folder, `${config.folder}.lost`);
  await sealAll(config);
  await sameTree(config);
  // A log that nobody remembers, made fresh from what is stored; committed, so that the next one continues it.
  const fresh = world.newSite({ logKey: config.logKey });
  await sealAll(fresh);
  await sameTree(fresh);
  const [committed] = await admin.fetchOffsets({ groupId: fresh.groupId, topics: [world.topics.events] });
  assert.equal(committed?.partitions[0]?.offset, String(size));
  renameSync(fresh.folder, `${fresh.folder}.lost`);
  await sealAll(fresh);
  await sameTree(fresh);
});
