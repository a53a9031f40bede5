import { Kafka, logLevel } from 'kafkajs';
import { installPack } from '../../services/alerts/engine/install-pack.js';
import { createRuleTable } from '../../services/alerts/rule-texts/index.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { messageOf, SealstreamError } from '../../services/core/errors.js';
import { migrate } from '../clickhouse/migrate.js';
import { alertsTopic, type EnsuredTopic, ensureTopics, eventsTopic, registryTopic } from '../kafka/topics.js';
import type { SupervisorConfig } from './config.js';
import { LocalError } from './errors.js';
import type { Addresses } from './service-environment.js';

/** Our own errors say what to do; a client's error says at least which part it is about. */
async function about<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SealstreamError) throw error;
    throw new LocalError('part_failed', `${what} failed: ${messageOf(error)}`, { cause: error });
  }
}

async function createTopics({
  brokers,
  topics,
  partitions,
}: {
  brokers: string[];
  topics: SupervisorConfig['topics'];
  partitions: number;
}): Promise<EnsuredTopic[]> {
  const admin = new Kafka({ clientId: 'sealstream-setup', brokers, logLevel: logLevel.NOTHING }).admin();
  try {
    await admin.connect();
    const plans = [
      eventsTopic({ topic: topics.events, partitions }),
      registryTopic({ topic: topics.registry }),
      alertsTopic({ topic: topics.alerts }),
    ];
    return await ensureTopics({ admin, topics: plans });
  } finally {
    await admin.disconnect();
  }
}

async function installRules({ url, database }: { url: string; database: string }): Promise<void> {
  const clickhouse = createClickHouse({ url: new URL(url), database });
  try {
    await installPack({ table: createRuleTable({ clickhouse, database }), nowMs: Date.now() });
  } finally {
    await clickhouse.close();
  }
}

/** Topics, tables and the built-in rules of alerts, created or checked. Resolves with how many partitions the events' topic has. */
export async function setUp({
  config,
  addresses,
}: {
  config: Pick<SupervisorConfig, 'topics' | 'partitions' | 'database'>;
  addresses: Pick<Addresses, 'kafka' | 'clickhouse'>;
}): Promise<{ partitions: number }> {
  const { topics, partitions, database } = config;
  const brokers = addresses.kafka.split(',').map((broker) => broker.trim());
  const [ensured] = await Promise.all([
    about(`Creating the topics on Kafka at ${brokers.join(', ')}`, createTopics({ brokers, topics, partitions })),
    about('Creating the tables in ClickHouse', migrate({ clickhouseUrl: addresses.clickhouse, database })),
  ]);
  await about('Storing the built-in rules of alerts', installRules({ url: addresses.clickhouse, database }));
  return { partitions: ensured.find(({ topic }) => topic === topics.events)?.partitions ?? partitions };
}
