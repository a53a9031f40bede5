import type { Redis } from 'ioredis';
import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Topics } from '../../core/deployment.js';
import { createStandingList, obeyingFolder } from '../../core/erasure/index.js';
import { messageOf, SealstreamError } from '../../core/errors.js';
import type { Health } from '../../core/health.js';
import { createJudge, type Deployment } from '../../core/judge/index.js';
import type { Logger } from '../../core/log.js';
import type { Metrics } from '../../core/metrics.js';
import { createFolder, createLaneStore, createRegistryReader, type FetchSettings } from '../../core/reading/index.js';
import { retry } from '../../core/retry.js';
import { sha256 } from '../../core/seal/index.js';
import { createFindingTable, type FindingTable } from '../findings/index.js';
import { createRuleTable } from '../rule-texts/index.js';
import type { Locate } from '../windows/index.js';
import { consume } from './consume.js';
import { createEngineMetrics } from './engine-metrics.js';
import { createJudging } from './judging.js';
import { createPartitionWork, type PartitionWork } from './partition.js';
import { rebuildWindows } from './rebuild.js';
import { createReporter } from './reporter.js';
import { createRuleDirectory, type RuleDirectory } from './rule-directory.js';
import { createStoredEvents } from './stored-events.js';
import type { Telling } from './telling.js';
import { startTicker, type TickSettings } from './ticker.js';
import { createWindowsKeeper } from './windows-keeper.js';

export const engineHealthParts = ['kafka', 'clickhouse', 'redis', 'registry', 'rules'] as const;

export interface EngineLimits {
  /** Matches of one group, and groups of one window. */
  maxMatches: number;
  maxGroups: number;
}

export const defaultEngineLimits: EngineLimits = { maxMatches: 5_000, maxGroups: 100_000 };

/** Smaller waits than the consumer's: an alert is to be told soon. */
export const alertFetch = (settings: FetchSettings): FetchSettings => ({ ...settings, minBytes: 1, maxWaitMs: 250 });

export interface Engine {
  directory: RuleDirectory;
  stop(): Promise<void>;
}

/** Of all windows' keys in Redis. */
export const windowsPrefix = (audience: string): string =>
  `sealstream:alerts:${sha256(audience).toString('hex').slice(0, 16)}`;

/**
 * Kafka → judge → rules → windows → findings. Waits with back-off for whatever is away, and says in `health` what it is. Resolves once the
 * group is joined.
 */
