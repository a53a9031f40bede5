import type { EventReason, RecordReason } from '../wire/fault.js';
import type { EventFields } from '../wire/fields.js';
import type { Header } from '../wire/header.js';
import type { Frame } from '../wire/parts.js';
import type { LaneId, LaneRecord } from './lane.js';

/** A Kafka record as every reader of the events topic sees it. */
export interface TopicRecord {
  partition: number;
  offset: number;
  /** LogAppendTime, milliseconds. */
  appendTimeMs: number;
  /** A tombstone comes as zero bytes. */
  value: Buffer;
}

/**
 * accepted: every event is new and good (or it is a control record). partial: some events were quarantined. duplicate: its header was
 * accepted before; only events not accepted then may be accepted now. quarantined: the record as a whole.
 */
export type Disposition = 'accepted' | 'partial' | 'duplicate' | 'quarantined';
export const dispositions = ['accepted', 'partial', 'duplicate', 'quarantined'] as const;

export const findingCodes = [
  'gap',
  'gap_closed',
  'missing_open',
  'broken_chain',
  'epoch_fork',
  'duplicate',
  'equivocation',
] as const;
export interface Finding {
  code: (typeof findingCodes)[number];
  detail: string;
}

export interface EventFault {
  index: number;
  reason: EventReason;
  detail: string;
}

/** A record whose frame and header could be read. */
export interface DecodedRecord {
  frame: Frame;
  header: Header;
  headerHash: Buffer;
}

/** What was computed of a record that got as far as its root. */
export interface OpenedRecord extends DecodedRecord {
  /** 32 bytes per event. */
  leaves: Buffer;
  /** 32 bytes per event; of an ErasedBatch those it carries. */
  salts: Buffer;
  fields: EventFields;
}

export interface Judged {
  disposition: Disposition;
  /** Of a record quarantined whole. */
  reason: RecordReason | undefined;
  detail: string;
  decoded: DecodedRecord | undefined;
  opened: OpenedRecord | undefined;
  /** Indices of the events that enter the table with this record, ascending. */
  accepted: readonly number[];
  /** Indices that entered with an earlier record of the same header. */
  duplicates: number;
  faults: readonly EventFault[];
  findings: readonly Finding[];
  change: StateChange;
}

/** What folding the record does to the partition's state. */
export type StateChange =
  | { kind: 'none' }
  | {
      kind: 'lane';
      lane: LaneId;
      record: LaneRecord;
      head: string | undefined;
      nextSeq: number;
      interval: [from: number, to: number] | undefined;
      /** Registry offset, of a marker. */
      registry: number | undefined;
      /** prev of an open record that continues an earlier epoch. */
      openPrev: string | undefined;
    };

/** Whether a sealed erasure event names this part: WIRE §2. */
export type ErasureList = (headerHash: string, index: number, part: 'identity' | 'content') => boolean;

/** What the judge must be given before it can say: the caller fetches it and asks again. */
export type Need =
  | { kind: 'registry'; through: number }
  | { kind: 'lane'; lane: LaneId }
  | { kind: 'history'; lane: LaneId; headerHash: string; prev: string };

/** Answer to a `history` need: records of the partition below the one being judged, from `batches`. */
export interface History {
  /** The record with the same header hash that left a trace. */
  same: LaneRecord | undefined;
  /** Another record of the lane has the same prev. */
  prevUsedInLane: boolean;
  /** Another epoch of the producer was opened from the same prev. */
  prevUsedInEpoch: string | undefined;
}
