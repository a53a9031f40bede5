import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { createKafka } from '../../services/core/clients/kafka.js';
import { createDeployment } from '../../services/core/deployment.js';
import { createHealth, type Health } from '../../services/core/health.js';
import type { TopicRecord } from '../../services/core/judge/index.js';
import { createLogger, type Logger } from '../../services/core/log.js';
import { logPaths, originOf, readIfThere, type Shard, shardName } from '../../services/core/log-folder/index.js';
import { createMetrics } from '../../services/core/metrics.js';
import { type FetchSettings, readTopic, topicOffsets } from '../../services/core/reading/index.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import {
  bundlePath,
  decodeBundle,
  decodeEntry,
  type LogEntry,
  openCheckpoint,
  parseTilePath,
  parseVkey,
  tileWidth,
  widthAt,
} from '../../services/core/tlog/index.js';
import { createNodeVerifier, sha256 } from '../../services/core/tlog/node.js';
import { readSealerConfig } from '../../services/sealer/config.js';
import { defaultSealingLimits, type SealingLimits, type Step } from '../../services/sealer/sealing.js';
import { healthParts, type Sealer, sealerFetch, startSealer } from '../../services/sealer/service.js';
import { createLogSigner, type SignedTree } from '../../services/sealer/signer.js';
import { createWitness } from '../../services/sealer/witnesses/witness.js';
import { createDeliveryWorld, type DeliveryConfig, quickFetch } from './delivering.js';
import { uniqueName } from './stack.js';

/** Everything a sealer must be told, as JSON: a sealer of a test may be a process of its own. */
export interface SealingConfig {
  brokers: string[];
  clickhouseUrl: string;
  database: string;
  topics: { events: string; registry: string };
  groupId: string;
  audience: string;
  /** base64. */
  rootPublicKey: string;
  /** PEM. */
  logKey: string;
  /** PEM: signs, too, while the log's key is being replaced. */
  furtherLogKeys?: string[];
  folder: string;
  /** As SEALSTREAM_WITNESSES has them. */
  witnesses: string[];
  witnessWaitMs: number;
  checkpointEveryMs: number;
  /** The defaults where absent. */
  kept?: Partial<Pick<SealingLimits, 'keptEvery' | 'keptMs' | 'pruneEveryMs'>>;
  fetch: FetchSettings;
}

export interface TestSealer extends Sealer {
  health: Health;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
}

export const quickSealing: FetchSettings = {
  ...sealerFetch,
  sessionTimeoutMs: quickFetch.sessionTimeoutMs,
  heartbeatIntervalMs: quickFetch.heartbeatIntervalMs,
  maxWaitMs: quickFetch.maxWaitMs,
};

export const newPem = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A sealer in the process of the caller. */
export async function startTestSealer(
  config: SealingConfig,
  {
    onStep = () => {},
    level = 'silent',
    log = createLogger('sealer', level),
    lookAgainMs = 60_000,
  }: {
    onStep?: (step: Step, at: { origin: string; size: number }) => void;
    level?: string;
    log?: Logger;
    lookAgainMs?: number;
  } = {},
): Promise<TestSealer> {
  const clickhouse = createClickHouse({ url: new URL(config.clickhouseUrl), database: config.database });
  const health = createHealth([...healthParts]);
  const metrics = createMetrics('sealer', { process: false });
  const witnesses = witnessesOf(config);
  const service = await startSealer({
    kafka: createKafka({
      brokers: config.brokers,
      clientId: uniqueName('sealer', '-'),
      log,
      retry: { initialRetryTime: 200, maxRetryTime: 1_000 },
    }),
    clickhouse,
    database: config.database,
    topics: config.topics,
    groupId: config.groupId,
    deployment: createDeployment(config.audience, Buffer.from(config.rootPublicKey, 'base64')),
    folder: config.folder,
    signer: createLogSigner([
      signingKeyFromPem(config.logKey),
      ...(config.furtherLogKeys ?? []).map((pem) => signingKeyFromPem(pem)),
    ]),
    witnesses: witnesses.map((witness) => createWitness(witness, { timeoutMs: 3_000 })),
    witnessWaitMs: config.witnessWaitMs,
    fetch: config.fetch,
    limits: {
      ...defaultSealingLimits,
      checkpointEveryMs: config.checkpointEveryMs,
      waitingBytes: 1_048_576,
      ...config.kept,
    },
    lookAgainMs,
    health,
    metrics,
    log,
    signal: new AbortController().signal,
    onStep,
  });
  return {
    health,
    shards: service.shards,
    metrics: () => metrics.registry.metrics(),
    async stop() {
      await service.stop();
      await clickhouse.close();
    },
  };
}

