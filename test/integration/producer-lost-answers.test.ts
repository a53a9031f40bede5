import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaLosingAnswers } from '../support/losing-answers.js';
import { createProducingTopic, numbersOf, readAll } from '../support/producing.js';
import { createTestTopics, stackFromEnv } from '../support/stack.js';

const event = (n: number) => ({ action: 'order.paid', organization_id: 'acme', details: { n } });

describe("when Kafka's answer is lost", () => {
  test('the record goes out again bit-identical, before anything newer of its lane', async () => {
    const topic = await createProducingTopic();
    const { kafka, loseNext } = kafkaLosingAnswers(stackFromEnv().kafkaBrokers);
    const producer = topic.producer({ kafka, batch: { lingerMs: 0 } });
    await producer.start();
    for (let n = 0; n < 30; n += 1) {
      if (n % 5 === 0) loseNext(n % 10 === 0 ? 150 : 0);
      await producer.log(event(n));
    }
    await producer.close();
    const judged = await topic.judged();
    assert.deepEqual(judged.findings, []);
    assert.deepEqual(judged.quarantined, []);
    assert.ok(judged.duplicates >= 1, 'at least one was there already');
    assert.deepEqual(
      numbersOf(judged.events),
      Array.from({ length: 30 }, (_, n) => n),
    );
    await topic.remove();
  });

  // Why we do not use it: docs/decisions/0011-producer-resends.md.
  test("kafkajs' idempotent producer acknowledges a record that it drops, once it gave up an earlier one", async () => {
    const topics = await createTestTopics({ partitions: 1 });
    const { kafka, loseNext } = kafkaLosingAnswers(stackFromEnv().kafkaBrokers);
    const producer = kafka.producer({ idempotent: true, retry: { retries: 1, initialRetryTime: 50 } });
    const send = (value: string) => producer.send({ topic: topics.events, messages: [{ partition: 0, value }] });
    await producer.connect();
    await send('first');
    loseNext(600);
    await assert.rejects(send('A'));
    await sleep(800);
    const [second] = await send('B');
    await send('C');
    assert.equal(second!.errorCode, 0);
    const values = (await readAll(kafka, topics.events)).map(({ value }) => String(value));
    assert.deepEqual(values, ['first', 'A', 'C']);
    await producer.disconnect();
    await topics.remove();
  });
});
