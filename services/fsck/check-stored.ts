import type { Deployment, ErasureList } from '../core/judge/index.js';
import type { RegistryReader } from '../core/reading/index.js';
import type { BatchRow } from '../core/rows/index.js';
import { createEventCheck } from './check-events.js';
import { checkOffsets, checkQuarantine } from './check-offsets.js';
import { type CheckedRecord, createRecordCheck } from './check-record.js';
import type { Report } from './difference.js';
import { type StoredRows, type Stretch, sizeStep } from './stored.js';

/** Events and records that are read at once, about. */
const eventsAtOnce = 20_000;
const recordsAtOnce = 4_096;
/** Offsets of which the sizes are asked for at once. */
const sizedAtOnce = 262_144;

/** Said after each piece of work. */
export interface Checked {
  records: number;
  events: number;
  bytes?: number;
}

/**
 * Checks what ClickHouse holds of a stretch against its own signatures: `batches` without a hole, each record as its key signed it, every event
 * that was taken in there once and as it was signed, nothing else. `onRecords` is handed the records, in order, for what else there is to compare.
 */
export async function checkStored(
  stretch: Stretch,
  {
    stored,
    deployment,
    registryReader,
    erasures,
    report,
    onRecords = () => {},
    onChecked,
    signal,
  }: {
    stored: StoredRows;
    deployment: Deployment;
    registryReader: RegistryReader;
    erasures: ErasureList;
    report: Report;
    onRecords?: (records: readonly BatchRow[]) => Promise<void> | void;
    onChecked: (done: Checked) => void;
    signal: AbortSignal;
  },
): Promise<void> {
  const { incarnation, partition, from } = stretch;
  const marker = from > 0 ? await stored.markerBelow({ incarnation, partition, offset: from }) : undefined;
  const records = createRecordCheck({
    deployment,
    registry: registryReader.registry,
    // What the topic does not hold by now it will not hold for a record that is stored.
    registryHolds: async (offset) => {
      if (offset >= registryReader.registry.heldThrough) await registryReader.catchUp();
    },
    marker,
    report,
  });
  const events = createEventCheck({ erasures, report });
  const read = async (piece: Stretch) => ({
    piece,
    answers: await Promise.all([stored.records(piece), stored.events(piece), stored.quarantine(piece)]),
  });
  for await (const {
    piece,
    answers: [batches, rows, quarantine],
  } of aheadOf(pieces(stretch, stored), read)) {
    signal.throwIfAborted();
    const distinct = checkOffsets(batches, piece, report);
    const good: CheckedRecord[] = [];
    const altered = new Set<number>();
    for (const batch of distinct) {
      const checked = await records.check(batch);
      if (checked === 'altered') altered.add(batch.offset);
      else if (checked) good.push(checked);
    }
    const eventRows = events.check({ records: good, altered, rows });
    checkQuarantine(distinct, quarantine, report);
    await onRecords(distinct);
    onChecked({ records: distinct.length, events: eventRows });
  }
}

/** Reads each, and the next one while the one before is being looked at. */
async function* aheadOf<T, R>(items: AsyncIterable<T>, read: (item: T) => Promise<R>): AsyncGenerator<R> {
  let ahead: Promise<R> | undefined;
  for await (const item of items) {
    const next = read(item);
    // Its failure is told when its turn comes, if it does.
    next.catch(() => {});
    if (ahead) yield await ahead;
    ahead = next;
  }
  if (ahead) yield await ahead;
}

/** Pieces of bearable size: records differ in how many events they hold. */
async function* pieces(stretch: Stretch, stored: StoredRows): AsyncGenerator<Stretch> {
  for (let from = stretch.from; from < stretch.to; from += sizedAtOnce) {
    const part = { ...stretch, from, to: Math.min(stretch.to, from + sizedAtOnce) };
    let begun = part.from;
    let records = 0;
    let events = 0;
    for (const size of await stored.sizes(part)) {
      records += size.records;
      events += size.events;
      if (records < recordsAtOnce && events < eventsAtOnce) continue;
      const to = Math.min(part.to, size.from + sizeStep);
      yield { ...part, from: begun, to };
      [begun, records, events] = [to, 0, 0];
    }
    if (begun < part.to) yield { ...part, from: begun, to: part.to };
  }
}
