import type { ErasureList } from '../core/judge/index.js';
import { createRowScanner, decodeEventRows, type EventRow, type RowScanner } from '../core/rows/index.js';
import { createLeafHasher, expandSalts } from '../core/seal/index.js';
import { leafStep, permissionStep, placeStep, StepFailure } from '../core/stored/index.js';
import { type CheckedRecord, placeOf } from './check-record.js';
import type { Place, Report } from './difference.js';

/** A record whose rows are being looked at. */
interface Open extends CheckedRecord {
  /** 32 bytes an event; undefined where only what was left of them is known: then rows are looked at one by one. */
  salts: Buffer | undefined;
  accepted: ReadonlySet<number>;
  seen: Set<number>;
}

/** Holds rows of `events` against the records that took them in. Keeps scratch memory: one per thread. */
export function createEventCheck({ erasures, report }: { erasures: ErasureList; report: Report }): {
  /**
   * Rows (`eventColumns` in RowBinary, by offset) and records of one stretch. `altered`: offsets of records that are not to be believed; of
   * their rows nothing can be said. Resolves with how many rows there were.
   */
  check(stretch: { records: readonly CheckedRecord[]; altered: ReadonlySet<number>; rows: Buffer }): number;
} {
  const hasher = createLeafHasher();
  const scanner = createRowScanner();
  const leaf = Buffer.alloc(32);

  /** As it is to be, seen without making texts of it. */
  const isGood = (row: RowScanner, { batch, header, grant, salts }: Open): boolean => {
    if (row.isOdd || salts === undefined || row.scope === undefined) return false;
    const { organizationId, scope, lane, seq, idx, appendTime } = row;
    if (organizationId !== '' && !grant.organizations.has('*') && !grant.organizations.has(organizationId))
      return false;
    if (!grant.scopes.has(scope)) return false;
    if (lane !== header.lane || seq !== header.first_seq + idx || appendTime !== batch.append_time) return false;
    hasher.into(leaf, 0, row, salts, idx * 32);
    return leaf.compare(batch.leaves, idx * 32, idx * 32 + 32) === 0;
  };

  /** What is wrong with a row that is not good, and whether anything is: an erased part is none. */
  const lookAt = (row: EventRow, { batch, header, grant }: Open): void => {
    try {
      leafStep(row, batch, erasures);
      permissionStep(row, grant);
      placeStep(row, batch, header);
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      report({ kind: 'event_altered', place: rowPlace(row), step: error.step, detail: error.message });
    }
  };

  const open = (record: CheckedRecord): Open => {
    const { batch } = record;
    const salts = batch.salt_seed.length === 32 ? expandSalts(batch.salt_seed, batch.count) : undefined;
    return { ...record, salts, accepted: new Set(batch.accepted), seen: new Set() };
  };

  return {
    check({ records, altered, rows }) {
      const byOffset = new Map(records.map((record) => [record.batch.offset, record]));
      const opened = new Map<number, Open>();
      const full = (): EventRow => decodeEventRows(rows.subarray(scanner.start, scanner.end))[0]!;
      let count = 0;
      scanner.reset(rows);
      while (scanner.next()) {
        count += 1;
        const { offset, idx } = scanner;
        const record = byOffset.get(offset);
        if (!record) {
          if (!altered.has(offset)) added(full());
          continue;
        }
        const own = opened.get(offset) ?? open(record);
        opened.set(offset, own);
        if (!own.accepted.has(idx)) added(full());
        else if (own.seen.has(idx)) {
          const detail = 'events holds more than one row of the event';
          report({ kind: 'event_doubled', place: rowPlace(full()), detail });
        } else if (!isGood(scanner, own)) lookAt(full(), own);
        own.seen.add(idx);
      }
      for (const { batch } of records) missing(batch, opened.get(batch.offset)?.seen);
      return count;
    },
  };

  function added(row: EventRow): void {
    report({ kind: 'event_added', place: rowPlace(row), detail: 'the record took in no event at this index' });
  }

  function missing(batch: CheckedRecord['batch'], seen: ReadonlySet<number> | undefined): void {
    for (const index of batch.accepted) {
      if (seen?.has(index)) continue;
      const place = { ...placeOf(batch), index };
      report({ kind: 'event_missing', place, detail: 'the record took the event in, and events does not hold it' });
    }
  }
}

const rowPlace = ({ incarnation, partition, offset, idx }: EventRow): Place => ({
  incarnation: incarnation.toString('hex'),
  partition,
  offset,
  index: idx,
});
