import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeEvent, uuidV7 } from '../../services/core/wire/index.js';
import { eventParts } from '../support/judging.js';
import { createProducingTopic, type ProducingTopic, readAll } from '../support/producing.js';

const event = (n: number) => ({ action: 'order.paid', organization_id: 'acme', details: { n } });
const wireEvent = (n: number) => decodeEvent(eventParts({ details: { n } }, Date.now()));
const numbers = (topic: Awaited<ReturnType<ProducingTopic['judged']>>): number[] =>
  topic.events.map(({ content }) => JSON.parse(content.details).n);

describe('the producer', () => {
  let topic: ProducingTopic;
  before(async () => {
    topic = await createProducingTopic({ partitions: 1 });
  });
  after(() => topic.remove());

  test('publishes open, data and close, accepted in order without a gap', async () => {
    const producer = topic.producer({ batch: { maxEvents: 100 } });
    await producer.start();
    const first = await producer.log(event(0));
    const ids = Array.from({ length: 999 }, (_, n) => producer.enqueue(event(n + 1)));
    await producer.flush();
    await producer.close();
    const judged = await topic.judged();
    assert.deepEqual(judged.accepted, [first.id, ...ids]);
    assert.deepEqual(judged.findings, []);
    assert.deepEqual(judged.quarantined, []);
    assert.equal(judged.records[0]!.judged.decoded!.header.kind, 'open');
    assert.equal(judged.records.at(-1)!.judged.decoded!.header.kind, 'close');
    assert.equal(judged.records.find(({ judged }) => judged.accepted.length > 0)!.record.offset, first.offset);
    console.log(judged.records.map(({ judged }) => judged.accepted.length).join(' '));
  });
});
void readAll;
void wireEvent;
void numbers;
void uuidV7;
