import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { registerCompression } from '../../core/clients/kafka.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { backoff } from '../../core/retry.js';
import { closed, producerError } from '../errors.js';
import { failureOf, unknownPartition } from './refusal.js';

/** Puts signed bytes into partitions. Each call tries the same bytes again until Kafka has them on all in-sync replicas. */
export interface Publisher {
  /**
   * One request, the values in order; resolves with the first one's offset. Rejects with `producer_refused` when Kafka will never take
   * it, with `producer_closed` after stop(). While a call is under way the caller sends nothing else of the same lane.
   */
  publish(partition: number, values: Buffer[]): Promise<number>;
  /** How many partitions the topic has. Tries again until Kafka answers; rejects with `kafka_topic` when there is no such topic. */
  partitions(): Promise<number>;
  /** The last attempt failed. */
  readonly away: boolean;
  /** Called each time Kafka goes away; the answer ends that. */
  onAway(listener: () => void): () => void;
  stop(): Promise<void>;
}

/** A topic just made, or a broker just started, may be unknown for a moment. */
const setupAttempts = 8;
const requestTimeoutMs = 30_000;
/** A request without an answer for so long counts as Kafka being away. */
const slowMs = 3_000;
const disconnectMs = 2_000;

export function createPublisher({
  kafka,
  topic,
  compression,
  patient,
  log,
  onAttempt = () => {},
}: {
  kafka: Kafka;
  topic: string;
  compression: 'lz4' | 'none';
  /** Records are kept elsewhere: wait for the set-up to be put right instead of giving them up. */
  patient: boolean;
  log: Logger;
  onAttempt?: (attempt: { seconds: number; failure: string | undefined }) => void;
}): Publisher {
  if (compression === 'lz4') registerCompression();
  const { CompressionTypes } = kafkajs;
  // Not kafkajs' idempotent producer: docs/decisions/0011-producer-resends.md.
  const producer: Producer = kafka.producer({
    allowAutoTopicCreation: false,
    retry: { retries: 0 },
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  });
  const stopped = new AbortController();
  let connecting: Promise<void> | undefined;
  let away = false;
  const awayListeners = new Set<() => void>();

  const connect = (): Promise<void> => {
    connecting ??= producer.connect().catch((error) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };

  const setAway = (now: boolean, detail = ''): void => {
    if (now === away) return;
    away = now;
    if (!now) log.info({ topic }, 'Kafka is back');
    else {
      log.warn({ topic, error: detail }, 'Kafka is away; what is signed is kept and sent again');
      for (const listener of awayListeners) listener();
    }
  };

  /** Runs `attempt` until it succeeds or fails for good. */
  const persist = async <T>(
    attempt: () => Promise<T>,
    { givesUpOnSetup, refusal }: { givesUpOnSetup: boolean; refusal: (detail: string) => Error },
  ): Promise<T> => {
    const waits = backoff({ firstMs: 100, mostMs: 3_000 });
    for (let setupFailures = 0; ; ) {
      if (stopped.signal.aborted) throw closed('the producer was closed before Kafka had the record');
      const startedMs = performance.now();
      const seconds = (): number => (performance.now() - startedMs) / 1_000;
      const slow = setTimeout(() => setAway(true, `no answer for ${slowMs} ms`), slowMs);
      try {
        const result = await attempt();
        onAttempt({ seconds: seconds(), failure: undefined });
        setAway(false);
        return result;
      } catch (error) {
        const failure = failureOf(error);
        onAttempt({ seconds: seconds(), failure: failure.kind });
        if (failure.kind === 'record') throw refusal(failure.detail);
        setupFailures = failure.kind === 'setup' ? setupFailures + 1 : 0;
        if (setupFailures >= setupAttempts) {
          if (givesUpOnSetup) throw refusal(failure.detail);
          if (setupFailures === setupAttempts) {
            log.error({ topic, error: failure.detail }, 'Kafka refuses until its set-up is put right; trying on');
          }
        }
        setAway(true, failure.detail);
        await sleep(waits.next().value, undefined, { signal: stopped.signal }).catch(() => {});
      } finally {
        clearTimeout(slow);
      }
    }
  };

  const countPartitions = async (): Promise<number> => {
    const admin = kafka.admin({ retry: { retries: 0 } });
    await admin.connect();
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]!.partitions.length;
    } finally {
      await admin.disconnect();
    }
  };

  /** Throws what the partition's absence means. */
  const checkPartition = async (partition: number): Promise<never> => {
    const count = await countPartitions();
    if (partition < count) throw new Error(`partition ${partition} of ${topic} has no leader`);
    const message = `the record is signed for partition ${partition}, ${topic} has ${count}`;
    throw Object.assign(new Error(message), { type: unknownPartition });
  };

  const send = async (partition: number, values: Buffer[]): Promise<number> => {
    await connect();
    const [sent] = await producer.send({
      topic,
      acks: -1,
      timeout: requestTimeoutMs,
      compression: compression === 'lz4' ? CompressionTypes.LZ4 : CompressionTypes.None,
      messages: values.map((value) => ({ partition, value })),
    });
    // kafkajs resolves with nothing when it knows no leader of the partition.
    if (!sent) await checkPartition(partition);
    return Number(sent!.baseOffset);
  };

  return {
    publish: (partition, values) =>
      persist(() => send(partition, values), {
        givesUpOnSetup: !patient,
        refusal: (detail) =>
          producerError('producer_refused', `Kafka refuses the record for good: ${detail}`, { topic, partition }),
      }),
    partitions: () =>
      persist(countPartitions, {
        givesUpOnSetup: true,
        refusal: (detail) =>
          producerError('kafka_topic', `the topic ${topic} cannot be used: ${detail}. Create it, or name another.`, {
            topic,
          }),
      }),
    get away() {
      return away;
    },
    onAway(listener) {
      awayListeners.add(listener);
      return () => void awayListeners.delete(listener);
    },
    async stop() {
      stopped.abort();
      // An attempt to connect may go on for a while without Kafka; nobody needs to wait for its end.
      const disconnected = Promise.resolve(connecting)
        .catch(() => {})
        .then(() => producer.disconnect())
        .catch((error) => log.debug({ error: messageOf(error) }, 'disconnecting'));
      await Promise.race([disconnected, sleep(disconnectMs, undefined, { ref: false })]);
    },
  };
}
