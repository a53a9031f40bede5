// The alert engine: signed records out of Kafka, judged, tried against the rules, and people told. Configured by environment.
import { Redis } from 'ioredis';
import { createKafka } from '../core/clients/kafka.js';
import { readGroup } from '../core/deployment.js';
import { messageOf } from '../core/errors.js';
import { defaultFetchSettings } from '../core/reading/index.js';
import { quickRetry, runService } from '../core/service-process.js';
import { readSecret } from './engine/secret.js';
import { alertFetch, defaultEngineLimits, engineHealthParts, startEngine } from './engine/service.js';
import { createTelling } from './engine/telling.js';
import { defaultTick } from './engine/ticker.js';
import { createActionTable, createSilenceTable } from './findings/index.js';
import { openPlaces } from './geo/index.js';
import { createNotifications, readTargetPolicy } from './notify/index.js';

const stopTimeoutMs = 30_000;
const environment = process.env;

await runService({ name: 'alerts', environment, healthParts: engineHealthParts, stopTimeoutMs }, async (service) => {
  const { env, addresses, deployment, topics, clickhouse, database, health, metrics, log, lifecycle, signal } = service;
  const redis = new Redis(addresses.redisUrl, { maxRetriesPerRequest: 3 });
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
    policy: readTargetPolicy(environment),
    log,
    metrics,
  });
  const publicUrl = env.text('SEALSTREAM_PUBLIC_URL', 'http://127.0.0.1:8080').replace(/\/+$/, '');

  const engine = await startEngine({
    kafka: createKafka({ brokers: addresses.kafkaBrokers, clientId: 'sealstream-alerts', log, retry: quickRetry }),
    clickhouse,
    database,
    redis,
    topics,
    alertsTopic: env.text('SEALSTREAM_ALERTS_TOPIC', 'audit.alerts'),
    groupId: readGroup(environment, 'alerts', topics),
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
    signal,
  });
  lifecycle.onStop('engine', () => engine.stop());
  notifications.start();
  lifecycle.onStop('notifications', () => notifications.stop());
});
