import type { SealedRecord } from '../../core/seal/index.js';
import type { Place } from '../intake.js';
import type { Publisher } from '../kafka/publisher.js';

/** Hears what becomes of a record that was put. One of the three is called, once. */
export interface RecordFate {
  published(place: Place): void;
  /** Kafka refused it for good. */
  lost(error: Error): void;
  /** The producer closed first; the record is on disk. */
  kept(error: Error): void;
}

/** Where a lane puts its sealed records, one at a time, in order. */
export interface Outbox {
  /** Makes sure of room for records about to be sealed, in bytes; waits for it. */
  reserve(bytes: number): Promise<void>;
  /** Gives back what is left of the reservation. */
  unreserve(): void;
  /**
   * Resolves once the record is in Kafka or, with a spool, on disk; its fate is told by then or later. Rejects when it is in neither:
   * then its fate is never told, and the lane goes back to where it stood before the record. `fate` is absent when no one waits.
   */
  put(record: SealedRecord, fate: RecordFate | undefined): Promise<void>;
  /** Resolves once everything put so far is in Kafka, or safe on disk while Kafka is away. */
  settled(): Promise<void>;
  /** Everything put is in Kafka. */
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
  reserve: async () => {},
  unreserve() {},
  async put({ value, header }, fate) {
    const offset = await publisher.publish(partition, [value]);
    onPublished({ events: header.count, bytes: value.length });
    fate?.published({ partition, offset });
  },
  settled: async () => {},
  isIdle: true,
});
