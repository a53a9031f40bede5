import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, SealstreamError } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { backoff } from '../../core/retry.js';
import type { SealedRecord } from '../../core/seal/index.js';
import { closed, type ProducerErrorCode } from '../errors.js';
import type { Publisher } from '../kafka/publisher.js';
import type { Outbox, RecordFate } from '../lane/outbox.js';
import { addressOf } from '../receipts.js';
import { framedLength } from './frame.js';
import type { LaneLog } from './lane-log.js';
import type { Spool } from './spool.js';

const isCode = (error: unknown, code: ProducerErrorCode): error is SealstreamError =>
  error instanceof SealstreamError && error.code === code;

const notTaken = (): Error => closed('the producer was closed before the record was on disk or in Kafka');

/** Records that go out in one request: Kafka holds them together to its limit of a record. */
const together = { bytes: 900_000, count: 500 };

export interface SpoolOutbox extends Outbox {
  /** Ends publishing. What is on disk stays there, for the next start. */
  stop(): Promise<void>;
}

/**
 * Disk first, then Kafka: a record that was put is published in its turn, over restarts, bit-identical. What an earlier process left is
 * published before anything new of the lane.
 */
export function createSpoolOutbox({
  spool,
  laneLog,
  publisher,
  log,
  onPublished,
  onLost,
}: {
  spool: Spool;
  laneLog: LaneLog;
  publisher: Publisher;
  log: Logger;
  onPublished: (record: { events: number; bytes: number }) => void;
  /** Told of records for whose events no one waits. */
  onLost: (ids: string[], error: Error) => void;
}): SpoolOutbox {
  const fates = new Map<number, RecordFate>();
  let reserved = 0;
  let stopped = false;
  let wake = (): void => {};
  let writing: Promise<void> = Promise.resolve();
  let flushes: { through: number; resolve: () => void }[] = [];
  /** How many of the next records go out alone, to find the one that Kafka refuses. */
  let singly = 0;

  const settleFlushes = (): void => {
    const isDone = ({ through }: { through: number }): boolean => publisher.away || laneLog.released >= through;
    for (const { resolve } of flushes.filter(isDone)) resolve();
    flushes = flushes.filter((flush) => !isDone(flush));
  };
  const unsubscribe = publisher.onAway(settleFlushes);

  /** What Kafka has stays published, whether or not the disk takes note of it. */
  const noted = (note: () => void): void => {
    try {
      note();
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the spool did not note a record as published; a restart sends it again');
    }
  };

  /** Takes the oldest record out: it is in Kafka, or given up. */
  const settle = (value: Buffer): RecordFate | undefined => {
    const fate = fates.get(laneLog.released);
    fates.delete(laneLog.released);
    noted(() => laneLog.release([value]));
    return fate;
  };

  const refuse = (value: Buffer, error: Error): void => {
    const file = spool.keepRefused(value);
    log.error({ file, error: error.message }, 'Kafka refused a record for good; its bytes are kept in the file');
    const fate = settle(value);
    if (fate) fate.lost(error);
    else onLost(addressOf(value).ids, error);
  };

  const publishOldest = async (): Promise<void> => {
    const values = await laneLog.peek(singly > 0 ? { ...together, count: 1 } : together);
    const addresses = values.map(addressOf);
    const { partition } = addresses[0]!;
    const other = addresses.findIndex((address) => address.partition !== partition);
    const run = other < 0 ? values : values.slice(0, other);
    try {
      const base = await publisher.publish(partition, run);
      run.forEach((value, at) => {
        onPublished({ events: addresses[at]!.ids.length, bytes: value.length });
        settle(value)?.published({ partition, offset: base + at });
      });
      singly = Math.max(0, singly - 1);
    } catch (error) {
      if (!isCode(error, 'producer_refused')) throw error;
      if (run.length > 1) singly = run.length;
      else {
        singly = Math.max(0, singly - 1);
        refuse(run[0]!, error);
      }
    }
    settleFlushes();
  };

  const pump = async (): Promise<void> => {
    const waits = backoff({ firstMs: 200, mostMs: 5_000 });
    while (!stopped) {
      if (laneLog.released === laneLog.appended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      try {
        await publishOldest();
      } catch (error) {
        if (stopped || isCode(error, 'producer_closed')) return;
        log.error({ error: messageOf(error) }, 'the spool cannot be published; trying again');
        await sleep(waits.next().value);
      }
    }
  };
  const pumping = pump();

  /** Without a disk to write to, Kafka itself is as good, where nothing older waits. */
  const publishDirectly = async ({ value, header, headerHash }: SealedRecord): Promise<number> => {
    const offset = await publisher.publish(header.partition, [value]);
    onPublished({ events: header.count, bytes: value.length });
    noted(() => laneLog.continueFrom(headerHash));
    return offset;
  };

  const write = async (record: SealedRecord, fate: RecordFate | undefined): Promise<void> => {
    if (stopped) throw notTaken();
    const waits = backoff({ firstMs: 200, mostMs: 5_000 });
    const ordinal = laneLog.appended;
    if (fate) fates.set(ordinal, fate);
    for (;;) {
      try {
        await laneLog.append(record.value, record.headerHash);
        // What was reserved is on disk now, and counts until its file is removed.
        reserved -= framedLength(record.value);
        wake();
        return;
      } catch (error) {
        log.error({ error: messageOf(error) }, 'the spool cannot be written; trying again');
        if (stopped) {
          fates.delete(ordinal);
          throw notTaken();
        }
        if (laneLog.released === laneLog.appended && !publisher.away) {
          fates.delete(ordinal);
          const offset = await publishDirectly(record);
          fate?.published({ partition: record.header.partition, offset });
          return;
        }
        await sleep(waits.next().value);
      }
    }
  };

  return {
    async reserve(bytes) {
      await spool.room.reserve(bytes);
      reserved += bytes;
    },
    unreserve() {
      spool.room.free(reserved);
      reserved = 0;
    },
    put(record, fate) {
      const written = write(record, fate);
      writing = written.catch(() => {});
      return written;
    },
    settled: () =>
      new Promise((resolve) => {
        flushes.push({ through: laneLog.appended, resolve });
        settleFlushes();
      }),
    get isIdle() {
      return laneLog.released === laneLog.appended;
    },
    async stop() {
      stopped = true;
      wake();
      await Promise.all([pumping, writing]);
      unsubscribe();
      for (const { resolve } of flushes) resolve();
      const error = closed(
        'the producer was closed first: the event is signed and on disk, and is published at the next start',
      );
      for (const fate of fates.values()) fate.kept(error);
    },
  };
}
