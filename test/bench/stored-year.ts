// A year of made-up events, stored as the consumer stores them: the pipeline's own rows, leaves, headers and signatures with them.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { YearPart } from './year-writer.js';

export const partitions = 4;
const writers = 2;

export interface StoredYear {
  events: number;
  /** Milliseconds since 1970 of the newest event. */
  endMs: number;
  incarnation: string;
}

/** Makes the events, or finds them in the folder from a run before. */
export async function storeYear({
  url,
  database,
  dataDir,
  events,
  say,
}: {
  url: string;
  database: string;
  dataDir: string;
  events: number;
  say: (text: string) => void;
}): Promise<StoredYear> {
  const noteFile = join(dataDir, `year-${events}.json`);
  if (existsSync(noteFile)) return JSON.parse(readFileSync(noteFile, 'utf8')) as StoredYear;
  const year = { events, endMs: Date.now(), incarnation: randomBytes(16).toString('hex') };
  const began = performance.now();
  let stored = 0;
  const tell = (more: number): void => {
    const millions = Math.floor(stored / 1e6);
    stored += more;
    if (Math.floor(stored / 1e6) === millions) return;
    say(
      `${Math.floor(stored / 1e6)} million events stored after ${((performance.now() - began) / 1_000).toFixed(0)} s`,
    );
  };
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const part: YearPart = { ...year, url, database, writer, writers, partitions };
      const worker = new Worker(new URL('./year-writer.js', import.meta.url), { workerData: part });
      worker.on('message', tell);
      const [code] = (await once(worker, 'exit')) as [number];
      if (code !== 0) throw new Error('a writer of the year failed');
    }),
  );
  writeFileSync(noteFile, JSON.stringify(year));
  return year;
}
