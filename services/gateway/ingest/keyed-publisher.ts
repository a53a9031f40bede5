import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { WireEvent } from '../../core/wire/index.js';
import type { Producer } from '../../producer/index.js';
import { Problem, unavailable } from '../errors.js';
import type { BatchDoor } from './batch-door.js';
import type { IdempotencyStore } from './idempotency-store.js';
import type { Republish } from './republisher.js';

export interface KeyedRequest {
  slot: string;
  bodyHash: Buffer;
  events: WireEvent[];
  laneKey: string;
}

/**
 * Publishes a request's events once, however often and from wherever it is sent: what was signed first is stored before it is
 * published, and every later request with the key publishes the same bytes again, which readers know as duplicates.
 */
export type KeyedPublisher = (request: KeyedRequest) => Promise<{ ids: string[]; replayed: boolean }>;

/** How long a request waits for another with its key to be signed. */
const busyWaitMs = 5_000;
const busyPollMs = 50;
/** How long a lane waits for Redis to say whether it has the records. */
const storeWaitMs = 2_000;
const storePauseMs = 100;

/** Another request took the key meanwhile: it signs, this one was never seen by anyone. */
class LostClaim extends Error {}

export function createKeyedPublisher({
  store,
  producer,
  republish,
  door,
  log,
}: {
  store: IdempotencyStore;
  producer: Pick<Producer, 'send'>;
  republish: Republish;
  door: Pick<BatchDoor, 'refusal'>;
  log: Logger;
}): KeyedPublisher {
  const asking = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const detail =
        'Redis is away, and an Idempotency-Key can only be kept with it; without a key the request would go through';
      throw unavailable('redis', detail, { cause: error });
    }
  };

  /**
   * Runs with the records signed and published nowhere. Where it rejects, the lane gives their sequence to other events: so it may
   * reject only if the records are certainly not in Redis. Where Redis leaves that open they are published, and then the request is done.
   */
  const keep = async (slot: string, lock: Buffer, values: Buffer[]): Promise<void> => {
    const endMs = performance.now() + storeWaitMs;
    for (let sent = false; ; ) {
      sent ||= store.isConnected;
      try {
        if (await store.store(slot, lock, values)) return;
      } catch (error) {
        if (!sent)
          throw unavailable('redis', 'Redis went away before the Idempotency-Key could be kept', { cause: error });
        if (performance.now() > endMs) {
          log.error({ error: messageOf(error) }, 'Redis did not say whether it keeps an Idempotency-Key; publishing');
          return;
        }
        await sleep(storePauseMs);
        continue;
      }
      throw new LostClaim('another request signed for this Idempotency-Key');
    }
  };

  const forget = (slot: string, lock: Buffer): Promise<void> =>
    store
      .forget(slot, lock)
      .catch((error) =>
        log.warn({ error: messageOf(error) }, 'an Idempotency-Key stays locked until its lock runs out'),
      );

  const signAndPublish = async ({ slot, events, laneKey }: KeyedRequest, lock: Buffer): Promise<string[]> => {
    let kept = false;
    try {
      const receipts = await producer.send(events, {
        laneKey,
        beforePublish: async (values) => {
          await keep(slot, lock, values);
          kept = true;
        },
      });
      return receipts.flatMap(({ ids }) => ids);
    } catch (error) {
      // What is kept must stay so while a later request may publish it; only what Kafka refuses for good never will be.
      const refused = (error as { code?: string }).code === 'producer_refused';
      if (!(error instanceof LostClaim) && (!kept || refused)) await forget(slot, lock);
      throw error;
    }
  };

  /** What was stored may not have been published; then acknowledging what readers would now quarantine would lose it. */
  const replay = (values: Buffer[]): Promise<string[]> => {
    const reason = values.map(door.refusal).find((refusal) => refusal !== undefined);
    if (reason === undefined) return republish(values);
    const detail = `what was signed for this Idempotency-Key cannot be published any more (${reason}); whether it was before is to be seen in the log`;
    throw new Problem('conflict', detail, { extensions: { reason } });
  };

  return async (request) => {
    const endMs = performance.now() + busyWaitMs;
    for (;;) {
      const claim = await asking(store.claim(request.slot, request.bodyHash));
      if (claim.kind !== 'claimed' && !claim.bodyHash.equals(request.bodyHash)) {
        const detail = 'the Idempotency-Key was used for a request with another body; a new request needs a new key';
        throw new Problem('idempotency-key-reused', detail);
      }
      if (claim.kind === 'stored') return { ids: await replay(claim.values), replayed: true };
      if (claim.kind === 'claimed') {
        try {
          return { ids: await signAndPublish(request, claim.lock), replayed: false };
        } catch (error) {
          if (error instanceof LostClaim) continue;
          throw error;
        }
      }
      if (performance.now() > endMs) {
        const detail = 'another request with this Idempotency-Key is being worked on; try again';
        throw new Problem('request-in-progress', detail, { headers: { 'retry-after': '1' } });
      }
      await sleep(busyPollMs);
    }
  };
}
