import { randomBytes } from 'node:crypto';
import type { Kafka, Producer } from 'kafkajs';
import type { Topics } from '../deployment.js';
import { SealstreamError } from '../errors.js';
import type { Deployment } from '../judge/index.js';
import type { Logger } from '../log.js';
import type { RegistryReader } from '../reading/registry-reader.js';
import { retry } from '../retry.js';
import { createSealer, type SigningKey } from '../seal/index.js';
import { completeEntry, type RegistryFact, signEntry } from './entry.js';
import type { RegistryEntry } from './entry-reading.js';

export interface RegistryWriter {
  /** Appends an entry, then a marker in every partition. Resolves once both are in Kafka. Entries are written one at a time. */
  append(fact: RegistryFact): Promise<{ offset: number; entry: RegistryEntry }>;
  /** Publishes a marker for the newest entry to every partition: done at start, in case the last writer died in between. */
  publishMarkers(): Promise<void>;
  stop(): Promise<void>;
}

/** How often an append is tried again when another writer's entry came first. */
const attempts = 8;

export async function createRegistryWriter({
  kafka,
  topics,
  deployment,
  rootKey,
  registryReader,
  partitions,
  log,
  now = Date.now,
}: {
  kafka: Kafka;
  topics: Topics;
  deployment: Deployment;
  rootKey: SigningKey;
  registryReader: RegistryReader;
  /** Of the events topic. */
  partitions: number;
  log: Logger;
  now?: () => number;
}): Promise<RegistryWriter> {
  if (rootKey.keyId.toString('hex') !== deployment.rootKeyId) {
    throw new SealstreamError(
      'root_key',
      'the root key file does not hold the key that SEALSTREAM_ROOT_PUBLIC_KEY pins',
    );
  }
  const producer: Producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
  await producer.connect();
  const seal = createSealer(rootKey);
  const epoch = randomBytes(16);
  const heads = Array.from({ length: partitions }, () => Buffer.alloc(32) as Buffer);
  const stopped = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();

  const publish = (topic: string, partition: number, value: Buffer): Promise<number> =>
    retry(
      async () => {
        const [sent] = await producer.send({ topic, acks: -1, messages: [{ partition, value }] });
        return Number(sent!.baseOffset ?? sent!.offset);
      },
      {
        signal: stopped.signal,
        onFailure: (error, waitMs) => log.warn({ topic, partition, waitMs, error: String(error) }, 'publishing again'),
      },
    );

  const marker = async (partition: number, registryOffset: number): Promise<void> => {
    const sealed = seal(
      {
        audience: deployment.audience,
        producer_id: 'registry',
        epoch,
        lane: partition,
        lanes: partitions,
        partition,
        kind: 'registry',
        first_seq: 0,
        prev: heads[partition]!,
        created_at: now() * 1_000,
        registry: registryOffset,
      },
      [],
      Buffer.alloc(32),
    );
    await publish(topics.events, partition, sealed.value);
    heads[partition] = sealed.headerHash;
  };

  const markAll = async (): Promise<void> => {
    const { newest } = registryReader.registry;
    if (newest < 0) return;
    await Promise.all(heads.map((_, partition) => marker(partition, newest)));
  };

  const appendOnce = async (fact: RegistryFact): Promise<{ offset: number; entry: RegistryEntry } | undefined> => {
    await registryReader.catchUp();
    const { registry } = registryReader;
    const entry = completeEntry(fact, { audience: deployment.audience, created_at: now() * 1_000, ...registry.next });
    const offset = await publish(topics.registry, 0, signEntry(entry, rootKey).value);
    await registryReader.through(offset);
    // Another writer may have come in between; then the entry did not follow and was skipped by every reader.
    return registry.holds(offset) ? { offset, entry } : undefined;
  };

  const append = async (fact: RegistryFact): Promise<{ offset: number; entry: RegistryEntry }> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const written = await appendOnce(fact);
      if (written) {
        await markAll();
        return written;
      }
    }
    throw new SealstreamError(
      'registry_contended',
      'another writer keeps writing to the registry; run one gateway as its writer',
      {
        topic: topics.registry,
        retriable: true,
      },
    );
  };

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  };

  return {
    append: (fact) => inTurn(() => append(fact)),
    publishMarkers: () => inTurn(markAll),
    async stop() {
      stopped.abort();
      await queue;
      await producer.disconnect();
    },
  };
}
