import type { BatchRow } from '../core/rows/index.js';
import { placeOf } from './check-record.js';
import type { Report } from './difference.js';
import type { QuarantineRow, Stretch } from './stored.js';

/** `batches` of a stretch, by offset: one row each, without a hole. Gives back the first row of every offset. */
export function checkOffsets(
  batches: readonly BatchRow[],
  { incarnation, partition, from, to }: Stretch,
  report: Report,
): BatchRow[] {
  const at = { incarnation: incarnation.toString('hex'), partition };
  const found: BatchRow[] = [];
  const missing = (first: number, end: number): void => {
    if (first >= end) return;
    const several = end - first > 1 ? { lastOffset: end - 1 } : {};
    report({
      kind: 'record_missing',
      place: { ...at, offset: first, ...several },
      detail: `${end - first} of the records are not in batches`,
    });
  };
  let next = from;
  for (const batch of batches) {
    if (batch.offset < next) {
      report({
        kind: 'record_doubled',
        place: placeOf(batch),
        detail: 'batches holds more than one row of the record',
      });
      continue;
    }
    missing(next, batch.offset);
    found.push(batch);
    next = batch.offset + 1;
  }
  missing(next, to);
  return found;
}

/** What was refused is there to be released. */
export function checkQuarantine(batches: readonly BatchRow[], rows: readonly QuarantineRow[], report: Report): void {
  const byOffset = new Map(rows.map((row) => [row.offset, row]));
  for (const batch of batches) {
    const row = byOffset.get(batch.offset);
    byOffset.delete(batch.offset);
    const place = placeOf(batch);
    if (batch.disposition === 'quarantined' || batch.disposition === 'partial') {
      if (!row) {
        report({ kind: 'quarantine_missing', place, detail: `refused (${batch.reason || 'in part'}), and not kept` });
        continue;
      }
      const both = row.refused.filter((index) => batch.accepted.includes(index));
      if (both.length > 0) {
        report({ kind: 'quarantine_added', place, detail: `events ${both.join(', ')} are both taken in and refused` });
      }
    } else if (row && batch.disposition === 'accepted') {
      report({ kind: 'quarantine_added', place, detail: 'quarantine holds a record of which nothing was refused' });
    }
  }
}
