// The sealer: a Merkle log over all records of Kafka, in tiles and signed checkpoints (WIRE §7). Configured by environment.
import { createClickHouse } from '../core/clients/clickhouse.js';
import { createKafka } from '../core/clients/kafka.js';
import { readAddresses, readEnvironment } from '../core/config.js';
import { readDeployment } from '../core/deployment.js';
import { messageOf } from '../core/errors.js';
import { createHealth, serveHealth } from '../core/health.js';
import { createLifecycle } from '../core/lifecycle.js';
import { createLogger } from '../core/log.js';
import { createMetrics } from '../core/metrics.js';
import { readSealerConfig } from './config.js';
import { healthParts, sealerFetch, startSealer } from './service.js';
import { createLogSigner } from './signer.js';
import { startTimestamps } from './timestamps/index.js';
import { createWitness } from './witnesses/witness.js';

const stopTimeoutMs = 30_000;
/** When Kafka comes back, it shall not take long to be noticed: kafkajs' waits grow to half a minute. */
const quickRetry = { initialRetryTime: 200, maxRetryTime: 1_000 };

const log = createLogger('sealer', process.env.SEALSTREAM_LOG_LEVEL ?? 'info');
const lifecycle = createLifecycle({ log, stepTimeoutMs: stopTimeoutMs });

try {
  const env = readEnvironment(process.env);
  const { kafkaBrokers, clickhouseUrl, clickhouseDatabase: database } = readAddresses(process.env);
  const { deployment, topics } = readDeployment(process.env);
  const config = readSealerConfig(process.env, topics);
  const metrics = createMetrics('sealer');
  const health = createHealth([...healthParts]);
  const waiting = new AbortController();
  lifecycle.onStop('waiting', () => waiting.abort());

  const port = env.integer('SEALSTREAM_METRICS_PORT', { fallback: 0, min: 0, max: 65_535 });
  const server = await serveHealth({ health, metrics, port });
  lifecycle.onStop('health', () => server.close());

  const clickhouse = createClickHouse({ url: clickhouseUrl, database });
  lifecycle.onStop('clickhouse', () => clickhouse.close());

  const sealer = await startSealer({
    kafka: createKafka({ brokers: kafkaBrokers, clientId: 'sealstream-sealer', log, retry: quickRetry }),
    clickhouse,
    database,
    topics,
    groupId: config.groupId,
    deployment,
    folder: config.folder,
    signer: createLogSigner(config.keys),
    witnesses: config.witnesses.map((address) => createWitness(address)),
    witnessWaitMs: config.witnessWaitMs,
    fetch: sealerFetch,
    limits: config.limits,
    health,
    metrics,
    log,
    signal: waiting.signal,
  });
  lifecycle.onStop('sealer', () => sealer.stop());
  const { authorities, folder } = config;
  const timestamps = startTimestamps({ authorities, folder, shards: sealer.shards, metrics, log });
  lifecycle.onStop('timestamps', () => timestamps.stop());
} catch (error) {
  if (!lifecycle.stopping) {
    log.fatal({ error: messageOf(error) }, 'the sealer cannot start');
    process.exit(1);
  }
}
