// The consumer: signed records out of Kafka, judged, into ClickHouse, exactly once (WIRE §6). Configured by environment.
import { createKafka } from '../core/clients/kafka.js';
import { readGroup } from '../core/deployment.js';
import { defaultFetchSettings } from '../core/reading/index.js';
import { quickRetry, runService } from '../core/service-process.js';
import { defaultRangeLimits } from './range.js';
import { healthParts, startConsumer } from './service.js';
import { createSink } from './sink.js';

const insertTimeoutMs = 60_000;
const environment = process.env;

await runService(
  { name: 'consumer', environment, healthParts, stopTimeoutMs: insertTimeoutMs },
  async ({ addresses, deployment, topics, clickhouse, database, health, metrics, log, lifecycle, signal }) => {
    const { kafkaBrokers, clickhouseUrl } = addresses;
    const consumer = await startConsumer({
      kafka: createKafka({ brokers: kafkaBrokers, clientId: 'sealstream-consumer', log, retry: quickRetry }),
      clickhouse,
      database,
      sink: createSink({ url: clickhouseUrl, database, timeoutMs: insertTimeoutMs }),
      topics,
      groupId: readGroup(environment, 'consumer', topics),
      deployment,
      fetch: defaultFetchSettings,
      bounds: defaultRangeLimits,
      health,
      metrics,
      log,
      signal,
      onStep: () => {},
    });
    lifecycle.onStop('consumer', () => consumer.stop());
  },
);
