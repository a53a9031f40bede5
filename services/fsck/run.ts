import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import type { Topics } from '../core/deployment.js';
import { SealstreamError } from '../core/errors.js';
import type { Deployment } from '../core/judge/index.js';
import type { Logger } from '../core/log.js';
import { createRegistryReader } from '../core/reading/index.js';
import type { Report } from './difference.js';
import { createNamedErasures } from './erased.js';
import { type Fsck, fsck, type LogCheck } from './fsck.js';

export interface FsckDeployment {
  clickhouse: ClickHouseClient;
  database: string;
  /** The registry is read from it in any case. */
  kafka: Kafka;
  topics: Topics;
  /** The consumer's group: its offsets say what was stored. */
  groupId: string;
  deployment: Deployment;
}

/** Reconciles a deployment: `fsck` with the registry read, and what the consumer says of itself. Resolves with the topic's incarnation, too. */
export async function runFsck(
  { clickhouse, database, kafka, topics, groupId, deployment }: FsckDeployment,
  {
    withKafka,
    log,
    onlyPartition,
    report,
    onProgress,
    logger,
    signal,
  }: {
    /** Whether the records that Kafka still holds are compared, too. */
    withKafka: boolean;
    log?: LogCheck | undefined;
    onlyPartition?: number | undefined;
    report: Report;
    onProgress?: Parameters<typeof fsck>[0]['onProgress'];
    logger: Logger;
    signal: AbortSignal;
  },
): Promise<Fsck & { incarnation: Buffer }> {
  const registryReader = await createRegistryReader({ kafka, topic: topics.registry, deployment, log: logger });
  try {
    const incarnation = registryReader.registry.incarnation(topics.events)?.id;
    if (!incarnation) {
      throw new SealstreamError(
        'no_incarnation',
        `the registry (${topics.registry}) names no incarnation of ${topics.events}: nothing was ever recorded in this deployment, ` +
          'or it is another deployment’s registry (SEALSTREAM_AUDIENCE, SEALSTREAM_ROOT_PUBLIC_KEY)',
      );
    }
    // Before the tables are looked at: below what is committed, everything is stored.
    const expected = withKafka ? await committed({ kafka, topics, groupId, incarnation }) : new Map<number, number>();
    const erased = createNamedErasures({ clickhouse, database });
    await erased.refresh();
    const found = await fsck({
      clickhouse,
      database,
      kafka: withKafka ? { client: kafka, topic: topics.events, incarnation, expected } : undefined,
      log,
      deployment,
      registryReader,
      erasures: erased.has,
      onlyPartition,
      report,
      ...(onProgress ? { onProgress } : {}),
      logger,
      signal,
    });
    return { ...found, incarnation };
  } finally {
    await registryReader.stop();
  }
}

/** Where the consumer stands: every record below is stored. Offsets of another incarnation say nothing of this one. */
async function committed({
  kafka,
  topics,
  groupId,
  incarnation,
}: Pick<FsckDeployment, 'kafka' | 'topics' | 'groupId'> & { incarnation: Buffer }): Promise<Map<number, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [own] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
    return new Map(
      (own?.partitions ?? [])
        .filter(
          ({ offset, metadata }) => Number(offset) >= 0 && incarnationOf(metadata) === incarnation.toString('hex'),
        )
        .map(({ partition, offset }) => [partition, Number(offset)]),
    );
  } finally {
    await admin.disconnect();
  }
}

function incarnationOf(metadata: string | null): string | undefined {
  try {
    const { incarnation } = JSON.parse(metadata ?? '') as { incarnation?: unknown };
    return typeof incarnation === 'string' ? incarnation : undefined;
  } catch {
    return undefined;
  }
}
