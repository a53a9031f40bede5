// The alert engine: signed records out of Kafka, judged, tried against the rules, and people told. Configured by environment.
import { Redis } from 'ioredis';
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
import { readSecret } from './engine/secret.js';
import { alertFetch, defaultEngineLimits, engineHealthParts, startEngine } from './engine/service.js';
import { createTelling } from './engine/telling.js';
import { defaultTick } from './engine/ticker.js';
import { createActionTable, createSilenceTable } from './findings/index.js';
import { openPlaces } from './geo/index.js';
import { createNotifications, readTargetPolicy } from './notify/index.js';

const stopTimeoutMs = 30_000;
/** When Kafka comes back, it shall not take long to be noticed: kafkajs' waits grow to half a minute. */
const quickRetry = { initialRetryTime: 200, maxRetryTime: 1_000 };

const log = createLogger('alerts', process.env.SEALSTREAM_LOG_LEVEL ?? 'info');
const lifecycle = createLifecycle({ log, stepTimeoutMs: stopTimeoutMs });

try {
  const env = readEnvironment(process.env);
  const { kafkaBrokers, clickhouseUrl, clickhouseDatabase: database, redisUrl } = readAddresses(process.env);
  const { deployment, topics } = readDeployment(process.env);
  const metrics = createMetrics('alerts');
  const health = createHealth([...engineHealthParts]);
  const waiting = new AbortController();
  lifecycle.onStop('waiting', () => waiting.abort());

  const port = env.integer('SEALSTREAM_METRICS_PORT', { fallback: 0, min: 0, max: 65_535 });
  const server = await serveHealth({ health, metrics, port });
  lifecycle.onStop('health', () => server.close());

  const clickhouse = createClickHouse({ url: clickhouseUrl, database });
  lifecycle.onStop('clickhouse', () => clickhouse.close());
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 3 });
  redis.on('error', (error) => log.debug({ error: messageOf(error) }, 'redis'));
  lifecycle.onStop('redis', () => redis.disconnect());

  const places = openPlaces({
    files: env.list('SEALSTREAM_GEOIP_FILE', ''),
    onDamage: (message) => log.error(message),
  });
  log.info(places.about);
  const notifications = createNotifications({
    clickhouse,
    database,
    redis,
    audience: deployment.audience,
    secret: readSecret(env.file('SEALSTREAM_SECRET_FILE')),
    policy: readTargetPolicy(process.env),
    log,
    metrics,
  });
  const publicUrl = env.text('SEALSTREAM_PUBLIC_URL', 'http://127.0.0.1:8080').replace(/\/+$/, '');

  const engine = await startEngine({
    kafka: createKafka({ brokers: kafkaBrokers, clientId: 'sealstream-alerts', log, retry: quickRetry }),
    clickhouse,
    database,
    redis,
    topics,
    alertsTopic: env.text('SEALSTREAM_ALERTS_TOPIC', 'audit.alerts'),
    groupId: readGroup(process.env, 'alerts', topics),
    deployment,
    fetch: alertFetch(defaultFetchSettings),
    limits: defaultEngineLimits,
    tick: defaultTick,
    locate: places.locate,
    people: (known) =>
      createTelling({
        ...known,
        notifications,
        actions: createActionTable({ clickhouse, database }),
        silences: createSilenceTable({ clickhouse, database }),
        log,
        linkOf: ({ id }) => `${publicUrl}/alerts/${id}`,
      }),
    health,
    metrics,
    log,
    signal: waiting.signal,
  });
  lifecycle.onStop('engine', () => engine.stop());
  notifications.start();
  lifecycle.onStop('notifications', () => notifications.stop());
} catch (error) {
  if (!lifecycle.stopping) {
    log.fatal({ error: messageOf(error) }, 'the alert engine cannot start');
    process.exit(1);
  }
}
