import type { Kafka } from 'kafkajs';
import type { Logger } from '../core/log.js';
import type { Metrics } from '../core/metrics.js';
import type { SigningKey } from '../core/seal/index.js';
import { limits } from '../core/wire/index.js';
import { type Clock, systemClock } from './clock.js';
import { producerError } from './errors.js';

/** When a batch is sealed: at the first of these. */
export interface BatchLimits {
  /** Events in a record, at most 1,000. Default 500. */
  maxEvents: number;
  /** Bytes of events in a record; an event that is larger goes alone. Default 500,000, at most 990,000. */
  maxBytes: number;
  /** How long the first event of a batch waits for others, in ms. Under load up to ten times as long, until 250 are there. Default 20. */
  lingerMs: number;
}

/** What may wait in memory. Beyond either limit events are refused with `producer_overflow`. */
export interface QueueLimits {
  /** Default 100,000. */
  maxEvents: number;
  /** Default 64 MiB. */
  maxBytes: number;
}

export interface SpoolOptions {
  /** A folder of this producer's own; made when missing. */
  folder: string;
  /** Most that the folder's records may take on disk, in bytes. Default 1 GiB, at least 4 MB. */
  maxBytes?: number;
}

export interface ProducerOptions {
  /** A kafkajs client; the producer opens its own connections from it. */
  kafka: Kafka;
  /** The events topic. */
  topic: string;
  /** The deployment's log origin. Records say for whom they are signed. */
  audience: string;
  /** As registered with the key. Opaque. */
  producerId: string;
  key: SigningKey;
  /** Numbered streams, each on a partition of its own; 'partitions' makes one for each. Default 1. */
  lanes?: number | 'partitions';
  batch?: Partial<BatchLimits>;
  /** Default lz4. */
  compression?: 'lz4' | 'none';
  spool?: SpoolOptions | undefined;
  queue?: Partial<QueueLimits>;
  /** An idle lane says that it is alive this often. Default 60,000. */
  heartbeatMs?: number;
  /** How long close() waits for Kafka to take what is left. Default 30,000. */
  closeTimeoutMs?: number;
  log: Logger;
  metrics?: Metrics | undefined;
  clock?: Clock;
}

export type ProducerSettings = Required<Omit<ProducerOptions, 'spool' | 'metrics' | 'batch' | 'queue'>> & {
  batch: BatchLimits;
  queue: QueueLimits;
  spool: Required<SpoolOptions> | undefined;
  metrics: Metrics | undefined;
};

/** Header, salt seed, signature and framing of a record, rounded up. */
export const recordOverheadBytes = 1_500;
/** Three length prefixes of an event within a record. */
export const eventOverheadBytes = 9;
/** Audience and producer id must leave room for the rest of the header's 1,024 bytes. */
const maxNameBytes = 640;

/** Fills in the defaults; refuses what contradicts itself by naming it. */
export function readOptions(options: ProducerOptions): ProducerSettings {
  const settings: ProducerSettings = {
    ...options,
    lanes: options.lanes ?? 1,
    compression: options.compression ?? 'lz4',
    heartbeatMs: options.heartbeatMs ?? 60_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 30_000,
    clock: options.clock ?? systemClock,
    batch: { maxEvents: 500, maxBytes: 500_000, lingerMs: 20, ...options.batch },
    queue: { maxEvents: 100_000, maxBytes: 64 * 1_048_576, ...options.queue },
    spool: options.spool && { maxBytes: 1_073_741_824, ...options.spool },
    metrics: options.metrics,
  };
  const { audience, producerId, topic, lanes, batch, queue, spool } = settings;
  for (const [name, value] of Object.entries({ audience, producerId, topic })) {
    if (!value) throw producerError('producer_config', `${name} is empty`);
  }
  const nameBytes = Buffer.byteLength(audience) + Buffer.byteLength(producerId);
  if (nameBytes > maxNameBytes) {
    throw producerError(
      'producer_config',
      `audience and producerId have ${nameBytes} bytes together, at most ${maxNameBytes}`,
    );
  }
  if (lanes !== 'partitions') inRange('lanes', lanes, 1, limits.lanes);
  inRange('batch.maxEvents', batch.maxEvents, 1, limits.recordEvents);
  inRange('batch.maxBytes', batch.maxBytes, 1, limits.recordBytes - 10_000);
  inRange('batch.lingerMs', batch.lingerMs, 0, 60_000);
  inRange('queue.maxEvents', queue.maxEvents, 1, Number.MAX_SAFE_INTEGER);
  inRange('queue.maxBytes', queue.maxBytes, 1, Number.MAX_SAFE_INTEGER);
  inRange('heartbeatMs', settings.heartbeatMs, 100, 86_400_000);
  if (spool) inRange('spool.maxBytes', spool.maxBytes, 4_000_000, Number.MAX_SAFE_INTEGER);
  return settings;
}

function inRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw producerError('producer_config', `${name}=${value} is not a whole number from ${min} to ${max}`);
  }
}
