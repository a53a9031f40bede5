// One of the threads that write the made-up year: it has some of the partitions to itself, and writes their records in the order of time.
import { parentPort, workerData } from 'node:worker_threads';
import { createClient } from '@clickhouse/client';
import { eventParts } from '../support/judging.js';
import { createStoredLog } from '../support/stored-log.js';
import { madeUpEvent } from './made-up-company.js';

export interface YearPart {
  url: string;
  database: string;
  events: number;
  endMs: number;
  incarnation: string;
  writer: number;
  writers: number;
  partitions: number;
}

const yearMs = 365 * 86_400_000;
const perRecord = 500;
const perInsert = 100_000;

const { url, database, events, endMs, incarnation, writer, writers, partitions } = workerData as YearPart;
const own = Array.from({ length: partitions }, (_, at) => at).filter((at) => at % writers === writer);
const clickhouse = createClient({ url, database, request_timeout: 300_000, log: { level: 127 } });
const log = createStoredLog(clickhouse, { partitions, only: own, incarnation: Buffer.from(incarnation, 'hex') });
const timeOf = (index: number): number => Math.floor(endMs - yearMs + (yearMs * (index + 1)) / events);

let waiting = 0;
const store = async (): Promise<void> => {
  await log.store();
  parentPort!.postMessage(waiting);
  waiting = 0;
};
for (let record = writer; record * perRecord < events; record += writers) {
  const first = record * perRecord;
  const inputs = Array.from({ length: Math.min(perRecord, events - first) }, (_, n) => {
    const time = timeOf(first + n);
    return eventParts(madeUpEvent(first + n, time), time);
  });
  log.record(inputs, { partition: record % partitions, appendTimeMs: timeOf(first + inputs.length - 1) + 500 });
  waiting += inputs.length;
  if (waiting >= perInsert) await store();
}
await store();
await clickhouse.close();
