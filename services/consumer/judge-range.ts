import { hash } from 'node:crypto';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Judged, TopicRecord } from '../core/judge/index.js';
import type { Folder } from '../core/reading/index.js';
import type { Blocks } from './blocks/index.js';
import type { RangeSummary } from './metrics.js';
import type { OneAtATime } from './one-at-a-time.js';
import { belongs, emptyRange, grown, type RangeLimits } from './range.js';

/** Records whose judgements and rows are ready to be delivered as one. */
export interface JudgedRange {
  first: number;
  last: number;
  valueHashes: Buffer[];
  summary: RangeSummary;
}

/** After this long the event loop gets its turn: heartbeats, and the inserts of other partitions. */
const turnMs = 10;

export const valueHashOf = (value: Buffer): Buffer => Buffer.from(hash('sha256', value, 'hex'), 'hex');

/**
 * Judges records from the front of `records` until the range is full, and puts their rows into `blocks`. Without `bounds`, all of
 * them: an intended range is as long as it was announced. Rejects for infrastructure; the folder is of no use after that.
 */
export async function judgeRange({
  records,
  folder,
  blocks,
  bounds,
  judging,
  during,
}: {
  /** Not empty. */
  records: readonly TopicRecord[];
  folder: Folder;
  /** Empty. */
  blocks: Blocks;
  bounds: RangeLimits | undefined;
  /**
   * Ranges are judged one after the other: side by side they would all be ready at once, and this thread would wait for ClickHouse
   * where ClickHouse now waits for nobody.
   */
  judging: OneAtATime;
  /** Ends the waiting for what the judge must know when this member must leave. */
  during: <T>(work: Promise<T>) => Promise<T>;
}): Promise<JudgedRange> {
  const first = records[0]!;
  const valueHashes: Buffer[] = [];
  const tally = createTally();
  let size = emptyRange;
  let last = first.offset;
  /** What the record needs from outside may be long in coming; others go on meanwhile. */
  const foldLater = async (record: TopicRecord): Promise<Judged> => {
    judging.leave();
    try {
      return await during(folder.fold(record));
    } finally {
      await judging.enter();
    }
  };
  await judging.enter();
  try {
    let turn = performance.now();
    for (const record of records) {
      if (bounds !== undefined && !belongs(size, record, bounds)) break;
      const judged = folder.foldNow(record) ?? (await foldLater(record));
      const valueHash = valueHashOf(record.value);
      blocks.append({ record, valueHash, judged });
      valueHashes.push(valueHash);
      tally.add(judged);
      size = grown(size, record, judged.accepted.length);
      last = record.offset;
      if (performance.now() - turn > turnMs) {
        await yieldToEventLoop();
        turn = performance.now();
      }
    }
  } finally {
    judging.leave();
  }
  const rows = { events: blocks.events.rows, quarantine: blocks.quarantine.rows, batches: blocks.batches.rows };
  return {
    first: first.offset,
    last,
    valueHashes,
    summary: { records: valueHashes.length, rows, appendTimeMs: first.appendTimeMs, ...tally.totals },
  };
}

function createTally(): {
  add(judged: Judged): void;
  totals: Pick<RangeSummary, 'quarantinedRecords' | 'quarantinedEvents' | 'findings' | 'duplicates'>;
} {
  const quarantinedRecords = new Map<string, number>();
  const quarantinedEvents = new Map<string, number>();
  const findings = new Map<string, number>();
  const totals = { quarantinedRecords, quarantinedEvents, findings, duplicates: 0 };
  const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    totals,
    add({ reason, faults, findings: found, duplicates }) {
      if (reason !== undefined) count(quarantinedRecords, reason);
      for (const fault of faults) count(quarantinedEvents, fault.reason);
      for (const finding of found) count(findings, finding.code);
      totals.duplicates += duplicates;
    },
  };
}
