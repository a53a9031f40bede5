import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Topics } from '../../core/deployment.js';
import { SealstreamError } from '../../core/errors.js';
import type { Deployment } from '../../core/judge/index.js';
import type { Logger } from '../../core/log.js';
import { createRegistryReader, type RegistryReader, topicOffsets } from '../../core/reading/index.js';
import { createRegistryWriter, type RegistryWriter } from '../../core/registry/writer.js';
import type { SigningKey } from '../../core/seal/index.js';
import { scopes } from '../../core/wire/index.js';

export interface OpenRegistry {
  reader: RegistryReader;
  writer: RegistryWriter;
  /** Of the events topic. */
  partitions: number;
  stop(): Promise<void>;
}

/** As whom the gateway signs. */
export const gatewayProducerId = 'gateway';

/**
 * Reads the registry to its end and makes it fit to work with: it names the events topic's incarnation and the gateway's key, and its
 * newest entry is marked in every partition. Rejects with a retriable error or one of kafkajs while a part is away; with
 * `registry_lost` or `gateway_key_revoked`, for good, where going on would do harm.
 */
export async function openRegistry({
  kafka,
  clickhouse,
  database,
  topics,
  deployment,
  rootKey,
  gatewayKey,
  log,
}: {
  kafka: Kafka;
  clickhouse: ClickHouseClient;
  database: string;
  topics: Topics;
  deployment: Deployment;
  rootKey: SigningKey;
  gatewayKey: SigningKey;
  log: Logger;
}): Promise<OpenRegistry> {
  const partitions = (await topicOffsets(kafka, topics.events)).length;
  const reader = await createRegistryReader({ kafka, topic: topics.registry, deployment, log });
  let writer: RegistryWriter | undefined;
  const stop = async (): Promise<void> => {
    await writer?.stop();
    await reader.stop();
  };
  try {
    if (reader.registry.newest < 0) await checkNotLost({ clickhouse, database, topics });
    writer = await createRegistryWriter({
      kafka,
      topics,
      deployment,
      rootKey,
      registryReader: reader,
      partitions,
      log,
    });
    if (!reader.registry.incarnation(topics.events)) {
      await writer.append({ kind: 'incarnation', topic: topics.events, incarnation: randomBytes(16), partitions });
    }
    await registerOwnKey(reader, writer, gatewayKey);
    await writer.publishMarkers();
    return { reader, writer, partitions, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A registry that begins again would disown every event that was ever signed. */
async function checkNotLost({
  clickhouse,
  database,
  topics,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  topics: Topics;
}): Promise<void> {
  const result = await clickhouse.query({
    query: 'SELECT 1 AS found FROM {database:Identifier}.batches LIMIT 1',
    query_params: { database },
    format: 'JSONEachRow',
  });
  if ((await result.json()).length === 0) return;
  throw new SealstreamError(
    'registry_lost',
    `${topics.registry} holds no entry of this deployment although ${database}.batches holds records: the registry topic was lost or ` +
      'recreated, or SEALSTREAM_AUDIENCE, SEALSTREAM_ROOT_PUBLIC_KEY or SEALSTREAM_REGISTRY_TOPIC are of another deployment. Restore ' +
      'the topic from a backup or mend the configuration; to begin anew, use an empty database and new topics.',
    { topic: topics.registry },
  );
}

async function registerOwnKey(reader: RegistryReader, writer: RegistryWriter, { keyId, publicKey }: SigningKey) {
  const own = reader.registry.keys().find((grant) => grant.keyId === keyId.toString('hex'));
  if (own?.revoked) {
    throw new SealstreamError(
      'gateway_key_revoked',
      'the key of SEALSTREAM_GATEWAY_KEY_FILE was revoked for good; put a new Ed25519 key into the file',
    );
  }
  const asWanted =
    own?.producerId === gatewayProducerId &&
    own.organizations.has('*') &&
    scopes.every((scope) => own.scopes.has(scope));
  if (asWanted) return;
  await writer.append({
    kind: 'key',
    key_id: keyId,
    algorithm: 1,
    public_key: publicKey,
    producer_id: gatewayProducerId,
    organizations: ['*'],
    scopes: [...scopes],
    name: 'gateway',
  });
}