export async function startEngine({
  kafka,
  clickhouse,
  database,
  redis,
  topics,
  alertsTopic,
  groupId,
  deployment,
  fetch,
  limits,
  tick,
  locate,
  people,
  health,
  metrics: registryOfMetrics,
  log,
  signal,
}: {
  kafka: Kafka;
  clickhouse: ClickHouseClient;
  database: string;
  redis: Redis;
  topics: Topics;
  alertsTopic: string;
  groupId: string;
  deployment: Deployment;
  fetch: FetchSettings;
  limits: EngineLimits;
  tick: TickSettings;
  locate?: Locate | undefined;
  /** Who tells people, given what there is to know. */
  people: (known: { setting: RuleDirectory['setting']; table: FindingTable }) => Telling;
  health: Health;
  metrics: Metrics;
  log: Logger;
  /** Ends the waiting at start. */
  signal: AbortSignal;
}): Promise<Engine> {
  const topic = topics.events;
  const prefix = windowsPrefix(deployment.audience);
  const metrics = createEngineMetrics(registryOfMetrics);
  const waiting = <T>(part: (typeof engineHealthParts)[number], work: () => Promise<T>): Promise<T> =>
    retry(work, {
      signal,
      mostMs: 5_000,
      onFailure: (error, waitMs) => {
        health.set(part, { ready: false, detail: messageOf(error) });
        log.warn({ part, waitMs: Math.round(waitMs), error: messageOf(error) }, `waiting for ${part}`);
      },
    });
  const ready = async <T>(part: (typeof engineHealthParts)[number], work: () => Promise<T>): Promise<T> => {
    const done = await waiting(part, work);
    health.set(part, { ready: true });
    return done;
  };

  const directory = createRuleDirectory({ table: createRuleTable({ clickhouse, database }), locate, metrics, log });
  await ready('clickhouse', () => directory.refresh());
  await ready('redis', () => redis.ping());
  const admin = kafka.admin();
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await waiting('kafka', async () => {
    await admin.connect();
    await producer.connect();
  });
  const registryReader = await waiting('registry', () =>
    createRegistryReader({ kafka, topic: topics.registry, deployment, log }),
  );
  await ready('registry', async () => {
    if (!registryReader.registry.incarnation(topic))
      throw new Error(`the registry names no incarnation of ${topic} yet`);
  });
  const incarnation = (): Buffer => registryReader.registry.incarnation(topic)!.id;
  const laneStoreOf = (partition: number) =>
    createLaneStore({ clickhouse, database, incarnation: incarnation(), partition });

  const findings = createFindingTable({ clickhouse, database });
  const storedEvents = createStoredEvents({ clickhouse, database });

  /** Where this group's work goes on in each partition; where it never was, at what is stored. */
  const cursors = async (): Promise<Map<number, { cursor: number; isCommitted: boolean }>> => {
    const [committed, logs] = await Promise.all([
      admin.fetchOffsets({ groupId, topics: [topic] }),
      admin.fetchTopicOffsets(topic),
    ]);
    const known = new Map(committed[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    const found = await Promise.all(
      logs.map(async ({ partition, low, high }) => {
        const offset = known.get(partition) ?? -1;
        const cursor = offset >= 0 ? offset : await laneStoreOf(partition).position();
        const within = Math.min(Number(high), Math.max(Number(low), cursor));
        return [partition, { cursor: within, isCommitted: offset >= 0 }] as const;
      }),
    );
    return new Map(found);
  };

  /** The least append time that every partition had reached where the group's work goes on; waits until all before is stored. */
  const baseUs = async (): Promise<number> => {
    const times: number[] = [];
    for (const [partition, { cursor }] of await cursors()) {
      if (cursor === 0) continue;
      await retry(
        async () => {
          const position = await laneStoreOf(partition).position();
          if (position < cursor)
            throw new SealstreamError('not_stored', `${topic}/${partition} is stored to ${position}`);
        },
        { signal, mostMs: 1_000 },
      );
      const appended = await storedEvents.appendedUs({ incarnation: incarnation(), partition, below: cursor });
      if (appended !== undefined) times.push(appended);
    }
    return times.length > 0 ? Math.min(...times) : Date.now() * 1_000;
  };

  const keeper = createWindowsKeeper({
    redis,
    prefix,
    maxGroups: limits.maxGroups,
    rebuild: async (wanted, rules, store) =>
      rebuildWindows({
        wanted,
        rules,
        baseUs: Math.max(await baseUs(), (await store.watermark()) ?? 0),
        storedEvents,
        findings,
        store,
      }),
    metrics,
    log,
  });
  const telling = people({ setting: directory.setting, table: findings });
  const reporter = createReporter({ table: findings, producer, topic: alertsTopic, tell: telling.tell, metrics });
  const judging = createJudging({
    keeper,
    directory,
    report: reporter.report,
    maxMatches: limits.maxMatches,
    metrics,
    log,
  });
  const erased = createStandingList({ clickhouse, database, log });
  await retry(() => erased.refresh(), { signal, mostMs: 5_000 });
  const judge = createJudge({ deployment, erasures: erased.has });

  const cursorOf = async (partition: number): Promise<{ cursor: number; isCommitted: boolean }> => {
    const found = (await cursors()).get(partition);
    if (found) return found;
    throw new SealstreamError('partition_unknown', `Kafka does not know ${topic}/${partition} yet`, {
      retriable: true,
    });
  };

  const open = async (partition: number, commit: (offset: number) => Promise<void>): Promise<PartitionWork> => {
    const laneStore = laneStoreOf(partition);
    const { cursor, isCommitted } = await cursorOf(partition);
    if (!isCommitted) {
      // Where the work began has to outlive this engine: the next one would begin later.
      await commit(cursor);
      if (!(await cursorOf(partition)).isCommitted) {
        throw new SealstreamError('not_committed', `the group is being joined again`, { retriable: true });
      }
    }
    const start = Math.min(cursor, await laneStore.position());
    const folder = await createFolder({ judge, registryReader, laneStore, partition, start });
    log.info({ topic, partition, start, cursor }, 'partition of alerts begins');
    return createPartitionWork({ topic, partition, folder: obeyingFolder(folder, erased), start, cursor, judging });
  };

  const sayRules = (): void => {
    const refused = [...directory.faults].map(
      ([owner, [first]]) =>
        `the rules of ${owner || 'the deployment'}: ${first?.source}:${first?.line} ${first?.message}`,
    );
    // Refused rules are a matter of those who wrote them: the others are judged all the same.
    health.set('rules', { ready: true, detail: refused.join('; ') });
  };
  sayRules();
  const consumption = await consume({
    kafka,
    topic,
    groupId,
    settings: fetch,
    open,
    onJoined: () => health.set('kafka', { ready: true }),
    onTrouble: (error) => void check(error),
    metrics,
    log,
  });
  const ticker = startTicker({
    redis,
    prefix,
    settings: tick,
    judging,
    reporter,
    sweep: telling.sweep,
    rules: () => directory.active,
    works: consumption.works,
    ends: async () =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
        partition,
        low: Number(low),
        high: Number(high),
      })),
    metrics,
    log,
  });

  const check = async (trouble?: unknown): Promise<void> => {
    const part = async (name: (typeof engineHealthParts)[number], work: Promise<unknown>): Promise<void> =>
      work.then(
        () => health.set(name, { ready: true }),
        (error) => health.set(name, { ready: false, detail: messageOf(error) }),
      );
    await Promise.all([
      part('redis', redis.ping()),
      part('clickhouse', clickhouse.command({ query: 'SELECT 1' })),
      part('kafka', trouble === undefined ? admin.fetchTopicOffsets(topic) : Promise.reject(trouble)),
    ]);
    sayRules();
  };
  const checking = setInterval(() => void check(), 5_000);

  return {
    directory,
    async stop() {
      clearInterval(checking);
      directory.stop();
      erased.stop();
      await consumption.stop();
      await ticker.stop();
      await registryReader.stop();
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}
