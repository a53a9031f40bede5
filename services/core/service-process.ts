import type { ClickHouseClient } from './clients/clickhouse.js';
import { createClickHouse } from './clients/clickhouse.js';
import { type Addresses, type Environment, readAddresses, readEnvironment } from './config.js';
import { readDeployment } from './deployment.js';
import { messageOf } from './errors.js';
import { createHealth, type Health, serveHealth } from './health.js';
import { createLifecycle, type Lifecycle } from './lifecycle.js';
import { createLogger, type Logger } from './log.js';
import { createMetrics, type Metrics } from './metrics.js';

/** What a service that reads Kafka and writes ClickHouse finds when it starts. */
export interface ServiceProcess extends ReturnType<typeof readDeployment> {
  env: ReturnType<typeof readEnvironment>;
  addresses: Addresses;
  clickhouse: ClickHouseClient;
  database: string;
  health: Health;
  metrics: Metrics;
  log: Logger;
  lifecycle: Lifecycle;
  /** Aborts when the process is told to stop, so that waiting for a part ends. */
  signal: AbortSignal;
}

/** When Kafka comes back, it shall not take long to be noticed: kafkajs' waits grow to half a minute. */
export const quickRetry = { initialRetryTime: 200, maxRetryTime: 1_000 };

/**
 * The life of a service's process: reads its environment, answers /healthz, /readyz and /metrics, starts, and stops what was
 * started in reverse order. What keeps it from starting is logged, and it exits 1.
 */
export async function runService(
  {
    name,
    environment,
    healthParts,
    stopTimeoutMs,
  }: {
    name: string;
    environment: Environment;
    healthParts: readonly string[];
    /** For each part that is stopped. */
    stopTimeoutMs: number;
  },
  start: (service: ServiceProcess) => Promise<void>,
): Promise<void> {
  const log = createLogger(name, environment.SEALSTREAM_LOG_LEVEL ?? 'info');
  const lifecycle = createLifecycle({ log, stepTimeoutMs: stopTimeoutMs });
  try {
    const env = readEnvironment(environment);
    const addresses = readAddresses(environment);
    const { deployment, topics } = readDeployment(environment);
    const metrics = createMetrics(name);
    const health = createHealth([...healthParts]);
    const waiting = new AbortController();
    lifecycle.onStop('waiting', () => waiting.abort());

    const port = env.integer('SEALSTREAM_METRICS_PORT', { fallback: 0, min: 0, max: 65_535 });
    const server = await serveHealth({ health, metrics, port });
    lifecycle.onStop('health', () => server.close());

    const { clickhouseUrl, clickhouseDatabase: database } = addresses;
    const clickhouse = createClickHouse({ url: clickhouseUrl, database });
    lifecycle.onStop('clickhouse', () => clickhouse.close());
    const { signal } = waiting;
    await start({
      env,
      addresses,
      deployment,
      topics,
      clickhouse,
      database,
      health,
      metrics,
      log,
      lifecycle,
      signal,
    });
  } catch (error) {
    if (lifecycle.stopping) return;
    log.fatal({ error: messageOf(error) }, `the service ${name} cannot start`);
    process.exit(1);
  }
}
