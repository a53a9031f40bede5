import { isZero, toHex } from '../wire/bytes.js';
import type { RecordKind } from '../wire/symbols.js';
import type { Bundle, LogEvidence } from './bundle.js';
import { VerifyFailure } from './failures.js';
import { logOrigin } from './inclusion.js';
import { type CheckedRecords, type Contiguity, contiguityOf, placeOf, type ValidRecord } from './records.js';

/** How far a lane is signed for by what is shown. */
export interface LaneHead {
  log: string;
  producerId: string;
  /** Hexadecimal. */
  epoch: string;
  lane: number;
  /** First and last sequence that is shown to be there; null where no event is. */
  sequences: [from: number, to: number] | null;
  /** What signs the end: data, a heartbeat, or close, after which the lane has no more. */
  signedBy: RecordKind;
  /** When Kafka took that record. */
  at: string;
}

/**
 * The `completeness` check: what shows events follows, in its producer's own numbering, what came before it; and what is said to be whole
 * is. Throws a VerifyFailure for the first hole.
 */
export function verifyCompleteness(bundle: Bundle, { valid, showing }: CheckedRecords): LaneHead[] {
  const asking = new Set(showing);
  const byLog = new Map<LogEvidence, ValidRecord[]>(bundle.logs.map((log) => [log, []]));
  for (const record of valid) byLog.get(record.log)!.push(record);
  const heads: LaneHead[] = [];
  for (const log of bundle.logs) {
    const isContiguous = contiguityOf(log);
    requireRange(log, bundle.deployment.audience, isContiguous);
    for (const lane of lanesOf(byLog.get(log) ?? [])) {
      const records = [...lane.values()];
      const asked = records.filter((record) => asking.has(record));
      checkLane(records, isContiguous);
      for (const record of asked) requireLinked(record, lane);
      if (asked.length > 0) heads.push(headOf(records, bundle.deployment.audience));
    }
  }
  return heads;
}

function requireRange(log: LogEvidence, audience: string, isContiguous: Contiguity): void {
  if (log.range === null) return;
  const [from, to] = log.range;
  if (!isContiguous(from, to - 1)) {
    throw new VerifyFailure(
      'range_incomplete',
      `${logOrigin(audience, log)}: entries ${from} to ${to - 1} are said to be shown, and some are not`,
    );
  }
}

/** Records by lane and in it by header hash, in the log's order, each header once: a record that was published again adds nothing. */
function lanesOf(records: readonly ValidRecord[]): Map<string, ValidRecord>[] {
  const lanes = new Map<string, Map<string, ValidRecord>>();
  for (const record of records) {
    const { producer_id, epoch, lane } = record.header;
    const key = `${toHex(epoch)}/${lane}/${producer_id}`;
    const known = lanes.get(key) ?? new Map<string, ValidRecord>();
    if (!known.has(record.hash)) known.set(record.hash, record);
    lanes.set(key, known);
  }
  return [...lanes.values()];
}

const endOf = ({ header }: ValidRecord): number => header.first_seq + header.count;

function checkLane(records: readonly ValidRecord[], isContiguous: Contiguity): void {
  const byPrev = new Map<string, ValidRecord>();
  for (const record of records) {
    const prev = toHex(record.header.prev);
    const other = byPrev.get(prev);
    if (other) throw equivocation(other, record);
    byPrev.set(prev, record);
  }
  const holding = records
    .filter(({ header }) => header.count > 0)
    .sort((a, b) => a.header.first_seq - b.header.first_seq);
  holding.forEach((record, at) => {
    const before = holding[at - 1];
    if (!before) return;
    if (record.header.first_seq < endOf(before)) throw equivocation(before, record);
    const from = Math.min(before.index, record.index);
    const to = Math.max(before.index, record.index);
    if (record.header.first_seq > endOf(before) && isContiguous(from, to)) {
      throw gap(record, endOf(before));
    }
  });
}

const equivocation = (first: ValidRecord, second: ValidRecord): VerifyFailure =>
  new VerifyFailure(
    'equivocation',
    `${laneText(second)}: the records at ${placeOf(first)} and ${placeOf(second)} stand in the same place`,
  );

const gap = (record: ValidRecord, from: number): VerifyFailure =>
  new VerifyFailure(
    'gap',
    `${laneText(record)}: sequences ${from} to ${record.header.first_seq - 1} are missing before ${placeOf(record)}`,
  );

const laneText = ({ header }: ValidRecord): string =>
  `lane ${header.lane} of ${header.producer_id}, epoch ${toHex(header.epoch)}`;

/** The record's own `prev` is the header of a record that is shown and ends where it begins; or it is the lane's first. */
function requireLinked(record: ValidRecord, lane: ReadonlyMap<string, ValidRecord>): void {
  const { header } = record;
  const prev = toHex(header.prev);
  const before = lane.get(prev);
  if (before) {
    if (endOf(before) !== header.first_seq) throw gap(record, endOf(before));
    return;
  }
  if (header.first_seq === 0 && isZero(header.prev)) return;
  throw new VerifyFailure('unlinked', `${laneText(record)}: what came before ${placeOf(record)} is not shown`);
}

function headOf(records: readonly ValidRecord[], audience: string): LaneHead {
  const first = records.reduce((least, record) => (record.header.first_seq < least.header.first_seq ? record : least));
  const last = records.reduce((most, record) => (endOf(record) >= endOf(most) ? record : most));
  const { header, log, record } = last;
  return {
    log: logOrigin(audience, log),
    producerId: header.producer_id,
    epoch: toHex(header.epoch),
    lane: header.lane,
    sequences: endOf(last) > first.header.first_seq ? [first.header.first_seq, endOf(last) - 1] : null,
    signedBy: header.kind,
    at: new Date(record.appendTimeMs).toISOString(),
  };
}
