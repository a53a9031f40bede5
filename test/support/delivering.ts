import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { Step } from '../../services/consumer/partition.js';
import { defaultRangeLimits, type RangeLimits } from '../../services/consumer/range.js';
import { type ConsumerService, healthParts, startConsumer } from '../../services/consumer/service.js';
import { createSink } from '../../services/consumer/sink.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { createKafka } from '../../services/core/clients/kafka.js';
import { createDeployment } from '../../services/core/deployment.js';
import { createHealth, type Health } from '../../services/core/health.js';
import { createLogger } from '../../services/core/log.js';
import { createMetrics } from '../../services/core/metrics.js';
import {
  createRegistryReader,
  defaultFetchSettings,
  type FetchSettings,
  topicOffsets,
} from '../../services/core/reading/index.js';
import type { RegistryFact } from '../../services/core/registry/index.js';
import { createRegistryWriter } from '../../services/core/registry/writer.js';
import type { SigningKey } from '../../services/core/seal/index.js';
import { audience, newKey } from './judging.js';
import { createTestDatabase, createTestTopics, stackFromEnv, uniqueName } from './stack.js';

/** Everything a consumer must be told, as JSON: a consumer of a test may be a process of its own. */
export interface DeliveryConfig {
  brokers: string[];
  clickhouseUrl: string;
  database: string;
  topics: { events: string; registry: string };
  groupId: string;
  audience: string;
  /** base64. */
  rootPublicKey: string;
  fetch: FetchSettings;
  bounds: RangeLimits;
}

/** Small waits and a short session, so that a killed member's partitions come free soon. */
export const quickFetch: FetchSettings = {
  ...defaultFetchSettings,
  sessionTimeoutMs: 1_500,
  rebalanceTimeoutMs: 20_000,
  heartbeatIntervalMs: 300,
  minBytes: 1,
  maxWaitMs: 50,
};

export interface TestConsumer extends ConsumerService {
  health: Health;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
}

/** A consumer in the process of the caller. `onStep` hears each step of each delivery. */
export async function startTestConsumer(
  config: DeliveryConfig,
  {
    onStep = () => {},
    level = 'silent',
    health = createHealth([...healthParts]),
    signal = new AbortController().signal,
  }: {
    onStep?: (step: Step, at: { partition: number; first: number }) => void;
    level?: string;
    health?: Health;
    /** Ends the waiting at start. */
    signal?: AbortSignal;
  } = {},
): Promise<TestConsumer> {
  const log = createLogger('consumer', level);
  const { brokers, database, topics, groupId, fetch, bounds } = config;
  const url = new URL(config.clickhouseUrl);
  const clickhouse = createClickHouse({ url, database });
  const metrics = createMetrics('consumer', { process: false });
  const service = await startConsumer({
    kafka: createKafka({
      brokers,
      clientId: uniqueName('consumer', '-'),
      log,
      retry: { initialRetryTime: 200, maxRetryTime: 1_000 },
    }),
    clickhouse,
    database,
    sink: createSink({ url, database, timeoutMs: 30_000 }),
    topics,
    groupId,
    deployment: createDeployment(config.audience, Buffer.from(config.rootPublicKey, 'base64')),
    fetch,
    bounds,
    health,
    metrics,
    log,
    signal,
    onStep,
  });
  return {
    health,
    metrics: () => metrics.registry.metrics(),
    async stop() {
      await service.stop();
      await clickhouse.close();
    },
  };
}

/**
 * Topics with a registry (an incarnation, and keys as the test adds them), a migrated database, and a way to publish: all of a
 * consumer's world but the consumer.
 */
