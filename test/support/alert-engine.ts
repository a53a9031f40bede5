import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { alertsTopic, ensureTopics } from '../../infra/kafka/topics.js';
import type { TellPeople } from '../../services/alerts/engine/reporter.js';
import {
  alertFetch,
  defaultEngineLimits,
  type Engine,
  type EngineLimits,
  engineHealthParts,
  startEngine,
} from '../../services/alerts/engine/service.js';
import { createRuleTable } from '../../services/alerts/rule-texts/index.js';
import type { Locate } from '../../services/alerts/windows/index.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { createKafka } from '../../services/core/clients/kafka.js';
import { createDeployment } from '../../services/core/deployment.js';
import { createHealth } from '../../services/core/health.js';
import { createLogger } from '../../services/core/log.js';
import { createMetrics } from '../../services/core/metrics.js';
import type { DeliveryConfig, DeliveryWorld } from './delivering.js';
import { stackFromEnv, uniqueName } from './stack.js';

/** All that an engine of a test is told, as JSON. */
export interface EngineConfig extends DeliveryConfig {
  redisUrl: string;
  alertsTopic: string;
  alertGroupId: string;
  limits: EngineLimits;
  tickMs: number;
}

/** A topic for alerts in the world, and a Redis database that is this test's alone (so that it can be flushed). */
export async function alertWorld(
  world: Pick<DeliveryWorld, 'config' | 'kafka'>,
  { redisDatabase = 0, limits = {} }: { redisDatabase?: number; limits?: Partial<EngineLimits> } = {},
): Promise<EngineConfig> {
  const topic = uniqueName('audit.alerts', '.');
  const admin = world.kafka.admin();
  await admin.connect();
  await ensureTopics({ admin, topics: [alertsTopic({ topic })] });
  await admin.disconnect();
  const redisUrl = new URL(stackFromEnv().redisUrl);
  redisUrl.pathname = `/${redisDatabase}`;
  return {
    ...world.config,
    // Longer than a busy machine keeps a process waiting: a member that is put out again and again gets nothing done.
    fetch: { ...world.config.fetch, sessionTimeoutMs: 6_000, heartbeatIntervalMs: 1_000 },
    redisUrl: redisUrl.href,
    alertsTopic: topic,
    alertGroupId: uniqueName('alerts', '-'),
    limits: { ...defaultEngineLimits, ...limits },
    tickMs: 200,
  };
}

export interface TestEngine extends Engine {
  metrics(): Promise<string>;
  /** The sum of a metric over its labels. */
  metric(name: string): Promise<number>;
}

/** An engine in the process of the caller. */
export async function startTestEngine(
  config: EngineConfig,
  {
    tell = async () => {},
    people,
    locate,
    level = 'silent',
  }: {
    tell?: TellPeople;
    people?: Parameters<typeof startEngine>[0]['people'];
    locate?: Locate;
    level?: string;
  } = {},
): Promise<TestEngine> {
  const log = createLogger('alerts', level);
  const metrics = createMetrics('alerts', { process: false });
  const { database } = config;
  const clickhouse = createClickHouse({ url: new URL(config.clickhouseUrl), database });
  const redis = new Redis(config.redisUrl, { lazyConnect: false, maxRetriesPerRequest: 3 });
  redis.on('error', () => {});
  const retrying = { initialRetryTime: 200, maxRetryTime: 1_000 };
  const engine = await startEngine({
    kafka: createKafka({ brokers: config.brokers, clientId: uniqueName('alerts', '-'), log, retry: retrying }),
    clickhouse,
    database,
    redis,
    topics: config.topics,
    alertsTopic: config.alertsTopic,
    groupId: config.alertGroupId,
    deployment: createDeployment(config.audience, Buffer.from(config.rootPublicKey, 'base64')),
    fetch: alertFetch(config.fetch),
    limits: config.limits,
    tick: { everyMs: config.tickMs, clockSkewMs: 100 },
    locate,
    people: people ?? (() => ({ tell, sweep: async () => {} })),
    health: createHealth([...engineHealthParts]),
    metrics,
    log,
    signal: new AbortController().signal,
  });
  return {
    ...engine,
    metrics: () => metrics.registry.metrics(),
    async metric(name) {
      const found = await metrics.registry.getSingleMetric(`sealstream_${name}`)?.get();
      return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0);
    },
    async stop() {
      await engine.stop();
      redis.disconnect();
      await clickhouse.close();
    },
  };
}

/** Puts texts of rules into the table, switched on from the beginning of time. */
export async function writeRules(
  world: Pick<DeliveryWorld, 'config' | 'clickhouse'>,
  texts: readonly { text: string; organization?: string; id?: string; activeFromUs?: number; enabled?: boolean }[],
): Promise<void> {
  const table = createRuleTable({ clickhouse: world.clickhouse, database: world.config.database });
  await table.write(
    texts.map(({ text, organization = '', id = randomUUID(), activeFromUs = 0, enabled = true }) => ({
      organizationId: organization,
      id,
      version: Date.now() * 1_000,
      name: '',
      text,
      enabled,
      deleted: false,
      channels: [],
      repeatSeconds: 0,
      activeFromUs,
      changedAtMs: Date.now(),
      changedBy: 'test',
    })),
  );
}

/** Asks until the answer is not undefined; throws with what was seen last when that takes longer. */
export async function until<T>(ask: () => Promise<T | undefined>, what: string, timeoutMs = 20_000): Promise<T> {
  for (const end = Date.now() + timeoutMs; ; await sleep(50)) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
  }
}
