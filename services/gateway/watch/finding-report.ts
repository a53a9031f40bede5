import type { Finding } from '../../core/judge/index.js';
import type { FoundRecord } from './findings-table.js';
import type { LogReport } from './log-reports.js';

/** The event that tells of a finding. `reached` is the sequence that the lane had reached below the record. */
export function reportOf(record: FoundRecord, { code, detail }: Finding, reached: number): LogReport {
  const { producerId, firstSeq, count } = record;
  const target = { type: 'producer', id: producerId };
  const details = {
    producer_id: producerId,
    key_id: record.keyId,
    epoch: record.epoch,
    lane: record.lane,
    partition: record.partition,
    offset: record.offset,
    header_hash: record.headerHash,
    appended_at: new Date(record.appendedAtMs).toISOString(),
    finding: code,
    detail,
  };
  switch (code) {
    case 'gap':
    case 'broken_chain':
      // A chain breaks without a gap where a record without events is missing.
      return {
        action: 'log.gap_detected',
        target,
        details: { ...details, first_seq: reached, events: Math.max(0, firstSeq - reached) },
      };
    case 'gap_closed':
      return { action: 'log.gap_closed', target, details: { ...details, first_seq: firstSeq, events: count } };
    default:
      return { action: 'log.equivocation_detected', target, details };
  }
}

/**
 * One report for each finding. Of the producer that publishes the reports there is one for each kind and lane: a report may itself be
 * found fault with, and must not give rise to the next without end.
 */
export function reportKey(
  { producerId, epoch, lane, partition, offset }: FoundRecord,
  { code }: Finding,
  { incarnation, self }: { incarnation: string; self: string },
): string {
  return producerId === self
    ? JSON.stringify(['finding', incarnation, 'own', epoch, lane, code])
    : JSON.stringify(['finding', incarnation, partition, offset, code]);
}
