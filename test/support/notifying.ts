import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import type { DeliveryLimits } from '../../services/alerts/notify/delivery/limits.js';
import { createNotifications, type Notifications, type Outcome } from '../../services/alerts/notify/index.js';
import { createLogger } from '../../services/core/log.js';
import { createMetrics, type Metrics } from '../../services/core/metrics.js';
import { certificate } from './certificate.js';
import { createTestDatabase, stackFromEnv, type TestDatabase, uniqueName } from './stack.js';

/** What several processes of one deployment share. */
export interface NotifyWorld {
  db: TestDatabase;
  audience: string;
  secret: Buffer;
  open(options?: OpenOptions): OpenNotifications;
  remove(): Promise<void>;
}

export interface OpenOptions {
  limits?: Partial<DeliveryLimits>;
  clickhouseUrl?: string;
}

export interface OpenNotifications extends Notifications {
  redis: Redis;
  metrics: Metrics;
  outcomes: Outcome[];
  /** The value of a metric, summed over labels that are not given. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
}

/** Receivers on loopback, by plain HTTP too. */
const policy = { allowedBlocks: ['127.0.0.1/32'], allowHttp: true };

export async function createNotifyWorld(): Promise<NotifyWorld> {
  const db = await createTestDatabase();
  const audience = uniqueName('notify');
  const secret = randomBytes(32);
  const opened: OpenNotifications[] = [];
  return {
    db,
    audience,
    secret,
    open(options) {
      const notifications = openNotifications({ db, audience, secret, ...options });
      opened.push(notifications);
      return notifications;
    },
    async remove() {
      for (const { stop, redis } of opened) {
        await stop();
        redis.disconnect();
      }
      await db.remove();
    },
  };
}

export function openNotifications({
  db,
  audience,
  secret,
  limits = {},
}: {
  db: Pick<TestDatabase, 'clickhouse' | 'database'>;
  audience: string;
  secret: Buffer;
} & OpenOptions): OpenNotifications {
  const redis = new Redis(stackFromEnv().redisUrl);
  redis.on('error', () => {});
  const metrics = createMetrics('test', { process: false });
  const outcomes: Outcome[] = [];
  const notifications = createNotifications({
    clickhouse: db.clickhouse,
    database: db.database,
    redis,
    audience,
    secret,
    policy,
    log: createLogger('test', process.env.TEST_LOG ?? 'silent'),
    metrics,
    limits: { firstWaitMs: 20, mostWaitMs: 200, pollMs: 50, attemptTimeoutMs: 1_000, leaseMs: 2_000, ...limits },
    ca: [certificate],
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  return {
    ...notifications,
    redis,
    metrics,
    outcomes,
    async metric(name, labels = {}) {
      const found = await metrics.registry.getSingleMetric(`sealstream_${name}`)?.get();
      const matching = (found?.values ?? []).filter((one) =>
        Object.entries(labels).every(([label, value]) => (one.labels as Record<string, unknown>)[label] === value),
      );
      return matching.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

export const webhookTo = (url: string, change: object = {}) => ({
  name: uniqueName('hook'),
  kind: 'webhook',
  settings: { url, secret: 'a-secret-of-the-receiver' },
  messages_per_minute: 600,
  ...change,
});

/** Waits until it holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
