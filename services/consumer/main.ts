// The consumer: signed records out of Kafka, judged, into ClickHouse, exactly once (WIRE §6). Configured by environment.
import { createClickHouse } from '../core/clients/clickhouse.js';
import { createKafka } from '../core/clients/kafka.js';
import { readAddresses, readEnvironment } from '../core/config.js';
import { readDeployment, readGroup } from '../core/deployment.js';
import { messageOf } from '../core/errors.js';
import { createHealth, serveHealth } from '../core/health.js';
import { createLifecycle } from '../core/lifecycle.js';
import { createLogger } from '../core/log.js';
import { createMetrics } from '../core/metrics.js';
import { defaultFetchSettings } from '../core/reading/index.js';
import { defaultRangeLimits } from './range.js';
import { healthParts, startConsumer } from './service.js';
import { createSink } from './sink.js';

const insertTimeoutMs = 60_000;
/** When Kafka comes back, it shall not take long to be noticed: kafkajs' waits grow to half a minute. */
const quickRetry = { initialRetryTime: 200, maxRetryTime: 1_000 };

const log = createLogger('consumer', process.env.SEALSTREAM_LOG_LEVEL ?? 'info');
const lifecycle = createLifecycle({ log, stepTimeoutMs: insertTimeoutMs });

try {
  const env = readEnvironment(process.env);
  const { kafkaBrokers, clickhouseUrl, clickhouseDatabase: database } = readAddresses(process.env);
  const { deployment, topics } = readDeployment(process.env);
  const metrics = createMetrics('consumer');
  const health = createHealth([...healthParts]);
  const waiting = new AbortController();
  lifecycle.onStop('waiting', () => waiting.abort());

  const port = env.integer('SEALSTREAM_METRICS_PORT', { fallback: 0, min: 0, max: 65_535 });
  const server = await serveHealth({ health, metrics, port });
  lifecycle.onStop('health', () => server.close());

  const clickhouse = createClickHouse({ url: clickhouseUrl, database });
  lifecycle.onStop('clickhouse', () => clickhouse.close());

  const consumer = await startConsumer({
    kafka: createKafka({ brokers: kafkaBrokers, clientId: 'sealstream-consumer', log, retry: quickRetry }),
    clickhouse,
    database,
    sink: createSink({ url: clickhouseUrl, database, timeoutMs: insertTimeoutMs }),
    topics,
    groupId: readGroup(process.env, 'consumer', topics),
    deployment,
    fetch: defaultFetchSettings,
    bounds: defaultRangeLimits,
    health,
    metrics,
    log,
    signal: waiting.signal,
    onStep: () => {},
  });
  lifecycle.onStop('consumer', () => consumer.stop());
} catch (error) {
  if (!lifecycle.stopping) {
    log.fatal({ error: messageOf(error) }, 'the consumer cannot start');
    process.exit(1);
  }
}
