import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { type ReadAlertMessage, readAlertMessage } from '../../../alerts/findings/index.js';
import { messageOf } from '../../../core/errors.js';
import type { Logger } from '../../../core/log.js';
import { readTopic, topicOffsets } from '../../../core/reading/index.js';
import { backoff } from '../../../core/retry.js';
import { Problem } from '../../errors.js';

/** What becomes of alerts from now on, read once for everybody who follows it. */
export interface AlertTail {
  /** Resolves once everything that is published from then on will come. Rejects with unavailable while Kafka cannot be asked. */
  started(): Promise<void>;
  stop(): Promise<void>;
}

const stopTimeoutMs = 5_000;

/**
 * Reads the topic of alerts from its end, which is asked for when somebody first wants it: a gateway whose alerts nobody follows reads
 * nothing. `onChanges` is awaited; what it has not taken waits in Kafka.
 */
export function createAlertTail({
  kafka,
  topic,
  onChanges,
  onLost,
  log,
}: {
  kafka: Kafka;
  topic: string;
  onChanges: (changes: readonly ReadAlertMessage[]) => Promise<void>;
  /** Kafka has let go of changes before they were read: nobody knows whose. */
  onLost: () => void;
  log: Logger;
}): AlertTail {
  const stopped = new AbortController();
  let starting: Promise<void> | undefined;
  let following: Promise<void> | undefined;

  const ends = async (): Promise<Map<number, number>> =>
    new Map((await topicOffsets(kafka, topic)).map(({ partition, high }) => [partition, high]));

  /** One reader, until it is over; `next` goes along with what was handed on. */
  const read = async (next: Map<number, number>): Promise<'gap' | 'over'> => {
    const over = new AbortController();
    let why: 'gap' | 'over' = 'over';
    const reader = await readTopic({
      kafka,
      topic,
      from: next,
      groupPrefix: 'sealstream-alert-stream',
      async onRecords(partition, records) {
        const changes = records.flatMap(({ value }) => readAlertMessage(String(value)) ?? []);
        if (changes.length < records.length) {
          log.warn(
            { topic, partition, messages: records.length - changes.length },
            'no change of an alert; passed over',
          );
        }
        if (changes.length > 0) await onChanges(changes);
        next.set(partition, records.at(-1)!.offset + 1);
      },
      onGap() {
        why = 'gap';
        over.abort();
      },
      onCrash: (_, restarts) => restarts || over.abort(),
      log,
    });
    await aborted(AbortSignal.any([over.signal, stopped.signal]));
    const closing = reader.stop().catch((error) => log.debug({ error: messageOf(error) }, 'reader of alerts'));
    if (stopped.signal.aborted) await closing;
    return why;
  };

  const follow = async (from: Map<number, number>): Promise<void> => {
    let next = from;
    let waits = backoff();
    while (!stopped.signal.aborted) {
      try {
        if ((await read(next)) === 'gap') {
          next = await ends();
          onLost();
        }
        waits = backoff();
      } catch (error) {
        if (stopped.signal.aborted) return;
        log.warn({ topic, error: messageOf(error) }, 'the reader of alerts starts again where it stood');
        await sleep(waits.next().value, undefined, { signal: stopped.signal }).catch(() => {});
      }
    }
  };

  return {
    started() {
      starting ??= ends().then(
        (from) => {
          following = follow(from);
        },
        (error) => {
          starting = undefined;
          log.warn({ topic, error: messageOf(error) }, 'the end of the topic of alerts cannot be asked for');
          throw new Problem('unavailable', 'alerts cannot be followed while Kafka is away; try again later');
        },
      );
      return starting;
    },
    async stop() {
      stopped.abort();
      await Promise.race([following, sleep(stopTimeoutMs, undefined, { ref: false })]);
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
