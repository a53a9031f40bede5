import type { Producer } from '../../producer/index.js';
import { Problem } from '../errors.js';

/** Publishes signed records as they are, one after the other, and gives the ids of their events. */
export type Republish = (values: Buffer[]) => Promise<string[]>;

/**
 * The producer tries a record until Kafka has it, also when the caller has long been told to come again; so what waits is bounded
 * here, and beyond `maxBytes` nothing more is taken.
 */
export function createRepublisher({
  producer,
  maxBytes = 67_108_864,
}: {
  producer: Pick<Producer, 'republish'>;
  maxBytes?: number;
}): Republish {
  let waiting = 0;
  return async (values) => {
    const bytes = values.reduce((sum, { length }) => sum + length, 0);
    if (waiting + bytes > maxBytes) {
      throw new Problem('overloaded', `${waiting} bytes of signed records wait for Kafka, at most ${maxBytes} may`, {
        headers: { 'retry-after': '2' },
      });
    }
    waiting += bytes;
    try {
      const ids: string[] = [];
      for (const value of values) ids.push(...(await producer.republish(value)).ids);
      return ids;
    } finally {
      waiting -= bytes;
    }
  };
}
