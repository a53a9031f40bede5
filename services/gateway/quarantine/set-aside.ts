import type { Disposition } from '../../core/judge/index.js';
import type { Reason } from '../../core/wire/index.js';

export const states = ['open', 'released', 'discarded'] as const;
export type State = (typeof states)[number];

/** Where a record lies. */
export interface Place {
  /** Hex. */
  incarnation: string;
  partition: number;
  offset: number;
}

/** A record further on in the partition with the same bytes, or with those that a release published. */
export interface LaterRecord {
  /** Hex. */
  incarnation: string;
  offset: number;
  appendTimeMs: number;
  disposition: Disposition;
  /** '' where it was not refused whole. */
  reason: Reason | '';
  /** Indices of the events that entered the log with it. */
  accepted: readonly number[];
}

export interface Decision {
  kind: 'released' | 'discarded';
  /** The credential. */
  by: string;
  atMs: number;
  reason: string;
  /** Hex; of a release. */
  publishedHash: string;
  /** Undefined while Kafka has not said where. */
  publishedOffset: number | undefined;
}

/** What could be read of the header. */
export interface ReadHeader {
  kind: string;
  producerId: string;
  keyId: string;
  epoch: string;
  lane: number;
  firstSeq: number;
  count: number;
  headerHash: string;
}

/** A record of which something was refused, and what was decided and became of it. */
export interface SetAside extends Place {
  appendTimeMs: number;
  disposition: 'partial' | 'quarantined';
  /** Of the record, or of its first refused event. */
  reason: Reason;
  detail: string;
  /** The refused events, where the record was not refused whole. */
  refused: readonly { index: number; reason: Reason; detail: string }[];
  /** Of the value, as it came. */
  bytes: number;
  /** Hex, of the value as it came. */
  valueHash: string;
  header: ReadHeader | undefined;
  state: State;
  decision: Decision | undefined;
  /** Oldest first. */
  later: readonly LaterRecord[];
}

export interface Outcome {
  /**
   * under_way: published or about to be, and not stored yet. accepted: all that had been refused. accepted_in_part: some of it. refused_again:
   * nothing of it.
   */
  kind: 'under_way' | 'accepted' | 'accepted_in_part' | 'refused_again';
  /** Where it came again; absent while it is under way. */
  record: LaterRecord | undefined;
}

/** What became of a record that was set aside; undefined where nothing did. Pure. */
export function outcomeOf({
  disposition,
  refused,
  later,
  decision,
}: Pick<SetAside, 'disposition' | 'refused' | 'later' | 'decision'>): Outcome | undefined {
  const released = decision?.kind === 'released' ? decision : undefined;
  const got = later.filter((record) => record.disposition !== 'quarantined');
  if (disposition === 'quarantined') {
    const [record] = got;
    if (record) return { kind: record.disposition === 'partial' ? 'accepted_in_part' : 'accepted', record };
  } else {
    const wanted = new Set(refused.map(({ index }) => index));
    const helped = got.filter(({ accepted }) => accepted.some((index) => wanted.has(index)));
    for (const { accepted } of helped) for (const index of accepted) wanted.delete(index);
    const record = helped.at(-1);
    if (record && wanted.size === 0) return { kind: 'accepted', record };
    if (record && !isUnderWay(released, later)) return { kind: 'accepted_in_part', record };
  }
  if (!released) return undefined;
  if (isUnderWay(released, later)) return { kind: 'under_way', record: undefined };
  return { kind: 'refused_again', record: later.at(-1) };
}

/** Whether what a release published has not been stored yet. */
function isUnderWay(released: Decision | undefined, later: readonly LaterRecord[]): boolean {
  if (!released) return false;
  const { publishedOffset, atMs } = released;
  return !later.some(({ offset, appendTimeMs }) =>
    publishedOffset === undefined ? appendTimeMs >= atMs : offset >= publishedOffset,
  );
}
