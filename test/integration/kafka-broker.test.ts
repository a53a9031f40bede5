import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Kafka } from 'kafkajs';
import { createTestKafka, createTestTopics, type TestTopics, uniqueName } from '../support/stack.js';

describe('the embedded Kafka', () => {
  let kafka: Kafka;
  let topics: TestTopics;

  before(async () => {
    kafka = createTestKafka();
    topics = await createTestTopics({ partitions: 1, kafka });
  });
  after(() => topics.remove());

  test('takes a record of 1,000,000 bytes with all acknowledgements, and gives it back with its append time', async () => {
    const value = randomBytes(1_000_000);
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const sentAt = Date.now();
    // A timestamp of the producer's own is replaced: nobody can date a record.
    await producer.send({ topic: topics.events, acks: -1, messages: [{ value, partition: 0, timestamp: '1000' }] });
    await producer.disconnect();

    const consumer = kafka.consumer({ groupId: uniqueName('group', '-') });
    await consumer.connect();
    await consumer.subscribe({ topic: topics.events, fromBeginning: true });
    const message = await new Promise<{ value: Buffer | null; timestamp: string }>((resolve) => {
      void consumer.run({ autoCommit: false, eachMessage: async ({ message }) => resolve(message) });
    });
    await consumer.disconnect();
    assert.ok(message.value?.equals(value));
    assert.ok(Math.abs(Number(message.timestamp) - sentAt) < 60_000);
  });

  test('keeps a delivery’s intent of 4,000 bytes beside a committed offset', async () => {
    const groupId = uniqueName('group', '-');
    const metadata = 'x'.repeat(4_000);
    const admin = kafka.admin();
    await admin.connect();
    await admin.setOffsets({ groupId, topic: topics.events, partitions: [{ partition: 0, offset: '1' }] });
    const consumer = kafka.consumer({ groupId });
    await consumer.connect();
    await consumer.subscribe({ topic: topics.events });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ autoCommit: false, eachMessage: async () => {} });
    await joined;
    const committed = new Promise((resolve) => consumer.on(consumer.events.COMMIT_OFFSETS, resolve));
    await consumer.commitOffsets([{ topic: topics.events, partition: 0, offset: '1', metadata }]);
    await committed;
    await consumer.disconnect();
    const [stored] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
    await admin.disconnect();
    assert.deepEqual(stored?.partitions, [{ partition: 0, offset: '1', metadata }]);
  });

  test('makes no topic by itself: a mistyped name is an error', async () => {
    const producer = kafka.producer({ allowAutoTopicCreation: true, retry: { retries: 1 } });
    await producer.connect();
    const topic = uniqueName('mistyped', '.');
    await assert.rejects(producer.send({ topic, messages: [{ value: 'x' }] }));
    await producer.disconnect();
    const admin = kafka.admin();
    await admin.connect();
    assert.equal((await admin.listTopics()).includes(topic), false);
    await admin.disconnect();
  });
});
