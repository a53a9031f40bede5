// A producer process for tests that kill it: takes numbered events as fast as it is let, and says which are acknowledged.
import { createKafka } from '../../services/core/clients/kafka.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import { createProducer } from '../../services/producer/index.js';
import { silentLog } from './producing.js';

export interface ChildPlan {
  brokers: string[];
  topic: string;
  audience: string;
  producerId: string;
  pem: string;
  folder: string;
  lanes: number;
  /** Number of its first event. */
  first: number;
}

const plan = JSON.parse(process.argv[2]!) as ChildPlan;
const { brokers, topic, audience, producerId, pem, folder, lanes, first } = plan;
const producer = createProducer({
  kafka: createKafka({ brokers, clientId: producerId, log: silentLog, retry: { retries: 0 } }),
  topic,
  audience,
  producerId,
  key: signingKeyFromPem(pem),
  lanes,
  batch: { maxEvents: 50, lingerMs: 2 },
  spool: { folder, maxBytes: 64_000_000 },
  log: silentLog,
});
const event = (n: number) => ({ action: 'order.paid', organization_id: 'acme', details: { n } });
const say = (word: string, from: number, to: number): void => void process.stdout.write(`${word} ${from} ${to}\n`);

await producer.start();
say('started', first, first);
for (let n = first; ; ) {
  const from = n;
  for (const end = n + 1 + Math.floor(Math.random() * 120); n < end; n += 1)
    producer.enqueue(event(n), { laneKey: 'one' });
  const logged = n;
  n += 1;
  producer.log(event(logged), { laneKey: 'one' }).then(
    () => say('logged', logged, logged + 1),
    () => {},
  );
  await producer.flush();
  say('flushed', from, logged);
}
