import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import type { Topics } from '../core/deployment.js';
import { createStandingList, obeyingFolder } from '../core/erasure/index.js';
import { messageOf } from '../core/errors.js';
import type { Health } from '../core/health.js';
import { createJudge, type Deployment } from '../core/judge/index.js';
import type { Logger } from '../core/log.js';
import type { Metrics } from '../core/metrics.js';
import {
  createFolder,
  createLaneStore,
  createRegistryReader,
  type FetchSettings,
  type RegistryReader,
  warnOfRetention,
} from '../core/reading/index.js';
import type { RegistryEntry } from '../core/registry/index.js';
import { retry } from '../core/retry.js';
import { assess, readGroupPositions } from './assignment.js';
import { createBlockPool } from './blocks/index.js';
import { type Consumption, consume } from './consume.js';
import { createMembership } from './membership.js';
import { createConsumerMetrics } from './metrics.js';
import { createOneAtATime } from './one-at-a-time.js';
import { createPartitionDelivery, type PartitionDelivery, type Step } from './partition.js';
import type { RangeLimits } from './range.js';
import { createReadBack } from './read-back.js';
import type { Sink } from './sink.js';

/** What /readyz speaks of. `delivery` is not ready while a partition stands still. */
export const healthParts = ['kafka', 'clickhouse', 'registry', 'delivery'] as const;

/** How often the parts are asked whether they are still there. */
const checkMs = 5_000;

/** How often the lag is asked of Kafka. */
const lagMs = 15_000;

export interface ConsumerService {
  stop(): Promise<void>;
}

/**
 * Kafka → ClickHouse, exactly once. Waits with back-off for whatever is away, at start and later, and says in `health` what it is.
 * Resolves once the group is joined for the first time.
 */
