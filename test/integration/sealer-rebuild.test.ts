import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { shardName } from '../../services/core/log-folder/index.js';
import { startTestConsumer } from '../support/delivering.js';
import { eventParts, testProducer } from '../support/judging.js';
import {
  checkpointOf,
  createSealingWorld,
  type SealingConfig,
  type SealingWorld,
  startTestSealer,
  type TestSealer,
  treeFiles,
} from '../support/sealing.js';

/** One world, in which things are lost as the tests go on: each test stands on those before it. */
describe('a log that has lost its folder', () => {
  let world: SealingWorld;
  let site: SealingConfig;
  /** As the site's shard 0 was after everything was sealed. */
  let golden: Map<string, string>;
  const lanes: ReturnType<typeof testProducer>[] = [];
  const shards = () => [world.eventShard(0), world.eventShard(1), 'registry'] as const;

  const publish = async (partition: number, count: number): Promise<void> => {
    const lane = lanes[partition]!;
    await world.publish(
      partition,
      Array.from({ length: count }, () => lane.record('data', [eventParts()]).value),
    );
  };
  const start = async (t: TestContext, config: SealingConfig): Promise<TestSealer> => {
    const sealer = await startTestSealer(config, { lookAgainMs: 300 });
    t.after(() => sealer.stop());
    return sealer;
  };
  /** Runs a sealer until all is sealed. */
  const sealAll = async (config: SealingConfig): Promise<void> => {
    const sealer = await startTestSealer(config);
    try {
      await world.sealed({ of: config });
    } finally {
      await sealer.stop();
    }
  };
  const stopsWith = async (sealer: TestSealer, code: RegExp): Promise<string> => {
    for (const until = Date.now() + 15_000; ; await sleep(20)) {
      const { ready, detail } = sealer.health.report().parts.log!;
      if (!ready && code.test(detail)) return detail;
      assert.ok(Date.now() < until, `${code} is said; instead: ${detail}`);
    }
  };
  const seal1Alone = async (config: SealingConfig): Promise<void> => {
    await publish(1, 3);
    await world.sealed({ of: config, isIn: (shard) => shard !== 'registry' && shard.partition === 1 });
  };

  before(async () => {
    world = await createSealingWorld({ partitions: 2 });
    const key = await world.register('shop');
    for (const partition of [0, 1]) lanes.push(testProducer({ key, partition, lane: partition }));
    await publish(0, 600);
    await world.publish(0, [Buffer.from('no record'), null]);
    await publish(1, 10);
    site = world.newSite();
    await sealAll(site);
    golden = await treeFiles(site, world.eventShard(0));
    assert.ok(golden.size >= 8);
  });
  after(() => world?.remove());

  test('fills it from Kafka: the same files, byte for byte', async () => {
    renameSync(site.folder, `${site.folder}.lost`);
    await sealAll(site);
    for (const shard of shards()) {
      const lost = await treeFiles({ ...site, folder: `${site.folder}.lost` }, shard);
      assert.deepEqual(await treeFiles(site, shard), lost);
    }
  });

  test('goes on from an older copy of it', async () => {
    const copy = `${site.folder}.copy`;
    cpSync(site.folder, copy, { recursive: true });
    await publish(0, 300);
    await publish(1, 3);
    await sealAll(site);
    golden = await treeFiles(site, world.eventShard(0));
    const older = { ...site, folder: copy };
    assert.ok(
      (await checkpointOf(older, world.eventShard(0)))!.size < (await checkpointOf(site, world.eventShard(0)))!.size,
    );
    await sealAll(older);
    for (const shard of shards()) assert.deepEqual(await treeFiles(older, shard), await treeFiles(site, shard));
  });

  test('signs nothing over a folder that contradicts what was committed, while other shards go on', async (t) => {
    const folder = `${site.folder}.altered`;
    cpSync(site.folder, folder, { recursive: true });
    const altered = { ...site, folder };
    const below = join(folder, shardName(world.eventShard(0)));
    const partial = [...golden.keys()].find((path) => path.startsWith('tile/0/') && path.includes('.p/'))!;
    const bytes = readFileSync(join(below, partial));
    bytes[3]! ^= 1;
    writeFileSync(join(below, partial), bytes);
    const sealer = await start(t, altered);
    const message = await stopsWith(sealer, /folder_contradicts/);
    assert.match(
      message,
      new RegExp(`^shard ${shardName(world.eventShard(0))} stands still: .*Move the shard's folder away`, 's'),
    );
    await publish(0, 1);
    await seal1Alone(altered);
    assert.equal((await checkpointOf(altered, world.eventShard(0)))!.note, golden.get('checkpoint'));
    assert.match(await sealer.metrics(), /sealstream_sealer_shard_stopped\{[^}]*code="folder_contradicts"[^}]*\} 1/);
    // Somebody moves it away: the shard is filled anew without a restart.
    rmSync(below, { recursive: true });
    await world.sealed({ of: altered });
    await sealer.stop();
    await sealAll(site);
    golden = await treeFiles(site, world.eventShard(0));
  });

  test('signs nothing where another program has moved the group’s offsets', async (t) => {
    const moved = { ...world.newSite(), logKey: site.logKey };
    const admin = world.kafka.admin();
    await admin.connect();
    const { events: topic } = world.topics;
    await admin.setOffsets({ groupId: moved.groupId, topic, partitions: [{ partition: 0, offset: '5' }] });
    await admin.disconnect();
    const sealer = await start(t, moved);
    await stopsWith(sealer, /position_unreadable/);
    assert.equal(await checkpointOf(moved, world.eventShard(0)), undefined);
    await seal1Alone(moved);
    await sealer.stop();
    await sealAll(site);
  });

  test('fills it from batches where Kafka has let go of the records: the same files again', async () => {
    const consumer = await startTestConsumer(world.delivery.config);
    await world.delivered({ timeoutMs: 60_000 });
    await consumer.stop();
    const admin = world.kafka.admin();
    await admin.connect();
    const partitions = [
      { partition: 0, offset: '700' },
      { partition: 1, offset: '8' },
    ];
    try {
      // kafkajs looks for the leaders in what it was asked about before.
      await admin.fetchTopicOffsets(world.topics.events);
      await admin.deleteTopicRecords({ topic: world.topics.events, partitions });
    } finally {
      await admin.disconnect();
    }
    rmSync(site.folder, { recursive: true });
    await sealAll(site);
    assert.deepEqual(await treeFiles(site, world.eventShard(0)), golden);
  });

  test('of which nobody remembers anything begins at the oldest record that is anywhere: the same tree', async () => {
    const fresh = world.newSite({ logKey: site.logKey });
    await sealAll(fresh);
    assert.deepEqual(await treeFiles(fresh, world.eventShard(0)), golden);
  });

  test('signs nothing over records that were altered since, and says so', async (t) => {
    rmSync(site.folder, { recursive: true });
    const query =
      "ALTER TABLE batches UPDATE reason = 'x', value_hash = unhex(repeat('00', 32)) WHERE partition = 0 AND offset = 300";
    await world.clickhouse.command({ query, clickhouse_settings: { mutations_sync: '2' } });
    const sealer = await start(t, site);
    await stopsWith(sealer, /root_differs: .*Records were altered/);
    assert.equal(await checkpointOf(site, world.eventShard(0)), undefined);
    await seal1Alone(site);
  });

  test('signs nothing where sealed records are nowhere any more, and names their offsets', async (t) => {
    rmSync(site.folder, { recursive: true });
    const query = 'ALTER TABLE batches DELETE WHERE partition = 0 AND offset >= 300 AND offset < 310';
    await world.clickhouse.command({ query, clickhouse_settings: { mutations_sync: '2' } });
    const sealer = await start(t, site);
    await stopsWith(sealer, /range_gone: .*offsets 300–309 are neither in the folder nor in Kafka nor in batches/);
    assert.equal(await checkpointOf(site, world.eventShard(0)), undefined);
  });
});
