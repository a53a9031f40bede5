import { randomBytes } from 'node:crypto';
import { createSealer } from '../core/seal/index.js';
import type { Publisher } from './kafka/publisher.js';
import { createChain } from './lane/chain.js';
import { createLane, type EventFate, type Lane } from './lane/lane.js';
import { createDirectOutbox } from './lane/outbox.js';
import { laneForKey, placeLanes } from './lane/placement.js';
import type { ProducerMetrics } from './metrics.js';
import type { ProducerSettings } from './options.js';

/** The lanes of one epoch, and which of them an event takes. */
export interface Lanes {
  readonly all: Lane[];
  /** Everything with one key goes in one lane, in order. Without a key batches fill one lane after the other. */
  pick(laneKey: string | undefined): Lane;
}

export function createLanes({
  settings,
  partitions,
  publisher,
  fate,
  metrics,
}: {
  settings: ProducerSettings;
  partitions: number;
  publisher: Publisher;
  fate: EventFate;
  metrics: ProducerMetrics;
}): Lanes {
  const { audience, producerId, key, clock, batch, heartbeatMs } = settings;
  const placement = placeLanes({ lanes: settings.lanes, partitions, producerId });
  const seal = createSealer(key);
  const epoch = randomBytes(16);
  const all = placement.map((partition, lane) => {
    const prev = Buffer.alloc(32);
    const chain = createChain({
      seal,
      audience,
      producerId,
      epoch,
      lane,
      lanes: placement.length,
      partition,
      prev,
      clock,
    });
    const outbox = createDirectOutbox({ publisher, partition, onPublished: metrics.published });
    return createLane({ chain, outbox, limits: batch, clock, heartbeatMs, mayBeat: () => !publisher.away, fate });
  });
  let current = 0;
  return {
    all,
    pick(laneKey) {
      if (laneKey !== undefined) return all[laneForKey(laneKey, all.length)]!;
      if (!all[current]!.isGathering) current = (current + 1) % all.length;
      return all[current]!;
    },
  };
}
