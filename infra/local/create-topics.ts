import { Kafka, logLevel } from 'kafkajs';
import { type EnsuredTopic, ensureTopics, eventsTopic, registryTopic } from '../kafka/topics.js';

/** The two topics of the deployment, created or checked. */
export async function createTopics({
  brokers,
  topics,
  partitions,
}: {
  brokers: readonly string[];
  topics: { readonly events: string; readonly registry: string };
  partitions: number;
}): Promise<EnsuredTopic[]> {
  const kafka = new Kafka({ clientId: 'sealstream-setup', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const plans = [eventsTopic({ topic: topics.events, partitions }), registryTopic({ topic: topics.registry })];
    return await ensureTopics({ admin, topics: plans });
  } finally {
    await admin.disconnect();
  }
}
