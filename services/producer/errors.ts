import { SealstreamError } from '../core/errors.js';

/** Codes of the errors that the producer raises, besides InvalidEvent for an event that cannot go on the wire. */
export type ProducerErrorCode =
  | 'producer_config'
  | 'producer_not_started'
  | 'producer_closed'
  | 'producer_overflow'
  | 'producer_refused'
  | 'kafka_topic'
  | 'spool_locked'
  | 'spool_mismatch'
  | 'spool_damaged'
  | 'spool_write';

export const producerError = (
  code: ProducerErrorCode,
  message: string,
  rest: ConstructorParameters<typeof SealstreamError>[2] = {},
): SealstreamError => new SealstreamError(code, message, rest);

/** The queue or the spool has no room: the event was not taken. Retriable: room comes back as Kafka takes what waits. */
export const overflow = (what: string, needed: string, limit: string): SealstreamError =>
  producerError(
    'producer_overflow',
    `the event was not taken: ${what} is full (${needed} wanted, the limit is ${limit}). Wait and try again, raise the limit, or see why Kafka does not take what waits.`,
    { retriable: true },
  );

export const closed = (detail: string): SealstreamError => producerError('producer_closed', detail);
