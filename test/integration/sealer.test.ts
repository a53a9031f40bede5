import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { originOf } from '../../services/core/log-folder/index.js';
import { sha256 } from '../../services/core/seal/index.js';
import { createTreeHasher, decodeEntry, type LogEntry } from '../../services/core/tlog/index.js';
import { sha256 as hash } from '../../services/core/tlog/node.js';
import { decodeFrame } from '../../services/core/wire/index.js';
import { eventParts, testProducer } from '../support/judging.js';
import {
  checkpointOf,
  createSealingWorld,
  encodedEntriesOf,
  entriesOf,
  type SealingWorld,
  startTestSealer,
  type TestSealer,
} from '../support/sealing.js';

async function createWorld(
  t: TestContext,
  options: Parameters<typeof createSealingWorld>[0] = {},
): Promise<SealingWorld> {
  const world = await createSealingWorld(options);
  t.after(world.remove);
  return world;
}

async function start(
  t: TestContext,
  world: SealingWorld,
  options?: Parameters<typeof startTestSealer>[1],
): Promise<TestSealer> {
  const sealer = await startTestSealer(world.config, options);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= sealer.stop();
    return stopped;
  };
  t.after(stop);
  return { ...sealer, stop };
}

/** RFC 6962 over the entries by the plain hasher, which shares no code with tiles. */
const rootOf = (entries: Uint8Array[]): string => {
  const hasher = createTreeHasher({ sha256: hash });
  return Buffer.from(hasher.root(Buffer.concat(entries.map((entry) => hasher.leaf(entry))))).toString('hex');
};

describe('the log', { concurrency: 4 }, () => {
  test('has an entry of every record, whatever it holds, in the order of offsets', async (t) => {
    const world = await createWorld(t);
    const key = await world.register('shop');
    const lane = testProducer({ key });
    const data = lane.data(3);
    const other = testProducer({ producerId: 'stranger' });
    const values: (Buffer | null)[] = [
      lane.open(),
      data,
      data,
      other.data(1),
      Buffer.from('no record'),
      Buffer.alloc(0),
      null,
    ];
    await world.publish(0, values);
    const sealer = await start(t, world);
    await world.sealed();
    await sealer.stop();

    const shard = world.eventShard(0);
    const records = await world.records(world.topics.events, 0);
    assert.ok(records.length >= values.length + 2, 'with the registry’s markers');
    const entries = await entriesOf(world.config, shard);
    const expected = records.map(({ offset, appendTimeMs, value }): LogEntry => {
      let signed: LogEntry['signed'];
      try {
        const { header, signature } = decodeFrame(value);
        signed = { header: new Uint8Array(header), signature: new Uint8Array(signature) };
      } catch {
        signed = undefined;
      }
      const incarnation = new Uint8Array(world.incarnation);
      return { incarnation, partition: 0, offset, appendTimeMs, valueHash: new Uint8Array(sha256(value)), signed };
    });
    assert.deepEqual(
      entries.map((entry) => ({ ...entry })),
      expected,
    );
    assert.equal(entries.filter(({ signed }) => signed === undefined).length, 3);
    const checkpoint = await checkpointOf(world.config, shard);
    assert.equal(checkpoint!.root, rootOf(await encodedEntriesOf(world.config, shard)));
  });

  test('of the registry has the hashes of all its entries and nothing else of them', async (t) => {
    const world = await createWorld(t);
    await world.register('shop');
    const sealer = await start(t, world);
    await world.sealed();
    await sealer.stop();
    const records = await world.records(world.topics.registry, 0);
    const encoded = await encodedEntriesOf(world.config, 'registry');
    assert.equal(encoded.length, records.length);
    encoded.map(decodeEntry).forEach(({ incarnation, valueHash, signed, offset }, index) => {
      assert.deepEqual([Buffer.from(incarnation).toString('hex'), signed, offset], ['0'.repeat(32), undefined, index]);
      assert.deepEqual(Buffer.from(valueHash), sha256(records[index]!.value));
    });
    const checkpoint = await checkpointOf(world.config, 'registry');
    assert.equal(checkpoint!.root, rootOf(encoded));
    assert.ok(checkpoint!.note.startsWith(`${originOf(world.config.audience, 'registry')}\n${records.length}\n`));
  });

  test('goes on after a restart where it was, over many tiles', async (t) => {
    const world = await createWorld(t);
    const lane = testProducer({ key: await world.register('shop') });
    const publish = (count: number): Promise<number> =>
      world.publish(
        0,
        Array.from({ length: count }, () => lane.record('data', [eventParts()]).value),
      );
    await publish(700);
    const first = await start(t, world);
    await world.sealed();
    await first.stop();
    await publish(60);
    const second = await start(t, world);
    await world.sealed();
    await publish(40);
    await world.sealed();
    await second.stop();
    const encoded = await encodedEntriesOf(world.config, world.eventShard(0));
    assert.equal((await checkpointOf(world.config, world.eventShard(0)))!.root, rootOf(encoded));
    assert.ok(encoded.length >= 800);
    const metrics = await second.metrics();
    assert.match(metrics, /sealstream_sealer_entries_total\{[^}]*\} 1[0-9]{2}\n/);
  });

  test('of a partition that is added while the sealer runs begins within seconds', async (t) => {
    const world = await createWorld(t);
    const sealer = await start(t, world);
    await world.sealed();
    const admin = world.kafka.admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic: world.topics.events, count: 3 }] });
    await admin.disconnect();
    // The world's own producer has not heard of the partition.
    const producer = world.kafka.producer();
    await producer.connect();
    await producer.send({ topic: world.topics.events, messages: [{ partition: 2, value: 'to the new partition' }] });
    await producer.disconnect();
    await world.sealed({ timeoutMs: 20_000, isIn: (shard) => shard !== 'registry' && shard.partition === 2 });
    assert.equal((await checkpointOf(world.config, world.eventShard(2)))!.size, 1);
    await sealer.stop();
  });

  test('keeps for as long as Kafka is told: the sealer says so at its start, and warns where that is for ever', async (t) => {
    const world = await createWorld(t);
    const said = async (retentionMs: string): Promise<string> => {
      const admin = world.kafka.admin();
      await admin.connect();
      const configEntries = [{ name: 'retention.ms', value: retentionMs }];
      const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: world.topics.events, configEntries }];
      await admin.alterConfigs({ validateOnly: false, resources });
      await admin.disconnect();
      const lines: string[] = [];
      const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
      const sealer = await startTestSealer(world.newSite(), { log });
      try {
        for (const until = Date.now() + 10_000; ; await sleep(20)) {
          const line = lines.find((one) => /retention/.test(one));
          if (line !== undefined) return line;
          assert.ok(Date.now() < until, 'the retention is said');
        }
      } finally {
        await sealer.stop();
      }
    };
    assert.match(await said('604800000'), /"retentionMs":604800000.*retention of the raw topic/);
    assert.match(await said('-1'), /keeps the records of .* for ever \(retention\.ms=-1\)/);
  });
});
