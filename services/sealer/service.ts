import kafkajs, { type Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import type { Topics } from '../core/deployment.js';
import { messageOf, SealstreamError } from '../core/errors.js';
import type { Health } from '../core/health.js';
import type { Deployment } from '../core/judge/index.js';
import type { Logger } from '../core/log.js';
import { type Shard, shardName } from '../core/log-folder/index.js';
import type { Metrics } from '../core/metrics.js';
import {
  createRegistryReader,
  defaultFetchSettings,
  type FetchSettings,
  warnOfRetention,
} from '../core/reading/index.js';
import { retry } from '../core/retry.js';
import { createNodeTreeHasher } from '../core/tlog/node.js';
import { type Consumption, consume } from './consume.js';
import type { SealStop } from './errors.js';
import { askKafka, readCommitted } from './kafka-facts.js';
import { createSealerMetrics } from './sealer-metrics.js';
import type { SealingLimits, Step } from './sealing.js';
import { createShardList } from './shard-list.js';
import { beginShard, type OpenedForSealing, type SealerParts } from './shards.js';
import type { LogSigner, SignedTree } from './signer.js';
import type { Witness } from './witnesses/answer.js';
import { createWitnessBoard } from './witnesses/board.js';

/** What /readyz speaks of. `log` is not ready while a shard stands still; `witnesses` always is, and says who is away. */
export const healthParts = ['kafka', 'registry', 'log', 'witnesses'] as const;

/** All partitions of a fetch are worked on at the same time, because each waits until its next checkpoint is due. */
export const sealerFetch: FetchSettings = {
  ...defaultFetchSettings,
  minBytes: 1,
  maxBytesPerPartition: 4_194_304,
  maxBytes: 33_554_432,
  partitionsAtOnce: 1_024,
};

/** How often the folder is looked at, and metrics that change by themselves are set. */
const lookMs = 5_000;
/** How often the lag is asked of Kafka: a shard that stands still, or waits, has no batches that would say it. */
const lagMs = 15_000;

export interface Sealer {
  /** Names of the shards that are sealed here now. */
  shards(): string[];
  /** Finishes the checkpoints at hand. */
  stop(): Promise<void>;
}

export interface SealerOptions {
  kafka: Kafka;
  clickhouse: ClickHouseClient;
  database: string;
  topics: Topics;
  /** The group of the events topic; the registry's is this name and ".registry". */
  groupId: string;
  deployment: Deployment;
  /** Where the log lies. */
  folder: string;
  signer: LogSigner;
  witnesses: readonly Witness[];
  witnessWaitMs: number;
  fetch: FetchSettings;
  limits: SealingLimits;
  lookAgainMs?: number;
  health: Health;
  metrics: Metrics;
  log: Logger;
  /** Ends the waiting at start. */
  signal: AbortSignal;
  /** Called between the steps of every checkpoint. */
  onStep?: (step: Step, at: { origin: string; size: number }) => void;
  onPublished?: (shard: string, origin: string, tree: SignedTree) => void;
}

/**
 * Kafka → the transparency log. Waits with back-off for what is away, at start and later, and says in `health` what it is. Resolves once
 * both groups are joined for the first time.
 */
export async function startSealer(options: SealerOptions): Promise<Sealer> {
  const { kafka, topics, groupId, deployment, folder, witnesses, health, log, signal } = options;
  const waiting = <T>(part: (typeof healthParts)[number], work: () => Promise<T>): Promise<T> =>
    retry(work, {
      signal,
      mostMs: 5_000,
      onFailure: (error, waitMs) => {
        health.set(part, { ready: false, detail: messageOf(error) });
        log.warn({ part, waitMs: Math.round(waitMs), error: messageOf(error) }, `waiting for ${part}`);
      },
    });

  let ofEvents: Consumption | undefined;
  const admin = kafka.admin();
  await waiting('kafka', () => admin.connect());
  void warnOfRetention({ kafka, topic: topics.events, log });
  const registryReader = await waiting('registry', () =>
    createRegistryReader({
      kafka,
      topic: topics.registry,
      deployment,
      log,
      onEntry: (_, entry) => {
        if (entry.kind === 'incarnation' && entry.topic === topics.events) ofEvents?.reassess();
      },
    }),
  );
  health.set('registry', { ready: true });
  health.set('log', { ready: true });
  health.set('witnesses', { ready: true });

  const metrics = createSealerMetrics(options.metrics);
  const list = createShardList({
    folder,
    witnesses: witnesses.map(({ vkey, sameOperator }) => ({ vkey, same_operator: sameOperator })),
  });
  const parts: SealerParts = {
    audience: deployment.audience,
    folder,
    signer: options.signer,
    hasher: createNodeTreeHasher(),
    clickhouse: options.clickhouse,
    database: options.database,
    list,
    witnesses,
    witnessWaitMs: options.witnessWaitMs,
    board: createWitnessBoard({ onChange: metrics.witnessAway }),
    limits: options.limits,
    metrics,
    onStep: options.onStep ?? (() => {}),
    onPublished: options.onPublished ?? (() => {}),
    log,
  };

  const shardOf = (topic: string, partition: number): Shard => {
    if (topic === topics.registry) return 'registry';
    const incarnation = registryReader.registry.incarnation(topic)?.id;
    if (incarnation) return { incarnation, partition };
    throw new SealstreamError('no_incarnation', `the registry names no incarnation of ${topic} yet`, {
      retriable: true,
    });
  };

  const open = new Map<string, OpenedForSealing>();
  const stopped = new Map<string, { name: string; why: string }>();
  /** By their partitions: shards whose work failed and is tried again. */
  const interrupted = new Map<string, { sealed: number; why: string }>();
  const sayLog = (): void => {
    const still = [...stopped.values()].map(({ name, why }) => `shard ${name} stands still: ${why}`);
    const detail = [...still, ...[...interrupted.values()].map(({ why }) => why)].join('; ');
    health.set('log', { ready: detail === '', detail });
  };

  const follow = (topic: string, group: string): Promise<Consumption> => {
    const key = (partition: number): string => `${topic}/${partition}`;
    const forget = (map: Map<string, unknown>): void => {
      for (const name of [...map.keys()]) if (name.startsWith(`${topic}/`)) map.delete(name);
    };
    /** Whatever interrupted a shard is over once more of it is sealed, or nothing is left to be. */
    const mayGoOn = (partition: number): void => {
      const sealing = open.get(key(partition))?.sealing;
      const interruption = interrupted.get(key(partition));
      if (!sealing || !interruption || (sealing.isBehind && sealing.sealed <= interruption.sealed)) return;
      interrupted.delete(key(partition));
      sayLog();
    };
    return consume({
      kafka,
      topic,
      groupId: group,
      settings: options.fetch,
      lookAgainMs: options.lookAgainMs ?? 60_000,
      async open(partition, goOn) {
        const shard = shardOf(topic, partition);
        const facts = await askKafka({ admin, groupId: group, topic, partition, shard });
        const opened = await beginShard(parts, shard, facts, goOn);
        open.set(key(partition), opened);
        return opened;
      },
      readCommitted: (partition) => readCommitted({ admin, groupId: group, topic, partition }),
      events: {
        onJoined() {
          forget(open);
          for (const [at, { name }] of stopped) if (at.startsWith(`${topic}/`)) metrics.goesOn(name);
          forget(stopped);
          forget(interrupted);
          sayLog();
          health.set('kafka', { ready: true });
        },
        onBegun(partition) {
          mayGoOn(partition);
          const name = stopped.get(key(partition))?.name;
          if (name === undefined) return;
          stopped.delete(key(partition));
          metrics.goesOn(name);
          sayLog();
        },
        onStopped(partition, stop: SealStop) {
          const name = shardName(shardOf(topic, partition));
          open.delete(key(partition));
          interrupted.delete(key(partition));
          stopped.set(key(partition), { name, why: `${stop.code}: ${stop.message}` });
          metrics.stopped(name, stop.code);
          sayLog();
        },
        onProgress(partition, next, highWatermark) {
          mayGoOn(partition);
          const name = open.get(key(partition))?.name;
          if (name) metrics.lag(name, Math.max(0, highWatermark - next));
        },
        onTrouble(error, partition) {
          void checkKafka();
          if (partition === undefined || !isOfTheLog(error)) return;
          metrics.interrupted();
          const { name = `of ${key(partition)}`, sealing } = open.get(key(partition)) ?? {};
          const why = `shard ${name} is interrupted, and tried again: ${messageOf(error)}`;
          interrupted.set(key(partition), { sealed: sealing?.sealed ?? 0, why });
          sayLog();
        },
      },
      log,
    });
  };

  const checkKafka = async (): Promise<void> =>
    admin.fetchTopicOffsets(topics.registry).then(
      () => health.set('kafka', { ready: true }),
      (error) => health.set('kafka', { ready: false, detail: messageOf(error) }),
    );
  const look = async (): Promise<void> => {
    metrics.tick();
    health.set('witnesses', { ready: true, detail: parts.board.report() });
    await checkKafka();
    await list.look();
    for (const shard of open.values()) await shard.look();
  };
  const sayLag = async (): Promise<void> => {
    for (const topic of [topics.events, topics.registry]) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        const shard = open.get(`${topic}/${partition}`);
        if (shard) metrics.lag(shard.name, Math.max(0, Number(high) - shard.sealing.next));
      }
    }
  };
  const quietly = (work: () => Promise<void>) => (): void =>
    void work().catch((error) => log.warn({ error: messageOf(error) }, 'a look at the log failed'));

  const ofRegistry = await waiting('kafka', () => follow(topics.registry, `${groupId}.registry`));
  ofEvents = await waiting('kafka', () => follow(topics.events, groupId));
  const timers = [setInterval(quietly(look), lookMs), setInterval(quietly(sayLag), lagMs)];

  return {
    shards: () => [...open.values()].map(({ name }) => name),
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all([ofEvents?.stop(), ofRegistry.stop()]);
      await registryReader.stop();
      await admin.disconnect();
    },
  };
}

/** Kafka has a part of its own in `health`, and what it moves or does not know yet comes right by itself. */
const isOfTheLog = (error: unknown): boolean =>
  !(error instanceof kafkajs.KafkaJSError) &&
  !(
    error instanceof SealstreamError && ['assignment_lost', 'no_incarnation', 'partition_unknown'].includes(error.code)
  );
