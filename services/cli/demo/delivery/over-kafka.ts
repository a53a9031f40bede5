import { once } from 'node:events';
import { connect } from 'node:net';
import { createKafka } from '../../../core/clients/kafka.js';
import { type Environment, readEnvironment } from '../../../core/config.js';
import { createLogger } from '../../../core/log.js';
import type { SigningKey } from '../../../core/seal/index.js';
import { createProducer } from '../../../producer/index.js';
import type { Api } from '../../http/api.js';
import { createFlow, type Delivery } from './delivery.js';

const producerId = 'demo';
const mostUnderWay = 20_000;
const reachTimeoutMs = 2_000;

/** The addresses that a producer needs, where they are known and a broker answers; undefined otherwise. */
export async function findKafka(
  environment: Environment,
): Promise<{ brokers: string[]; audience: string; topic: string } | undefined> {
  const env = readEnvironment(environment);
  const audience = env.optional('SEALSTREAM_AUDIENCE');
  const brokers = env.optional('KAFKA_BROKERS') === undefined ? [] : env.list('KAFKA_BROKERS');
  if (audience === undefined || brokers.length === 0) return undefined;
  const answers = await Promise.all(brokers.map(isReachable));
  return answers.includes(true)
    ? { brokers, audience, topic: env.text('SEALSTREAM_EVENTS_TOPIC', 'audit.events') }
    : undefined;
}

async function isReachable(broker: string): Promise<boolean> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(broker) ?? [];
  if (port === '') return false;
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(reachTimeoutMs) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** As an application would: with the producer SDK, a key of its own, and straight to Kafka. Registers the key first. */
export async function createKafkaDelivery({
  kafka: { brokers, audience, topic },
  api,
  key,
  organizations,
}: {
  kafka: { brokers: string[]; audience: string; topic: string };
  api: Api;
  key: SigningKey;
  organizations: readonly string[];
}): Promise<Delivery> {
  await api.post('/api/producers', {
    body: {
      public_key: key.publicKey.toString('base64'),
      producer_id: producerId,
      organizations,
      name: 'The simulated company',
    },
  });
  // What goes wrong is reported once, at the end; kafkajs' own lines would tear the progress apart.
  const log = createLogger(producerId, 'silent');
  const kafka = createKafka({ brokers, clientId: 'sealstream-demo', log });
  const producer = createProducer({ kafka, topic, audience, producerId, key, lanes: 'partitions', log });
  await producer.start();
  const flow = createFlow(mostUnderWay);
  return {
    how: 'signed by a key of its own, straight to Kafka',
    get sent() {
      return flow.sent;
    },
    get acknowledged() {
      return flow.acknowledged;
    },
    get failure() {
      return flow.failure;
    },
    send(event) {
      flow.take(1);
      producer.log(event, { laneKey: event.organization_id ?? '' }).then(
        () => flow.settle(1),
        (error: Error) => flow.settle(1, error),
      );
      return flow.room();
    },
    async close() {
      await producer.close().catch(() => {});
      await flow.idle();
    },
  };
}
