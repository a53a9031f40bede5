import { randomBytes } from 'node:crypto';
import type { Logger } from '../core/log.js';
import { createSealer } from '../core/seal/index.js';
import type { Publisher } from './kafka/publisher.js';
import { createChain } from './lane/chain.js';
import { createLane, type EventFate, type Lane } from './lane/lane.js';
import { createDirectOutbox, type Outbox } from './lane/outbox.js';
import { laneForKey, placeLanes } from './lane/placement.js';
import type { ProducerMetrics } from './metrics.js';
import type { ProducerSettings } from './options.js';
import type { Spool } from './spool/spool.js';
import { createSpoolOutbox, type SpoolOutbox } from './spool/spool-outbox.js';

/** The lanes of one epoch, and which of them an event takes. */
export interface Lanes {
  readonly all: Lane[];
  /** Everything with one key goes in one lane, in order. Without a key batches fill one lane after the other. */
  pick(laneKey: string | undefined): Lane;
  /** Ends all; what is not on disk is lost with this error. */
  stop(error: Error): Promise<void>;
}

const zeros = Buffer.alloc(32);

export function createLanes({
  settings,
  partitions,
  publisher,
  spool,
  fate,
  metrics,
  log,
}: {
  settings: ProducerSettings;
  partitions: number;
  publisher: Publisher;
  spool: Spool | undefined;
  fate: EventFate;
  metrics: ProducerMetrics;
  log: Logger;
}): Lanes {
  const { audience, producerId, key, clock, batch, heartbeatMs } = settings;
  const placement = placeLanes({ lanes: settings.lanes, partitions, producerId });
  const seal = createSealer(key);
  const epoch = randomBytes(16);
  const spoolOutboxes: SpoolOutbox[] = [];

  const createOutbox = (lane: number, partition: number): Outbox => {
    if (!spool) return createDirectOutbox({ publisher, partition, onPublished: metrics.published });
    const outbox = createSpoolOutbox({
      spool,
      laneLog: spool.lane(lane),
      publisher,
      log: log.child({ lane }),
      onPublished: metrics.published,
      onLost: (unheard, error) => fate.lost({ waiters: [], unheard }, error),
    });
    spoolOutboxes.push(outbox);
    return outbox;
  };

  const all = placement.map((partition, lane) => {
    const prev = spool?.lane(lane).head ?? zeros;
    const place = { lane, lanes: placement.length, partition };
    const chain = createChain({ seal, audience, producerId, epoch, ...place, prev, clock });
    const outbox = createOutbox(lane, partition);
    return createLane({ chain, outbox, limits: batch, clock, heartbeatMs, mayBeat: () => !publisher.away, fate });
  });
  // Earlier processes had more lanes: what they left goes out too.
  for (const lane of spool?.lanes ?? []) if (lane >= placement.length) createOutbox(lane, 0);

  let current = 0;
  return {
    all,
    pick(laneKey) {
      if (laneKey !== undefined) return all[laneForKey(laneKey, all.length)]!;
      if (!all[current]!.isGathering) current = (current + 1) % all.length;
      return all[current]!;
    },
    async stop(error) {
      spool?.room.stop(error);
      for (const lane of all) lane.stop(error);
      for (const outbox of spoolOutboxes) await outbox.stop();
    },
  };
}
