import { setTimeout as sleep } from 'node:timers/promises';
import type { EventInput } from '../../services/core/event/index.js';
import { createDeliveryWorld, type DeliveryWorld, startTestConsumer, type TestConsumer } from './delivering.js';
import { eventParts, testProducer } from './judging.js';

/** A world with a consumer, and a producer's lane in every partition that may write for everybody. */
export interface LiveWorld {
  readonly world: DeliveryWorld;
  readonly partitions: number;
  /** Publishes records of events round the partitions; gives their messages, which say partition and place: `p1 #42`. */
  publish(records: number, perRecord: number, input?: Partial<EventInput>): Promise<string[]>;
  /** Publishes one record to partition 0. */
  record(inputs: Partial<EventInput>[]): Promise<void>;
  startConsumer(): Promise<void>;
  stopConsumer(): Promise<void>;
  remove(): Promise<void>;
}

export async function createLiveWorld({ partitions = 3 } = {}): Promise<LiveWorld> {
  const world = await createDeliveryWorld({ partitions });
  const key = await world.register('shop');
  const producers = Array.from({ length: partitions }, (_, partition) =>
    testProducer({ key, partition, lane: partition }),
  );
  for (const [partition, producer] of producers.entries()) await world.publish(partition, [producer.open()]);
  const counts = producers.map(() => 0);
  let consumer: TestConsumer | undefined;
  const stopConsumer = async (): Promise<void> => {
    await consumer?.stop();
    consumer = undefined;
  };
  return {
    world,
    partitions,
    async publish(records, perRecord, input = {}) {
      const said: string[] = [];
      for (let record = 0; record < records; record += 1) {
        const at = record % partitions;
        const events = Array.from({ length: perRecord }, () => {
          const message = `p${at} #${counts[at]}`;
          counts[at]! += 1;
          said.push(message);
          return eventParts({ message, ...input }, Date.now());
        });
        await world.publish(at, [producers[at]!.record('data', events).value]);
      }
      return said;
    },
    async record(inputs) {
      const events = inputs.map((input) => eventParts(input, Date.now()));
      await world.publish(0, [producers[0]!.record('data', events).value]);
    },
    async startConsumer() {
      consumer = await startTestConsumer(world.config);
    },
    stopConsumer,
    async remove() {
      await stopConsumer();
      await world.remove();
      await sleep(0);
    },
  };
}

/** Why the messages are not all of `sent`, each once and in order within its partition; undefined when they are. */
export function deliveryFault(received: readonly unknown[], sent: readonly string[]): string | undefined {
  const seen = new Set(received);
  if (seen.size !== received.length) return `${received.length - seen.size} events came twice`;
  const missing = sent.filter((message) => !seen.has(message));
  if (missing.length > 0) return `${missing.length} of ${sent.length} are missing: ${missing.slice(0, 5).join(', ')}`;
  if (received.length > sent.length) return `${received.length - sent.length} events came that nobody sent`;
  const last = new Map<string, number>();
  for (const message of received) {
    const [partition, place] = String(message).split(' #') as [string, string];
    if (Number(place) <= (last.get(partition) ?? -1)) return `${message} came after #${last.get(partition)}`;
    last.set(partition, Number(place));
  }
  return undefined;
}
