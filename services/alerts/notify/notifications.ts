import type { Redis } from 'ioredis';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Logger } from '../../core/log.js';
import type { Metrics } from '../../core/metrics.js';
import { type NotifyRequest, type NotifyResult, queueAlerts } from './delivery/accept.js';
import type { Outcome } from './delivery/channel-work.js';
import { createDeadLetters, type DeadLetterPage } from './delivery/dead-letters.js';
import { type DeliveryLimits, deliveryLimits } from './delivery/limits.js';
import { createQueue } from './delivery/queue.js';
import { redeliver } from './delivery/redeliver.js';
import { createSender } from './delivery/sender.js';
import { createWorker } from './delivery/worker.js';
import { createNotifyMetrics } from './metrics.js';
import { createVault } from './secrets/vault.js';
import { createChannelDirectory } from './store/channel-directory.js';
import { createChannelTable } from './store/channel-table.js';
import { type Channels, createChannels } from './store/channels.js';
import { createDial } from './target/dial.js';
import { createTargetGuard, type TargetPolicy } from './target/guard.js';
import { createPost } from './target/post.js';
import { type Resolve, resolveHost } from './target/resolve.js';
import { type TestResult, testChannel } from './test-channel.js';

/** Channels and what is delivered to them. All calls throw NotifyErrors, `notify_unavailable` among them. */
export interface Notifications {
  channels: Channels;
  /** Queues alerts for channels. What was queued is delivered at least once, whatever dies; the same may be said again without harm. */
  notify(requests: readonly NotifyRequest[]): Promise<NotifyResult>;
  /** Sends a message that says it is a test, now and once, and tells what the receiver answered. */
  test(organization: string, channelId: string): Promise<TestResult>;
  deadLetters(
    organization: string,
    options?: { channelId?: string | undefined; limit?: number | undefined; cursor?: string | undefined },
  ): Promise<DeadLetterPage>;
  /** Sends a dead letter again, with the delivery id that it had. */
  redeliver(organization: string, deliveryId: string, by: string): Promise<void>;
  /** Takes a dead letter that nobody needs any more out of the list. */
  drop(organization: string, deliveryId: string, by: string): Promise<void>;
  /** Delivers in this process. Without it, another process has to. */
  start(): void;
  stop(): Promise<void>;
}

export function createNotifications({
  clickhouse,
  database,
  redis,
  audience,
  secret,
  policy,
  log,
  metrics: registry,
  limits: changedLimits = {},
  resolve = resolveHost,
  ca = [],
  nowMs = Date.now,
  onOutcome = () => {},
}: {
  clickhouse: ClickHouseClient;
  database: string;
  redis: Redis;
  /** The deployment's: keeps those that share a Redis apart. */
  audience: string;
  /** The deployment's, 32 bytes. */
  secret: Buffer;
  policy: TargetPolicy;
  log: Logger;
  metrics: Metrics;
  limits?: Partial<DeliveryLimits>;
  resolve?: Resolve;
  /** Certificates trusted beside Node's. */
  ca?: readonly string[];
  nowMs?: () => number;
  onOutcome?: (outcome: Outcome) => void;
}): Notifications {
  const limits = { ...deliveryLimits, ...changedLimits };
  const metrics = createNotifyMetrics(registry);
  const guard = createTargetGuard(policy);
  const vault = createVault({ secret, audience });
  const directory = createChannelDirectory({ table: createChannelTable({ clickhouse, database }), log });
  const timeoutMs = limits.attemptTimeoutMs;
  const dial = createDial({ guard, resolve, connectTimeoutMs: limits.connectTimeoutMs });
  const sender = createSender({
    vault,
    tools: { post: createPost({ dial, timeoutMs, ca }), dial, nowMs, ca, timeoutMs },
  });
  const deadLetters = createDeadLetters({ clickhouse, database, nowMs });
  const queue = createQueue({ redis, audience, limits });
  const worker = createWorker({ directory, log, queue, sender, deadLetters, metrics, limits, nowMs, onOutcome });
  return {
    channels: createChannels({ directory, vault, guard, nowMs }),
    async notify(requests) {
      const result = await queueAlerts(requests, { directory, queue, deadLetters, metrics, log, nowMs });
      if (result.queued > 0) worker.wake();
      return result;
    },
    test: (organization, channelId) => testChannel({ organization, channelId, directory, sender, nowMs }),
    deadLetters: (organization, options) => deadLetters.list(organization, options),
    async redeliver(organization, deliveryId, by) {
      await redeliver({ organization, deliveryId, by, directory, queue, deadLetters, nowMs });
      worker.wake();
    },
    drop: (organization, deliveryId, by) => deadLetters.drop(organization, deliveryId, by),
    start: () => worker.start(),
    stop: () => worker.stop(),
  };
}
