import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Kafka } from 'kafkajs';
import { createDeployment } from '../../services/core/deployment.js';
import { createLogger } from '../../services/core/log.js';
import {
  createRegistryReader,
  type RegistryReader,
  readTopic,
  topicOffsets,
} from '../../services/core/reading/index.js';
import type { RegistryFact } from '../../services/core/registry/index.js';
import { createRegistryWriter, type RegistryWriter } from '../../services/core/registry/writer.js';
import { decodeFrame, decodeHeader } from '../../services/core/wire/index.js';
import { audience, newKey } from '../support/judging.js';
import { createTestKafka, createTestTopics, type TestTopics } from '../support/stack.js';

const log = createLogger('test', 'silent');
const rootKey = newKey();
const deployment = createDeployment(audience, rootKey.publicKey);
const partitions = 3;

describe('the registry topic', () => {
  let kafka: Kafka;
  let topics: TestTopics;
  const stops: (() => Promise<void>)[] = [];

  const newReader = async (): Promise<RegistryReader> => {
    const reader = await createRegistryReader({ kafka, topic: topics.registry, deployment, log });
    stops.push(() => reader.stop());
    return reader;
  };
  const newWriter = async (registryReader: RegistryReader): Promise<RegistryWriter> => {
    const writer = await createRegistryWriter({ kafka, topics, deployment, rootKey, registryReader, partitions, log });
    stops.push(() => writer.stop());
    return writer;
  };
  const keyFact = (producerId: string): RegistryFact => {
    const { keyId, publicKey } = newKey();
    return {
      kind: 'key',
      key_id: keyId,
      algorithm: 1,
      public_key: publicKey,
      producer_id: producerId,
      organizations: ['acme'],
      scopes: ['organization'],
    };
  };

  before(async () => {
    kafka = createTestKafka();
    topics = await createTestTopics({ partitions, kafka });
  });
  after(async () => {
    for (const stop of stops.reverse()) await stop();
    await topics.remove();
  });

  test('an entry is in force everywhere: read back by every reader, with a marker in every partition', async () => {
    const reader = await newReader();
    const writer = await newWriter(reader);
    const { offset } = await writer.append(keyFact('shop'));
    assert.equal(offset, 0);
    const other = await newReader();
    assert.deepEqual(
      other.registry.keys().map(({ producerId }) => producerId),
      ['shop'],
    );
    assert.deepEqual(
      (await topicOffsets(kafka, topics.events)).map(({ high }) => high),
      [1, 1, 1],
    );
  });

  test('two writers at once lose nothing: what was overtaken is written again', async () => {
    const [one, two] = await Promise.all([newReader(), newReader()]);
    const writers = await Promise.all([newWriter(one), newWriter(two)]);
    const names = Array.from({ length: 12 }, (_, n) => `producer-${n}`);
    await Promise.all(names.map((name, n) => writers[n % 2]!.append(keyFact(name))));
    const { registry } = await newReader();
    const registered = registry.keys().map(({ producerId }) => producerId);
    for (const name of names) assert.equal(registered.filter((known) => known === name).length, 1, name);
  });

  test('a topic is read from given offsets, each partition in order, and markers never fall back', async () => {
    const ends = await topicOffsets(kafka, topics.events);
    const seen = new Map<number, { offset: number; registry: number }[]>(ends.map(({ partition }) => [partition, []]));
    const reader = await readTopic({
      kafka,
      topic: topics.events,
      from: new Map(ends.map(({ partition }) => [partition, partition])),
      log,
      onGap: (error) => assert.fail(error.message),
      onRecords: async (partition, records) => {
        for (const { offset, value } of records) {
          seen.get(partition)!.push({ offset, registry: decodeHeader(decodeFrame(value).header).registry });
        }
      },
    });
    stops.push(() => reader.stop());
    while ([...seen].some(([partition, list]) => (list.at(-1)?.offset ?? -1) < ends[partition]!.high - 1)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const [partition, list] of seen) {
      assert.deepEqual(
        list.map(({ offset }) => offset),
        Array.from({ length: ends[partition]!.high - partition }, (_, n) => n + partition),
      );
    }
  });
});
