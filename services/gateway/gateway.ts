import { Redis } from 'ioredis';
import { createClickHouse } from '../core/clients/clickhouse.js';
import { createKafka } from '../core/clients/kafka.js';
import { messageOf, SealstreamError } from '../core/errors.js';
import { createHealth, type Health } from '../core/health.js';
import type { Logger } from '../core/log.js';
import { createMetrics, type Metrics } from '../core/metrics.js';
import { retry } from '../core/retry.js';
import { createProducer } from '../producer/index.js';
import { noteAdminKey } from './auth/admin-key.js';
import { createAuthenticator } from './auth/authenticator.js';
import { createKeyDirectory, type KeyDirectory } from './auth/key-directory.js';
import { createKeyTable } from './auth/key-table.js';
import type { GatewayConfig } from './config.js';
import { openFrontDoor } from './http/front-door.js';
import { watchParts } from './http/part-watch.js';
import { clickhouseProbe, createKafkaProbe, redisProbe } from './probes.js';
import { gatewayProducerId, openRegistry } from './registry/open-registry.js';
import { type GatewayParts, registerRoutes } from './routes.js';

export interface Gateway {
  readonly port: number;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Resolves once routes are open; rejects where starting cannot succeed. */
  readonly ready: Promise<void>;
  /** Answers what has begun, then flushes and closes everything. Returns before `ready` resolves, too. */
  stop(): Promise<void>;
}

const healthParts = ['kafka', 'clickhouse', 'redis', 'registry', 'live'];
/** A part that does not answer so long is away. */
const redisTimeoutMs = 1_000;
const closeTimeoutMs = 8_000;

/** Opens the port, then waits for the parts. Rejects only when the port cannot be had. */
export async function openGateway({ config, log }: { config: GatewayConfig; log: Logger }): Promise<Gateway> {
  const { addresses, topics, deployment, admin } = config;
  const { clickhouseDatabase: database } = addresses;
  const metrics = createMetrics('gateway');
  const health = createHealth(healthParts);
  const door = await openFrontDoor({ host: config.host, port: config.port, health, metrics });

  const stopping = new AbortController();
  const closers: { what: string; close: () => unknown }[] = [];
  /** What is opened after everything else was closed is closed at once. */
  const onClose = (what: string, close: () => unknown): void => {
    if (stopping.signal.aborted) void Promise.resolve(close()).catch(() => {});
    else closers.push({ what, close });
  };

  const kafka = createKafka({ brokers: addresses.kafkaBrokers, clientId: 'sealstream-gateway', log });
  const clickhouse = createClickHouse({ url: addresses.clickhouseUrl, database });
  onClose('clickhouse', () => clickhouse.close());
  const redis = connectRedis(addresses.redisUrl, log);
  onClose('redis', () => redis.disconnect());
  const kafkaProbe = createKafkaProbe({ kafka, topics });
  const watch = watchParts({
    probes: {
      kafka: kafkaProbe.probe,
      clickhouse: clickhouseProbe({ clickhouse, database }),
      redis: redisProbe(redis),
    },
    health,
    log,
  });
  onClose('watch', async () => {
    watch.stop();
    await kafkaProbe.close();
  });

  const start = async (): Promise<void> => {
    const registry = await retry(() => openRegistry({ ...config, kafka, clickhouse, database, log }), {
      signal: stopping.signal,
      mostMs: 5_000,
      again: (error) => !(error instanceof SealstreamError) || error.retriable,
      onFailure: (error, waitMs) => {
        health.set('registry', { ready: false, detail: messageOf(error) });
        log.warn({ waitMs: Math.round(waitMs), error: messageOf(error) }, 'waiting for the registry');
      },
    });
    onClose('registry', () => registry.stop());
    health.set('registry', { ready: true });
    if (stopping.signal.aborted) return;

    const producer = createProducer({
      kafka,
      topic: topics.events,
      audience: deployment.audience,
      producerId: gatewayProducerId,
      key: config.gatewayKey,
      lanes: 'partitions',
      closeTimeoutMs,
      log,
      metrics,
    });
    onClose('producer', () => producer.close());
    await producer.start();

    const directory = createKeyDirectory({ table: createKeyTable({ clickhouse, database }), log });
    const authenticator = createAuthenticator({ directory, admin });
    const parts: GatewayParts = {
      config,
      door,
      health,
      metrics,
      log,
      kafka,
      clickhouse,
      database,
      redis,
      registry,
      producer,
      directory,
      authenticator,
    };
    if (stopping.signal.aborted) return;
    const { app, stopReading } = registerRoutes(parts);
    onClose('live reader', stopReading);
    await app.ready();
    // Last added, first closed: no further requests, then the streams end and the answers that were begun are given.
    onClose('app', async () => {
      const drained = door.drain();
      await app.close();
      await drained;
    });
    door.admit(app.routing);
    void listAdminKey({ directory, config, log, signal: stopping.signal });
  };

  const ready = start();
  ready.catch(() => {});
  return {
    port: door.port,
    health,
    metrics,
    ready,
    async stop() {
      if (!closers.some(({ what }) => what === 'app')) onClose('door', () => door.drain());
      stopping.abort();
      for (const { what, close } of closers.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          log.error({ part: what, error: messageOf(error) }, 'part did not close cleanly');
        }
      }
    },
  };
}

/** No command waits for a connection: a request that needs Redis is told at once that it is away. */
function connectRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: redisTimeoutMs,
    connectTimeout: redisTimeoutMs * 3,
    retryStrategy: (times) => Math.min(100 * 2 ** times, 2_000),
  });
  redis.on('error', (error) => log.debug({ error: messageOf(error) }, 'redis'));
  return redis;
}

/** The administrator's key works without this; it is written so that it is listed with the others. */
async function listAdminKey({
  directory,
  config,
  log,
  signal,
}: {
  directory: KeyDirectory;
  config: GatewayConfig;
  log: Logger;
  signal: AbortSignal;
}): Promise<void> {
  const { admin } = config;
  await retry(() => noteAdminKey({ directory, admin, nowMs: Date.now() }), {
    signal,
    firstMs: 1_000,
    mostMs: 30_000,
    onFailure: (error) => log.debug({ error: messageOf(error) }, 'the administrator’s key is not listed yet'),
  }).catch(() => {});
}
