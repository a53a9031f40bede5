// What an export of a million events takes, in time and in memory: `npm run bench -- export [--events N] [--data FOLDER]`.
// The gateway is a process of its own, whose peak is read from the kernel before and after.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { migrate, migrationsFolder } from '../../infra/clickhouse/migrate.js';
import { openExport } from '../support/exporting.js';
import { startEmbedded } from '../support/stack.js';
import type { Bench } from './main.js';
import { storeYear } from './stored-year.js';

const database = 'bench';
const print = (text: string): void => void process.stdout.write(`${text}\n`);

interface Case {
  name: string;
  query: string;
  headers?: Record<string, string>;
  /** Of such exports at the same time. */
  atOnce?: number;
  /** The client takes no more than so many bytes a second. */
  bytesPerSecond?: number;
  limit?: number;
}

const cases: readonly Case[] = [
  { name: 'ndjson', query: 'format=ndjson' },
  { name: 'json', query: 'format=json' },
  { name: 'csv', query: 'format=csv' },
  { name: 'csv, gzip', query: 'format=csv', headers: { 'accept-encoding': 'gzip' } },
  { name: 'csv, oldest first', query: 'format=csv&order=oldest' },
  { name: 'ndjson, slow client', query: 'format=ndjson&limit=100000', bytesPerSecond: 4_000_000 },
  { name: 'ndjson, four at once', query: 'format=ndjson&limit=250000', atOnce: 4 },
];

export const bench: Bench = async (options) => {
  const events = Number(options.events ?? 1_000_000);
  const dataDir = options.data ? resolve(options.data) : mkdtempSync(join(tmpdir(), 'sealstream-bench-'));
  mkdirSync(dataDir, { recursive: true });
  const stack = await startEmbedded({ dataDir, parts: ['clickhouse'], env: process.env });
  try {
    const url = stack.addresses.CLICKHOUSE_URL!;
    await migrate({ clickhouseUrl: url, database, directory: migrationsFolder });
    const { incarnation } = await storeYear({ url, database, dataDir, events, say: print });
    for (const one of cases.filter(({ name }) => name.includes(options.only ?? ''))) {
      const gateway = await startGateway({ url, database, incarnation });
      try {
        await measure(one, gateway);
      } finally {
        gateway.process.kill();
      }
    }
  } finally {
    await stack.stop();
    if (!options.data) rmSync(dataDir, { recursive: true, force: true });
  }
};

interface Gateway {
  process: ChildProcess;
  url: string;
}

async function startGateway(of: Record<string, string>): Promise<Gateway> {
  const file = fileURLToPath(new URL('./export-gateway.js', import.meta.url));
  const child = fork(file, [JSON.stringify(of)]);
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, url: `http://127.0.0.1:${port}` };
}

async function measure(
  { name, query, headers = {}, atOnce = 1, bytesPerSecond }: Case,
  gateway: Gateway,
): Promise<void> {
  const idleMb = peakMb(gateway.process.pid!);
  const began = performance.now();
  const taken = await Promise.all(
    Array.from({ length: atOnce }, () => take(`${gateway.url}/api/audit/export?${query}`, headers, bytesPerSecond)),
  );
  const seconds = (performance.now() - began) / 1_000;
  const [events, bytes] = [sum(taken.map((one) => one.events)), sum(taken.map((one) => one.bytes))];
  print(
    `${name.padEnd(22)} ${events} events, ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s (${Math.round(events / seconds)}/s); ` +
      `gateway's peak ${peakMb(gateway.process.pid!)} MB, ${idleMb} MB before`,
  );
}

async function take(url: string, headers: Record<string, string>, bytesPerSecond?: number) {
  const answer = await openExport(url, { headers });
  if (answer.statusCode !== 200) throw new Error(`the export was answered with ${answer.statusCode}`);
  const began = performance.now();
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    if (bytesPerSecond === undefined) continue;
    const early = (bytes / bytesPerSecond) * 1_000 - (performance.now() - began);
    if (early > 5) await sleep(early);
  }
  const events = Number(answer.headers['x-export-events']);
  if (answer.trailers['x-export-complete'] !== String(events)) throw new Error('the export has no end');
  return { bytes, events };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** The most memory that the process ever held (Linux). */
const peakMb = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024);
