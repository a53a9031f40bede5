import { randomBytes } from 'node:crypto';
import type { Seal, SealedRecord } from '../../core/seal/index.js';
import type { EventParts, RecordKind } from '../../core/wire/index.js';
import type { Clock } from '../clock.js';

/** Where a lane stands: the sequence and the `prev` of its next record. */
export interface ChainState {
  seq: number;
  prev: Buffer;
  opened: boolean;
}

/** The numbered, hash-linked stream of one lane in one epoch (schemas/README.md §3). */
export interface Chain {
  readonly partition: number;
  seal(kind: RecordKind, events: EventParts[]): SealedRecord;
  readonly state: ChainState;
  /** Back to where it stood: for records that no one has seen and that will not be published. */
  restore(state: ChainState): void;
}

export function createChain({
  seal,
  audience,
  producerId,
  epoch,
  lane,
  lanes,
  partition,
  prev,
  clock,
}: {
  seal: Seal;
  audience: string;
  producerId: string;
  /** 16 bytes. */
  epoch: Buffer;
  lane: number;
  lanes: number;
  partition: number;
  /** The lane's last header hash in an earlier epoch, or zeros. */
  prev: Buffer;
  clock: Clock;
}): Chain {
  let state: ChainState = { seq: 0, prev, opened: false };
  return {
    partition,
    seal(kind, events) {
      const sealed = seal(
        {
          audience,
          producer_id: producerId,
          epoch,
          lane,
          lanes,
          partition,
          kind,
          first_seq: state.seq,
          prev: state.prev,
          created_at: clock.now() * 1_000,
        },
        events,
        randomBytes(32),
      );
      state = { seq: state.seq + events.length, prev: sealed.headerHash, opened: true };
      return sealed;
    },
    get state() {
      return state;
    },
    restore(earlier) {
      state = earlier;
    },
  };
}
