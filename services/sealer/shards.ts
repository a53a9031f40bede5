import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import type { TopicRecord } from '../core/judge/index.js';
import type { Logger } from '../core/log.js';
import { originOf, type Shard, shardName } from '../core/log-folder/index.js';
import { createProver, type LogEntry, type TreeHasher } from '../core/tlog/index.js';
import type { OpenShard } from './consume.js';
import { entryOf, registryEntryOf } from './entries.js';
import { createShardFolder } from './folder.js';
import { openShard, type ShardFacts } from './open-shard.js';
import { createPublisher } from './publisher.js';
import type { SealerMetrics } from './sealer-metrics.js';
import { createShardSealing, type SealingLimits, type Step } from './sealing.js';
import type { ShardList } from './shard-list.js';
import type { LogSigner, SignedTree } from './signer.js';
import { createStoredEntries } from './stored-entries.js';
import type { Witness } from './witnesses/answer.js';
import type { WitnessBoard } from './witnesses/board.js';
import { createCosigner } from './witnesses/cosigner.js';

/** What every shard of a sealer rests on. */
export interface SealerParts {
  audience: string;
  /** SEALSTREAM_LOG_DIR. */
  folder: string;
  signer: LogSigner;
  hasher: TreeHasher;
  clickhouse: ClickHouseClient;
  database: string;
  list: ShardList;
  witnesses: readonly Witness[];
  /** How long a checkpoint waits for witnesses that are well. */
  witnessWaitMs: number;
  board: WitnessBoard;
  limits: SealingLimits;
  metrics: SealerMetrics;
  onStep: (step: Step, at: { origin: string; size: number }) => void;
  /** A checkpoint is the newest of its shard, with the cosignatures that came in time. */
  onPublished: (shard: string, origin: string, tree: SignedTree) => void;
  log: Logger;
}

export interface OpenedForSealing extends OpenShard {
  name: string;
  look(): Promise<void>;
}

/** Opens a shard and everything that is done with it until it is closed. */
export async function beginShard(
  parts: SealerParts,
  shard: Shard,
  facts: Omit<ShardFacts, 'incarnation'>,
  goOn: () => void,
): Promise<OpenedForSealing> {
  const { audience, signer, hasher, clickhouse, database, list, limits, metrics, onStep, log } = parts;
  const { topic, partition } = facts;
  const name = shardName(shard);
  const origin = originOf(audience, shard);
  const incarnation = shard === 'registry' ? '0'.repeat(32) : shard.incarnation.toString('hex');
  const folder = createShardFolder({ folder: parts.folder, shard: name });
  const onHole = (from: number, below: number): void => {
    metrics.hole(name);
    log.error(
      { topic, partition, offset: from },
      `${origin}: offsets ${from}–${below - 1} are neither in Kafka nor in batches and were never sealed; the log goes on without them`,
    );
  };
  const opened = await openShard({
    facts: { ...facts, incarnation },
    origin,
    folder,
    signer,
    stored: shard === 'registry' ? undefined : createStoredEntries({ clickhouse, database, ...shard }),
    hasher,
    goOn,
    onHole,
  });
  const publisher = createPublisher({
    origin,
    folder,
    signer,
    waitMs: parts.witnessWaitMs,
    askWitnesses: (heard) => witnessesOf(parts, { name, origin, folder, heard }),
    onPublished: (tree) => parts.onPublished(name, origin, tree),
    log,
  });
  const sealing = createShardSealing({
    topic,
    partition,
    incarnation,
    origin,
    opened,
    folder,
    hasher,
    entryOf: (record: TopicRecord): LogEntry =>
      shard === 'registry' ? registryEntryOf(record) : entryOf(shard.incarnation, record),
    signer,
    publisher,
    limits,
    onStep,
    onSealed: (size, entries) => metrics.sealed(name, size, entries),
    onHole,
  });
  const vkeys = signer.vkeys(origin);
  await list.add({ name, origin, vkey: vkeys[0] });
  if (opened.published) await publisher.resume(opened.published);
  metrics.opened(name, sealing.sealed);
  log.info({ topic, partition, shard: name, size: opened.tree.size, next: opened.next }, 'shard begins');
  return {
    name,
    sealing,
    look: publisher.look,
    async close() {
      metrics.forgotten(name);
      await publisher.stop();
    },
  };
}

/** A cosigner for each witness, which tells the publisher, the metrics and the board. */
function witnessesOf(
  { witnesses, hasher, board, metrics, log }: SealerParts,
  {
    name,
    origin,
    folder,
    heard,
  }: {
    name: string;
    origin: string;
    folder: ReturnType<typeof createShardFolder>;
    heard: Parameters<Parameters<typeof createPublisher>[0]['askWitnesses']>[0];
  },
): ReturnType<typeof createCosigner>[] {
  const prover = createProver({ hasher, readTile: folder.readTile });
  return witnesses.map((witness) =>
    createCosigner({
      witness,
      origin,
      prover,
      onCosigned(size, signature) {
        metrics.cosigned(name, witness.name, size);
        board.well(witness.name, origin);
        heard.onCosigned(witness.vkey, size, signature);
      },
      onTrouble(size, trouble, detail) {
        metrics.witnessFailed(witness.name, trouble);
        board.trouble(witness.name, origin, trouble, detail);
        heard.onTrouble(witness.vkey, size);
      },
      log,
    }),
  );
}
