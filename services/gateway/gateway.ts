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
import { createAuditorLinks, readAuditorLink } from './auth/auditors/auditor-links.js';
import { createKeyDirectory, type KeyDirectory } from './auth/key-directory.js';
import { createKeyTable } from './auth/key-table.js';
import { createKeyUses } from './auth/key-uses.js';
import { createRoles, readRole } from './auth/roles/roles.js';
import { createSettings } from './auth/settings.js';
import { createSignIn } from './auth/sign-in.js';
import type { GatewayConfig } from './config.js';
import { createEntitlements, readEntitlement } from './entitlements/entitlements.js';
import { type FrontDoor, openFrontDoor } from './http/front-door.js';
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
  const metrics = createMetrics('gateway');
  const health = createHealth(healthParts);
  const door = await openFrontDoor({ host: config.host, port: config.port, health, metrics });
  const stopping = new AbortController();
  const closers = createClosers({ signal: stopping.signal, log });
  const shared = { config, door, health, metrics, log, closers, signal: stopping.signal };
  const ready = startWork({ ...shared, ...connectParts(shared) });
  ready.catch(() => {});
  return {
    port: door.port,
    health,
    metrics,
    ready,
    async stop() {
      const drained = door.drain();
      stopping.abort();
      await closers.close();
      await drained;
    },
  };
}

/** What is to be closed, the last opened first. */
interface Closers {
  /** What is opened after everything else was closed is closed at once. */
  add(part: string, close: () => unknown): void;
  close(): Promise<void>;
}

function createClosers({ signal, log }: { signal: AbortSignal; log: Logger }): Closers {
  const opened: { part: string; close: () => unknown }[] = [];
  const closeOne = async (part: string, close: () => unknown): Promise<void> => {
    try {
      await close();
    } catch (error) {
      log.error({ part, error: messageOf(error) }, 'part did not close cleanly');
    }
  };
  return {
    add(part, close) {
      if (signal.aborted) void closeOne(part, close);
      else opened.push({ part, close });
    },
    async close() {
      for (const { part, close } of opened.splice(0).reverse()) await closeOne(part, close);
    },
  };
}

interface Shared {
  config: GatewayConfig;
  door: FrontDoor;
  health: Health;
  metrics: Metrics;
  log: Logger;
  closers: Closers;
  /** Aborts when the gateway stops. */
  signal: AbortSignal;
}
type Connections = Pick<GatewayParts, 'kafka' | 'clickhouse' | 'database' | 'redis'>;

/** Clients of the parts, whether those are there or not, and a watch over them. */
function connectParts({ config, health, log, closers }: Shared): Connections {
  const { addresses, topics } = config;
  const { clickhouseDatabase: database } = addresses;
  const kafka = createKafka({ brokers: addresses.kafkaBrokers, clientId: 'sealstream-gateway', log });
  const clickhouse = createClickHouse({ url: addresses.clickhouseUrl, database });
  closers.add('clickhouse', () => clickhouse.close());
  const redis = connectRedis(addresses.redisUrl, log);
  closers.add('redis', () => redis.disconnect());
  const kafkaProbe = createKafkaProbe({ kafka, topics });
  const clickhouseIs = clickhouseProbe({ clickhouse, database });
  const probes = { kafka: kafkaProbe.probe, clickhouse: clickhouseIs, redis: redisProbe(redis) };
  const watch = watchParts({ probes, health, log });
  closers.add('watch', async () => {
    watch.stop();
    await kafkaProbe.close();
  });
  return { kafka, clickhouse, database, redis };
}

/** Waits for the registry, then opens the producer, the routes and the door, in this order. */
async function startWork(parts: Shared & Connections): Promise<void> {
  const { config, door, health, metrics, log, closers, signal, kafka, clickhouse, database } = parts;
  const registry = await retry(() => openRegistry({ ...config, kafka, clickhouse, database, log }), {
    signal,
    mostMs: 5_000,
    again: (error) => !(error instanceof SealstreamError) || error.retriable,
    onFailure: (error, waitMs) => {
      health.set('registry', { ready: false, detail: messageOf(error) });
      log.warn({ waitMs: Math.round(waitMs), error: messageOf(error) }, 'waiting for the registry');
    },
  });
  closers.add('registry', () => registry.stop());
  health.set('registry', { ready: true });
  if (signal.aborted) return;

  const producer = createProducer({
    kafka,
    topic: config.topics.events,
    audience: config.deployment.audience,
    producerId: gatewayProducerId,
    key: config.gatewayKey,
    lanes: 'partitions',
    closeTimeoutMs,
    log,
    metrics,
  });
  closers.add('producer', () => producer.close());
  await producer.start();
  // Sooner known here than by the watch.
  health.set('kafka', { ready: true });
  if (signal.aborted) return;

  const directory = createKeyDirectory({ table: createKeyTable({ clickhouse, database }), log });
  const stored = { clickhouse, database, log };
  const roles = createRoles({ settings: createSettings({ ...stored, kind: 'role', read: readRole }) });
  const entitlements = createEntitlements({
    settings: createSettings({ ...stored, kind: 'entitlement', read: readEntitlement }),
  });
  const links = createSettings({ ...stored, kind: 'auditor_link', read: readAuditorLink });
  const auditors = createAuditorLinks({ settings: links });
  const uses = createKeyUses({ clickhouse, database, log });
  closers.add('key uses', () => uses.stop());
  const signIn = createSignIn({ directory, redis: parts.redis, uses, roles, auditors, config });
  const { authenticator } = signIn;
  const { app, stopReading } = await registerRoutes({
    ...parts,
    registry,
    producer,
    directory,
    uses,
    roles,
    entitlements,
    signIn,
    authenticator,
  });
  closers.add('live reader', stopReading);
  await app.ready();
  // First to be closed: the streams end, and the answers that were begun are given before anything that they need goes.
  closers.add('app', async () => {
    const drained = door.drain();
    await app.close();
    await drained;
  });
  door.admit(app.routing);
  void listAdminKey({ directory, config, log, signal });
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
