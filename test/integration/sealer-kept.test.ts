import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { logPaths, shardName } from '../../services/core/log-folder/index.js';
import { parseVkey } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import { createLogCheck } from '../../services/fsck/check-log.js';
import type { Difference } from '../../services/fsck/difference.js';
import { folderFiles, readLogList } from '../../services/fsck/log-files.js';
import { createStoredRows } from '../../services/fsck/stored.js';
import { createShardFolder } from '../../services/sealer/folder.js';
import { startTestConsumer } from '../support/delivering.js';
import { testProducer } from '../support/judging.js';
import { createSealingWorld, startTestSealer } from '../support/sealing.js';

test('checkpoints at every multiple are kept, others go; two that are taken away are named, and made again after a start', async (t) => {
  const world = await createSealingWorld();
  t.after(world.remove);
  world.config.kept = { keptEvery: 5, keptMs: 0, pruneEveryMs: 0 };
  const key = await world.register('shop');
  const lane = testProducer({ key });
  let sealer = await startTestSealer(world.config);
  t.after(() => sealer.stop());
  await world.publish(0, [lane.open()]);
  for (let round = 0; round < 6; round += 1) {
    await world.publish(0, [lane.data(1), lane.data(1), lane.data(1)]);
    await world.sealed();
  }
  const consumer = await startTestConsumer(world.delivery.config);
  await world.delivered();
  await consumer.stop();

  const shard = world.eventShard(0);
  const name = shardName(shard);
  const { folder: site, audience } = world.config;
  const folder = createShardFolder({ folder: site, shard: name });
  const stored = createStoredRows({ clickhouse: world.clickhouse, database: world.config.database });
  const [partition] = await stored.partitions();
  const size = partition!.records;
  const multiples = Array.from({ length: Math.floor(size / 5) }, (_, at) => (at + 1) * 5);
  assert.ok(multiples.length >= 4, `${size} records`);
  assert.deepEqual(
    [...(await folder.keptSizes())].sort((a, b) => a - b),
    [...new Set([...multiples, size])],
  );

  const differences = async (): Promise<string[]> => {
    const found: Difference[] = [];
    const list = await readLogList(folderFiles(site));
    const check = createLogCheck({
      read: folderFiles(site),
      audience,
      keysOf: (origin) =>
        list!.shards.filter((one) => one.origin === origin).map(({ vkey }) => parseVkey({ sha256, vkey })),
      keptEvery: 5,
      report: (one) => void found.push(one),
    });
    const stretch = { ...partition!, from: partition!.first, to: partition!.next };
    await check.records(stretch, await stored.records(stretch));
    await check.finish([partition!]);
    return found.map(({ kind, detail }) => `${kind}: ${detail}`);
  };
  assert.deepEqual(await differences(), []);
  const golden = await folder.checkpointAt(10);
  for (const gone of [10, 15]) await rm(logPaths.checkpointOf(site, name, gone));
  assert.deepEqual(await differences(), [
    `checkpoint_missing: ${name}/checkpoints/10 is not there`,
    `checkpoint_missing: ${name}/checkpoints/15 is not there`,
  ]);
  await sealer.stop();
  await rm(join(site, name), { recursive: true });
  sealer = await startTestSealer(world.config);
  await world.sealed();
  // They are made again behind the newest checkpoint.
  for (const until = Date.now() + 20_000; (await differences()).length > 0; await sleep(100)) {
    assert.ok(Date.now() < until, (await differences()).join('\n'));
  }
  assert.equal(await folder.checkpointAt(10), golden);
});