export async function startConsumer({
  kafka,
  clickhouse,
  database,
  sink,
  topics,
  groupId,
  deployment,
  fetch,
  bounds,
  health,
  metrics,
  log,
  signal,
  onStep,
}: {
  kafka: Kafka;
  clickhouse: ClickHouseClient;
  database: string;
  sink: Sink;
  topics: Topics;
  groupId: string;
  deployment: Deployment;
  fetch: FetchSettings;
  bounds: RangeLimits;
  health: Health;
  metrics: Metrics;
  log: Logger;
  /** Ends the waiting at start. */
  signal: AbortSignal;
  /** Called between the steps of every delivery. */
  onStep: (step: Step, at: { partition: number; first: number }) => void;
}): Promise<ConsumerService> {
  const topic = topics.events;
  const waiting = <T>(part: (typeof healthParts)[number], work: () => Promise<T>): Promise<T> =>
    retry(work, {
      signal,
      mostMs: 5_000,
      onFailure: (error, waitMs) => {
        health.set(part, { ready: false, detail: messageOf(error) });
        log.warn({ part, waitMs: Math.round(waitMs), error: messageOf(error) }, `waiting for ${part}`);
      },
    });

  let consumption: Consumption | undefined;
  const onEntry = (entry: RegistryEntry): void => {
    if (entry.kind === 'incarnation' && entry.topic === topic) consumption?.reassess();
  };

  await waiting('clickhouse', () => askClickHouse(clickhouse, database));
  health.set('clickhouse', { ready: true });
  const admin = kafka.admin();
  await waiting('kafka', () => admin.connect());
  void warnOfRetention({ kafka, topic, log });
  const registryReader = await waiting('registry', () =>
    createRegistryReader({ kafka, topic: topics.registry, deployment, log, onEntry: (_, entry) => onEntry(entry) }),
  );
  await waiting('registry', async () => {
    if (!registryReader.registry.incarnation(topic))
      throw new Error(`the registry names no incarnation of ${topic} yet`);
  });
  health.set('registry', { ready: true });
  health.set('delivery', { ready: true });

  const membership = createMembership({ trustMs: fetch.sessionTimeoutMs });
  const consumerMetrics = createConsumerMetrics(metrics);
  const erased = createStandingList({ clickhouse, database, log });
  await waiting('clickhouse', () => erased.refresh());
  const judge = createJudge({ deployment, erasures: erased.has });
  const pool = createBlockPool();
  const judging = createOneAtATime();

  /** Asked once for all partitions that are opened together. */
  const askKafka = together(() => readGroupPositions({ admin, groupId, topic }));

  const open = async (partition: number): Promise<PartitionDelivery> => {
    // What is inserted again from here on may have been erased since the list was read.
    await erased.refresh();
    const positions = await askKafka();
    const incarnation = registryReader.registry.incarnation(topic)!.id;
    const readBack = createReadBack({ clickhouse, database, incarnation, partition });
    const beginning = await assess({ topic, partition, incarnation, position: positions.get(partition), readBack });
    const laneStore = createLaneStore({ clickhouse, database, incarnation, partition });
    const folder = await createFolder({ judge, registryReader, laneStore, partition, start: beginning.start.next });
    log.info({ topic, partition, next: beginning.start.next, kind: beginning.start.kind }, 'partition begins');
    return createPartitionDelivery({
      topic,
      partition,
      incarnation,
      beginning,
      folder: obeyingFolder(folder, erased),
      readBack,
      sink,
      lendBlocks: pool.lend,
      bounds,
      judging,
      metrics: consumerMetrics,
      onStep,
    });
  };

  let assigned: readonly number[] = [];
  const stopped = new Map<number, string>();
  const sayDelivery = (): void => {
    const detail = [...stopped].map(([partition, why]) => `partition ${partition} stands still: ${why}`).join('; ');
    health.set('delivery', { ready: stopped.size === 0, detail });
  };

  consumption = await consume({
    kafka,
    topic,
    groupId,
    settings: fetch,
    open,
    membership,
    metrics: consumerMetrics,
    onJoined(partitions) {
      assigned = partitions;
      stopped.clear();
      sayDelivery();
      health.set('kafka', { ready: true });
    },
    onBegun(partition) {
      if (stopped.delete(partition)) sayDelivery();
    },
    onStopped: (partition, stop) => {
      stopped.set(partition, `${stop.code}: ${stop.message}`);
      sayDelivery();
    },
    onTrouble: () => void check(),
    log,
  });

  const check = async (): Promise<void> => {
    const memberMs = membership.age();
    health.set('kafka', {
      ready: memberMs < fetch.sessionTimeoutMs,
      detail: memberMs < fetch.sessionTimeoutMs ? '' : `no word from the group for ${Math.round(memberMs / 1_000)} s`,
    });
    await askClickHouse(clickhouse, database).then(
      () => health.set('clickhouse', { ready: true }),
      (error) => health.set('clickhouse', { ready: false, detail: messageOf(error) }),
    );
  };
  const sayLag = async (): Promise<void> => {
    const positions = await readGroupPositions({ admin, groupId, topic });
    for (const partition of assigned) {
      const position = positions.get(partition);
      if (position) consumerMetrics.lag(partition, position.high - Math.max(position.low, position.offset));
    }
  };
  const timers = [
    setInterval(() => void check(), checkMs),
    // A partition that stands still, or waits, has no batches that would say it.
    setInterval(() => void sayLag().catch(() => {}), lagMs),
  ];

  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await consumption?.stop();
      erased.stop();
      await stopParts({ registryReader, sink, disconnect: () => admin.disconnect() });
    },
  };
}

/** Calls made in the same turn of the event loop share one run of `work`, which starts after all of them. */
function together<T>(work: () => Promise<T>): () => Promise<T> {
  let shared: Promise<T> | undefined;
  return () => {
    shared ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      shared = undefined;
      return work();
    });
    return shared;
  };
}

/** Rejects unless ClickHouse answers and the tables are there. */
async function askClickHouse(clickhouse: ClickHouseClient, database: string): Promise<void> {
  await clickhouse.command({
    query: 'SELECT 1 FROM {database:Identifier}.batches LIMIT 0',
    query_params: { database },
  });
}

async function stopParts({
  registryReader,
  sink,
  disconnect,
}: {
  registryReader: RegistryReader;
  sink: Sink;
  disconnect: () => Promise<void>;
}): Promise<void> {
  await registryReader.stop();
  await disconnect();
  sink.close();
}
