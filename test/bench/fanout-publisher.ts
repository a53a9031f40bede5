// Publishes at a fixed rate, whatever becomes of it: an open loop. Started by fanout.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { createKafka } from '../../services/core/clients/kafka.js';
import { createLogger } from '../../services/core/log.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import { eventParts, testProducer } from '../support/judging.js';
import { fanoutEvent } from './fanout-events.js';

export interface PublisherConfig {
  brokers: string[];
  topic: string;
  keyPem: string;
  partitions: number;
  perSecond: number;
  /** Before and while it is measured. */
  warmSeconds: number;
  seconds: number;
}

export interface PublisherReport {
  /** Events of each partition so far. */
  published: number[];
  /** Of this run. */
  acknowledged: [tenth: number, events: number][];
}

const config = JSON.parse(process.argv[2]!) as PublisherConfig;
const { partitions, perSecond } = config;
/** Events that are due by then go out together. */
const tickMs = 10;

const kafka = createKafka({ brokers: config.brokers, clientId: 'bench', log: createLogger('bench', 'silent') });
const producer = kafka.producer({ maxInFlightRequests: 5 });
await producer.connect();
const key = signingKeyFromPem(config.keyPem);
const lanes = Array.from({ length: partitions }, (_, partition) => testProducer({ key, partition, lane: partition }));
const chains = lanes.map(() => Promise.resolve<unknown>(undefined));
const published = lanes.map(() => 0);
const clockMs = (): number => performance.timeOrigin + performance.now();
/** From the intended time of each event until Kafka had it, by tenths of a millisecond. */
let acknowledged: [tenth: number, events: number][] = [];
const publish = (partition: number, value: Buffer, intended: readonly number[] = []): void => {
  chains[partition] = chains[partition]!.then(async () => {
    await producer.send({
      topic: config.topic,
      acks: -1,
      compression: kafkajs.CompressionTypes.LZ4,
      messages: [{ partition, value }],
    });
    const nowMs = clockMs();
    for (const ms of intended) acknowledged.push([Math.round((nowMs - ms) * 10), 1]);
  });
};
for (const [partition, lane] of lanes.entries()) publish(partition, lane.open());
await Promise.all(chains);

let event = 0;
const run = async (seconds: number): Promise<void> => {
  const began = clockMs();
  acknowledged = [];
  const until = event + Math.round(seconds * perSecond);
  const first = event;
  while (event < until) {
    const nowMs = clockMs();
    const due = Math.min(until, first + Math.floor(((nowMs - began) / 1_000) * perSecond));
    const ofTick = lanes.map(() => [] as number[]);
    for (; event < due; event += 1) ofTick[Math.floor(event / 10) % partitions]!.push(event);
    for (const [partition, events] of ofTick.entries()) {
      if (events.length === 0) continue;
      const intended = events.map((at) => began + ((at - first) / perSecond) * 1_000);
      const parts = intended.map((intendedMs) => {
        const seq = published[partition]!;
        published[partition] = seq + 1;
        return eventParts(fanoutEvent(partition, seq, intendedMs), Date.now());
      });
      publish(partition, lanes[partition]!.record('data', parts).value, intended);
    }
    await sleep(tickMs);
  }
  await Promise.all(chains);
};

process.send!('ready');
process.on('message', async (what) => {
  if (what === 'warm') await run(config.warmSeconds);
  if (what === 'run') await run(config.seconds);
  process.send!({ published, acknowledged } satisfies PublisherReport);
});
process.on('disconnect', () => process.exit(0));