export async function createDeliveryWorld({
  partitions = 1,
  fetch = quickFetch,
  bounds = defaultRangeLimits,
  named = true,
}: {
  partitions?: number;
  /** Whether the registry names an incarnation, and so has a marker in every partition, from the start. */
  named?: boolean;
  fetch?: FetchSettings;
  bounds?: RangeLimits;
} = {}) {
  const { kafkaBrokers: brokers } = stackFromEnv();
  const log = createLogger('test', 'silent');
  const kafka: Kafka = createKafka({ brokers, clientId: uniqueName('world', '-'), log });
  const topics = await createTestTopics({ partitions, kafka });
  const database = await createTestDatabase();
  const rootKey = newKey();
  const deployment = createDeployment(audience, rootKey.publicKey);
  const registryReader = await createRegistryReader({ kafka, topic: topics.registry, deployment, log });
  const registry = await createRegistryWriter({ kafka, topics, deployment, rootKey, registryReader, partitions, log });
  const producer: Producer = kafka.producer({ maxInFlightRequests: 1 });
  await producer.connect();

  let incarnation: Buffer = Buffer.alloc(16);
  const nameIncarnation = async (): Promise<Buffer> => {
    incarnation = randomBytes(16);
    await registry.append({ kind: 'incarnation', topic: topics.events, incarnation, partitions });
    return incarnation;
  };
  if (named) await nameIncarnation();
  const config: DeliveryConfig = {
    brokers,
    clickhouseUrl: database.clickhouseUrl,
    database: database.database,
    topics: { events: topics.events, registry: topics.registry },
    groupId: uniqueName('consumer', '-'),
    audience,
    rootPublicKey: rootKey.publicKey.toString('base64'),
    fetch,
    bounds,
  };
  const clickhouse: ClickHouseClient = database.clickhouse;

  const rows = async <T>(query: string, params: Record<string, unknown> = {}): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: params,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };

  return {
    config,
    kafka,
    topics,
    clickhouse,
    get incarnation() {
      return incarnation;
    },
    registry,
    /** The registry as read back, and what pins it: what a judge needs. */
    judging: { deployment, registry: registryReader.registry },
    rootKey,
    rows,
    nameIncarnation,
    /** Registers a key for a producer, everywhere and for everything unless told otherwise. */
    async register(
      producerId: string,
      key: SigningKey = newKey(),
      change: Partial<RegistryFact> = {},
    ): Promise<SigningKey> {
      await registry.append({
        kind: 'key',
        key_id: key.keyId,
        algorithm: 1,
        public_key: key.publicKey,
        producer_id: producerId,
        organizations: ['*'],
        scopes: ['system', 'organization', 'application'],
        ...change,
      });
      return key;
    },
    /** Publishes values to a partition, in order. Resolves with the first one's offset. */
    async publish(partition: number, values: readonly (Buffer | null)[]): Promise<number> {
      const messages = values.map((value) => ({ partition, value }));
      const compression = kafkajs.CompressionTypes.LZ4;
      const [sent] = await producer.send({ topic: topics.events, acks: -1, compression, messages });
      return Number(sent!.baseOffset);
    },
    /** Resolves once `batches` holds every record that Kafka holds now; throws when that takes longer, with what `consumer` says of itself. */
    async delivered({
      timeoutMs = 30_000,
      consumer,
    }: {
      timeoutMs?: number;
      consumer?: TestConsumer;
    } = {}): Promise<void> {
      const ends = await topicOffsets(kafka, topics.events);
      const wanted = ends.reduce((sum, { high }) => sum + high, 0);
      const query = `SELECT partition, count() AS rows FROM batches WHERE incarnation = unhex({incarnation:String}) GROUP BY partition`;
      for (const until = Date.now() + timeoutMs; ; await sleep(50)) {
        const counted = await rows<{ partition: number; rows: number }>(query, {
          incarnation: incarnation.toString('hex'),
        });
        const stored = new Map(counted.map(({ partition, rows }) => [partition, rows]));
        const sum = counted.reduce((total, { rows }) => total + rows, 0);
        if (sum >= wanted) return;
        if (Date.now() <= until) continue;
        const missing = ends
          .filter(({ partition, high }) => (stored.get(partition) ?? 0) < high)
          .map(({ partition, high }) => `${stored.get(partition) ?? 0} of ${high} in partition ${partition}`);
        const said = consumer ? JSON.stringify(consumer.health.report().parts) : '';
        throw new Error(
          `${sum} of ${wanted} records are stored after ${timeoutMs} ms: ${missing.join(', ')}. ${said}`.trim(),
        );
      }
    },
    async remove(): Promise<void> {
      await producer.disconnect();
      await registry.stop();
      await registryReader.stop();
      await topics.remove();
      await database.remove();
    },
  };
}

export type DeliveryWorld = Awaited<ReturnType<typeof createDeliveryWorld>>;
