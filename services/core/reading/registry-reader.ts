import type { Kafka } from 'kafkajs';
import { SealstreamError } from '../errors.js';
import type { Deployment, TopicRecord } from '../judge/index.js';
import type { Logger } from '../log.js';
import { createRegistry, type Registry, type RegistryEntry } from '../registry/index.js';
import { readTopic, topicOffsets } from './topic-reader.js';

/** Follows the registry topic from its beginning. */
export interface RegistryReader {
  readonly registry: Registry;
  /** The topic's records so far, from the first on, valid entries or not: what evidence shows of the registry. */
  records(): readonly Omit<TopicRecord, 'partition'>[];
  /** Resolves once the entry at this registry offset has been read. */
  through(offset: number): Promise<void>;
  /** Resolves once everything is read that the topic holds now. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves once the registry is read to where it ended at the call. Rejects when Kafka or the topic cannot be reached. */
export async function createRegistryReader({
  kafka,
  topic,
  deployment,
  log,
  onEntry = () => {},
}: {
  kafka: Kafka;
  topic: string;
  deployment: Deployment;
  log: Logger;
  /** Called for every valid entry, in order. */
  onEntry?: (offset: number, entry: RegistryEntry) => void;
}): Promise<RegistryReader> {
  const registry = createRegistry({ audience: deployment.audience, rootPublicKey: deployment.rootPublicKey });
  const read: Omit<TopicRecord, 'partition'>[] = [];
  let waiting: { offset: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  const settle = (): void => {
    const due = waiting.filter(({ offset }) => offset < registry.heldThrough);
    waiting = waiting.filter(({ offset }) => offset >= registry.heldThrough);
    for (const { resolve } of due) resolve();
  };
  const end = async (): Promise<number> => {
    const [only, ...others] = await topicOffsets(kafka, topic);
    if (!only || others.length > 0 || only.low !== 0) {
      throw new SealstreamError(
        'registry_topic',
        `${topic} must have one partition and hold every entry from offset 0`,
        { topic },
      );
    }
    return only.high;
  };
  const through = (offset: number): Promise<void> =>
    offset < registry.heldThrough
      ? Promise.resolve()
      : new Promise((resolve, reject) => void waiting.push({ offset, resolve, reject }));

  const endAtStart = await end();
  const reader = await readTopic({
    kafka,
    topic,
    from: new Map([[0, 0]]),
    groupPrefix: 'sealstream-registry',
    sessionTimeoutMs: 10_000,
    log,
    onGap: (error) => log.fatal({ error: error.message }, 'the registry lost entries: nothing can be judged'),
    onRecords: async (_, records) => {
      for (const { offset, appendTimeMs, value } of records) {
        // A copy: Kafka's own would hold on to the whole answer that it came in.
        if (offset >= registry.heldThrough) read.push({ offset, appendTimeMs, value: Buffer.from(value) });
        const folded = registry.fold(offset, value);
        if ('entry' in folded) onEntry(offset, folded.entry);
        else
          log.warn({ topic, offset, reason: folded.skipped }, 'a registry record that is no valid entry was skipped');
      }
      settle();
    },
  });
  if (endAtStart > 0) await through(endAtStart - 1);
  return {
    registry,
    records: () => read,
    through,
    async catchUp() {
      const high = await end();
      if (high > 0) await through(high - 1);
    },
    async stop() {
      await reader.stop();
      for (const { reject } of waiting)
        reject(new SealstreamError('registry_stopped', 'the registry reader was stopped'));
      waiting = [];
    },
  };
}