/** Read as the service reads its environment. */
function witnessesOf({
  witnesses,
  logKey,
  folder,
  topics,
}: SealingConfig): ReturnType<typeof readSealerConfig>['witnesses'] {
  if (witnesses.length === 0) return [];
  const keys = mkdtempSync(join(tmpdir(), 'sealstream-key-'));
  try {
    const file = join(keys, 'log-key.pem');
    writeFileSync(file, logKey);
    const environment = {
      SEALSTREAM_LOG_KEY_FILE: file,
      SEALSTREAM_LOG_DIR: folder,
      SEALSTREAM_WITNESSES: witnesses.join(','),
    };
    return readSealerConfig(environment, topics).witnesses;
  } finally {
    rmSync(keys, { recursive: true });
  }
}

/** Topics, a registry, a database and a folder: all of a sealer's world but the sealer. */
export async function createSealingWorld({
  partitions = 1,
  checkpointEveryMs = 50,
  witnesses = [],
  named = true,
}: {
  partitions?: number;
  checkpointEveryMs?: number;
  witnesses?: string[];
  named?: boolean;
} = {}) {
  const delivery = await createDeliveryWorld({ partitions, named });
  const folders = mkdtempSync(join(tmpdir(), 'sealstream-log-'));
  const { brokers, clickhouseUrl, database, topics, audience, rootPublicKey } = delivery.config as DeliveryConfig;
  const config: SealingConfig = {
    brokers,
    clickhouseUrl,
    database,
    topics,
    groupId: uniqueName('sealer', '-'),
    audience,
    rootPublicKey,
    logKey: newPem(),
    folder: join(folders, 'log'),
    witnesses,
    witnessWaitMs: 1_000,
    checkpointEveryMs,
    fetch: quickSealing,
  };
  const eventShard = (partition: number): Shard => ({ incarnation: delivery.incarnation, partition });

  return {
    ...delivery,
    delivery,
    config,
    eventShard,
    /** Another log over the same records: a group, a folder and a key of its own. */
    newSite(change: Partial<SealingConfig> = {}): SealingConfig {
      const groupId = uniqueName('sealer', '-');
      return { ...config, groupId, folder: join(folders, groupId), logKey: newPem(), ...change };
    },
    get incarnation() {
      return delivery.incarnation;
    },
    /** Resolves once every shard's checkpoint covers all that Kafka holds now; throws when that takes longer. */
    async sealed({
      timeoutMs = 40_000,
      of = config,
      isIn = () => true,
    }: {
      timeoutMs?: number;
      of?: SealingConfig;
      isIn?: (shard: Shard) => boolean;
    } = {}): Promise<void> {
      const ends = [
        ...(await topicOffsets(delivery.kafka, topics.events)).map(({ partition, high }) => ({
          shard: eventShard(partition),
          high,
        })),
        ...(await topicOffsets(delivery.kafka, topics.registry)).map(({ high }) => ({
          shard: 'registry' as const,
          high,
        })),
      ].filter(({ shard }) => isIn(shard));
      for (const { shard, high } of ends) {
        for (const until = Date.now() + timeoutMs; high > 0; await sleep(20)) {
          const last = await lastOffset(of, shard);
          if (last >= high - 1) break;
          if (Date.now() > until) throw new Error(`${shardName(shard)} is sealed to offset ${last}, not ${high - 1}`);
        }
      }
    },
    /** All records that a partition holds, read by a reader of the test's own. */
    async records(topic: string, partition: number): Promise<TopicRecord[]> {
      const offsets = await topicOffsets(delivery.kafka, topic);
      const high = offsets.find((entry) => entry.partition === partition)!.high;
      const records: TopicRecord[] = [];
      let done: () => void = () => {};
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      const reader = await readTopic({
        kafka: delivery.kafka,
        topic,
        from: new Map(offsets.map((entry) => [entry.partition, entry.low])),
        onRecords: async (of, batch) => {
          if (of === partition)
            records.push(...batch.map((record) => ({ ...record, value: Buffer.from(record.value) })));
          if ((records.at(-1)?.offset ?? -1) >= high - 1) done();
        },
        onGap: () => {},
        log: createLogger('test', 'silent'),
        maxWaitMs: 50,
      });
      await all;
      await reader.stop();
      return records;
    },
    async remove(): Promise<void> {
      await delivery.remove();
      rmSync(folders, { recursive: true, force: true });
    },
  };
}

