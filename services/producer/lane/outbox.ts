import type { SealedRecord } from '../../core/seal/index.js';
import type { Place } from '../intake.js';
import type { Publisher } from '../kafka/publisher.js';

/** Hears what becomes of a sealed record. Exactly one of the two is called. */
export interface RecordFate {
  published(place: Place): void;
  lost(error: Error): void;
}

/** Where a lane puts its sealed records, one at a time, in order. */
export interface Outbox {
  /**
   * Resolves once the record is in Kafka or, with a spool, on disk; from then on its fate is told. Rejects when it is in neither: then no
   * one has seen it, its fate is never told, and the lane may seal its events again.
   */
  put(record: SealedRecord, fate: RecordFate): Promise<void>;
  /** Resolves once everything put so far is in Kafka, or safe on disk while Kafka is away. */
  settled(): Promise<void>;
  readonly isIdle: boolean;
}

/** Straight to Kafka: a record that is put is published before the next is signed. */
export const createDirectOutbox = ({
  publisher,
  partition,
  onPublished,
}: {
  publisher: Publisher;
  partition: number;
  onPublished: (record: { events: number; bytes: number }) => void;
}): Outbox => ({
  async put({ value, header }, fate) {
    const offset = await publisher.publish(partition, [value]);
    onPublished({ events: header.count, bytes: value.length });
    fate.published({ partition, offset });
  },
  settled: async () => {},
  isIdle: true,
});
