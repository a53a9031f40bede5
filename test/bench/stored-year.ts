// A year of made-up events, stored as the consumer stores them: the pipeline's own rows, leaves, headers and signatures with them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { eventParts } from '../support/judging.js';
import { createStoredLog } from '../support/stored-log.js';
import { madeUpEvent } from './made-up-company.js';

const yearMs = 365 * 86_400_000;
const perRecord = 500;
const perInsert = 50_000;

export interface StoredYear {
  events: number;
  /** Milliseconds since 1970 of the newest event. */
  endMs: number;
  incarnation: string;
}

/** Makes the events, or finds them in the folder from a run before. */
export async function storeYear({
  clickhouse,
  dataDir,
  events,
  say,
}: {
  clickhouse: ClickHouseClient;
  dataDir: string;
  events: number;
  say: (text: string) => void;
}): Promise<StoredYear> {
  const noteFile = join(dataDir, `year-${events}.json`);
  if (existsSync(noteFile)) return JSON.parse(readFileSync(noteFile, 'utf8')) as StoredYear;
  const log = createStoredLog(clickhouse, { partitions: 4 });
  const endMs = Date.now();
  const began = performance.now();
  for (let at = 0; at < events; at += perRecord) {
    const timeOf = (index: number): number => Math.floor(endMs - yearMs + (yearMs * (index + 1)) / events);
    const inputs = Array.from({ length: perRecord }, (_, n) => {
      const time = timeOf(at + n);
      return eventParts(madeUpEvent(at + n, time), time);
    });
    log.record(inputs, { partition: (at / perRecord) % 4, appendTimeMs: timeOf(at + perRecord - 1) + 500 });
    if ((at + perRecord) % perInsert === 0) await log.store();
    if ((at + perRecord) % 1_000_000 === 0) {
      say(
        `${(at + perRecord) / 1e6} million events stored after ${((performance.now() - began) / 1_000).toFixed(0)} s`,
      );
    }
  }
  await log.store();
  const year = { events, endMs, incarnation: log.incarnation.toString('hex') };
  writeFileSync(noteFile, JSON.stringify(year));
  return year;
}
