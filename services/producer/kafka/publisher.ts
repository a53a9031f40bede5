import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { registerCompression } from '../../core/clients/kafka.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { backoff } from '../../core/retry.js';
import { closed, producerError } from '../errors.js';
import { failureOf } from './refusal.js';

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
  /** Resolves once Kafka is away. */
  whenAway(): Promise<void>;
  stop(): Promise<void>;
}

/** A topic just made, or a broker just started, may be unknown for a moment. */
const setupAttempts = 8;
const requestTimeoutMs = 30_000;

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
  // Not kafkajs' idempotent producer: docs/decisions/0005-producer-resends.md.
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
  let hearAway: (() => void)[] = [];

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
      for (const hear of hearAway) hear();
      hearAway = [];
    }
  };

  /** Runs `attempt` until it succeeds or fails for good. */
  const persist = async <T>(attempt: () => Promise<T>, giveUp: (kind: 'setup' | 'record', detail: string) => Error) => {
    const waits = backoff({ firstMs: 100, mostMs: 3_000 });
    for (let setupFailures = 0; ; ) {
      if (stopped.signal.aborted) throw closed('the producer was closed before Kafka had the record');
      const startedMs = performance.now();
      const seconds = (): number => (performance.now() - startedMs) / 1_000;
      try {
        const result = await attempt();
        onAttempt({ seconds: seconds(), failure: undefined });
        setAway(false);
        return result;
      } catch (error) {
        const failure = failureOf(error);
        onAttempt({ seconds: seconds(), failure: failure.kind });
        if (failure.kind === 'record') throw giveUp('record', failure.detail);
        setupFailures = failure.kind === 'setup' ? setupFailures + 1 : 0;
        if (setupFailures >= setupAttempts) {
          if (!patient) throw giveUp('setup', failure.detail);
          if (setupFailures === setupAttempts) {
            log.error({ topic, error: failure.detail }, 'Kafka refuses until its set-up is put right; trying on');
          }
        }
        setAway(true, failure.detail);
        await sleep(waits.next().value, undefined, { signal: stopped.signal }).catch(() => {});
      }
    }
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
    if (!sent) throw new Error(`partition ${partition} of ${topic} is not known to Kafka`);
    return Number(sent.baseOffset ?? sent.offset);
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

  return {
    publish: (partition, values) =>
      persist(
        () => send(partition, values),
        (_, detail) =>
          producerError('producer_refused', `Kafka refuses the record for good: ${detail}`, { topic, partition }),
      ),
    partitions: () =>
      persist(countPartitions, (_, detail) =>
        producerError('kafka_topic', `the topic ${topic} cannot be used: ${detail}. Create it, or name another.`, {
          topic,
        }),
      ),
    get away() {
      return away;
    },
    whenAway: () => (away ? Promise.resolve() : new Promise((resolve) => void hearAway.push(resolve))),
    async stop() {
      stopped.abort();
      await connecting?.catch(() => {});
      await producer.disconnect().catch((error) => log.debug({ error: messageOf(error) }, 'disconnecting'));
    },
  };
}
