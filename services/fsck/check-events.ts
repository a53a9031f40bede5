import type { ErasureList } from '../core/judge/index.js';
import { type EventRow, rowToWire } from '../core/rows/index.js';
import { createLeafHasher, expandSalts } from '../core/seal/index.js';
import { leafStep, permissionStep, placeStep, StepFailure } from '../core/stored/index.js';
import { type EventParts, encodeEvent } from '../core/wire/index.js';
import { type CheckedRecord, placeOf } from './check-record.js';
import type { Place, Report } from './difference.js';

/** Holds rows of `events` against the records that took them in. Keeps scratch memory: one per thread. */
export function createEventCheck({ erasures, report }: { erasures: ErasureList; report: Report }): {
  /** Rows and records of one stretch. `altered`: offsets of records that are not to be believed; of their rows nothing can be said. */
  check(stretch: { records: readonly CheckedRecord[]; altered: ReadonlySet<number>; rows: readonly EventRow[] }): void;
} {
  const hasher = createLeafHasher();

  /** All of a record's leaves at once: a record that is whole needs no look at its rows one by one. */
  const isWhole = ({ batch }: CheckedRecord, rows: readonly EventRow[]): boolean => {
    if (batch.salt_seed.length !== 32) return false;
    const salts = expandSalts(batch.salt_seed, batch.count);
    const parts: EventParts[] = [];
    const own = rows.length === batch.count ? salts : Buffer.alloc(32 * rows.length);
    for (const [at, row] of rows.entries()) {
      if (row.malformed.length > 0 || row.identity_digest.length > 0 || row.content_digest.length > 0) return false;
      if (own !== salts) salts.copy(own, at * 32, row.idx * 32, row.idx * 32 + 32);
      else if (row.idx !== at) return false;
      try {
        parts.push(encodeEvent(rowToWire(row)));
      } catch {
        return false;
      }
    }
    const leaves = hasher.ofParts(parts, own);
    return rows.every(
      ({ idx }, at) => leaves.compare(batch.leaves, idx * 32, idx * 32 + 32, at * 32, at * 32 + 32) === 0,
    );
  };

  const step = (row: EventRow, work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      report({ kind: 'event_altered', place: rowPlace(row), step: error.step, detail: error.message });
    }
  };

  const checkRecord = (record: CheckedRecord, rows: readonly EventRow[]): void => {
    const { batch, header, grant } = record;
    const accepted = new Set(batch.accepted);
    const seen = new Set<number>();
    const own: EventRow[] = [];
    for (const row of rows) {
      if (!accepted.has(row.idx)) added(row);
      else if (seen.has(row.idx)) {
        report({ kind: 'event_doubled', place: rowPlace(row), detail: 'events holds more than one row of the event' });
      } else own.push(row);
      seen.add(row.idx);
    }
    for (const index of batch.accepted) {
      if (seen.has(index)) continue;
      const place = { ...placeOf(batch), index };
      report({ kind: 'event_missing', place, detail: 'the record took the event in, and events does not hold it' });
    }
    const whole = isWhole(record, own);
    for (const row of own) {
      step(row, () => {
        if (!whole) leafStep(row, batch, erasures);
        permissionStep(row, grant);
        placeStep(row, batch, header);
      });
    }
  };

  const added = (row: EventRow): void =>
    report({ kind: 'event_added', place: rowPlace(row), detail: 'the record took in no event at this index' });

  return {
    check({ records, altered, rows }) {
      const byOffset = new Map<number, EventRow[]>();
      for (const row of rows) {
        const own = byOffset.get(row.offset);
        if (own) own.push(row);
        else byOffset.set(row.offset, [row]);
      }
      for (const record of records) {
        checkRecord(record, byOffset.get(record.batch.offset) ?? []);
        byOffset.delete(record.batch.offset);
      }
      for (const [offset, own] of byOffset) if (!altered.has(offset)) own.forEach(added);
    },
  };
}

const rowPlace = ({ incarnation, partition, offset, idx }: EventRow): Place => ({
  incarnation: incarnation.toString('hex'),
  partition,
  offset,
  index: idx,
});