export type SealingWorld = Awaited<ReturnType<typeof createSealingWorld>>;

/** The newest checkpoint of a shard, verified with the log's key; undefined where there is none. */
export async function checkpointOf(config: SealingConfig, shard: Shard): Promise<SignedTree | undefined> {
  const note = await readIfThere(logPaths.checkpoint(config.folder, shardName(shard)));
  return note && openSigned(config, shard, note.toString('utf8'));
}

export async function openSigned(config: SealingConfig, shard: Shard, note: string): Promise<SignedTree> {
  const origin = originOf(config.audience, shard);
  const [vkey] = createLogSigner([signingKeyFromPem(config.logKey)]).vkeys(origin);
  const opened = await openCheckpoint({
    note,
    origin,
    logKeys: [parseVkey({ sha256, vkey })],
    verify: createNodeVerifier(),
  });
  return { size: opened.checkpoint.size, root: Buffer.from(opened.checkpoint.root).toString('hex'), note };
}

/** The entries that a shard's newest checkpoint covers, out of its bundles. */
export async function entriesOf(config: SealingConfig, shard: Shard): Promise<LogEntry[]> {
  return (await encodedEntriesOf(config, shard)).map(decodeEntry);
}

export async function encodedEntriesOf(config: SealingConfig, shard: Shard): Promise<Uint8Array[]> {
  const size = (await checkpointOf(config, shard))?.size ?? 0;
  const entries: Uint8Array[] = [];
  for (let index = 0; index * tileWidth < size; index += 1) {
    const width = Math.min(tileWidth, size - index * tileWidth);
    const path = logPaths.tile(config.folder, shardName(shard), bundlePath(index, width));
    entries.push(...decodeBundle(await readFile(path), width));
  }
  return entries;
}

async function lastOffset(config: SealingConfig, shard: Shard): Promise<number> {
  const size = (await checkpointOf(config, shard))?.size ?? 0;
  if (size === 0) return -1;
  const index = Math.floor((size - 1) / tileWidth);
  const width = size - index * tileWidth;
  const file = async (of: number): Promise<Buffer | undefined> =>
    readIfThere(logPaths.tile(config.folder, shardName(shard), bundlePath(index, of)));
  const partial = await file(width);
  const bundle = partial ? decodeBundle(partial, width) : decodeBundle((await file(tileWidth))!, tileWidth);
  return decodeEntry(bundle[width - 1]!).offset;
}

/** The files that a shard's newest checkpoint needs, with the hashes of their contents, by path; and the checkpoint without cosignatures. */
export async function treeFiles(config: SealingConfig, shard: Shard): Promise<Map<string, string>> {
  const { size, note } = (await checkpointOf(config, shard))!;
  const below = join(config.folder, shardName(shard));
  const names = await readdir(join(below, 'tile'), { recursive: true, withFileTypes: true });
  const files = new Map([['checkpoint', note]]);
  const digest = (bytes: Uint8Array): string => Buffer.from(sha256(bytes)).toString('hex');
  for (const name of names.filter((entry) => entry.isFile())) {
    const path = join(name.parentPath, name.name).slice(below.length + 1);
    const tile = parseTilePath(path);
    if (!tile) throw new Error(`${path} is not a tile's path`);
    const level = tile.kind === 'hashes' ? tile.level : 0;
    // Partial files of earlier checkpoints come and go.
    if (tile.width < tileWidth && tile.width !== widthAt(level, tile.index, size)) continue;
    files.set(path, digest(await readFile(join(below, path))));
  }
  return new Map([...files].sort());
}
