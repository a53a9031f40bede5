// How long the gateway's queries take: `npm run bench -- query [--events N] [--data FOLDER] [--times N] [--only WORD] [--of BREADTH]`.
// The events are made first; a folder that is named is kept, so that the next run finds them.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { migrate, migrationsFolder } from '../../infra/clickhouse/migrate.js';
import { createDeployment } from '../../services/core/deployment.js';
import { createMetrics } from '../../services/core/metrics.js';
import type { RegistryReader } from '../../services/core/reading/index.js';
import { createEventQueries } from '../../services/gateway/query/event-queries.js';
import { createQueryMetrics } from '../../services/gateway/query/metrics.js';
import { audience, newKey } from '../support/judging.js';
import { startEmbedded } from '../support/stack.js';
import { insightKinds } from './insight-kinds.js';
import { organizations } from './made-up-company.js';
import type { Bench } from './main.js';
import { type Breadth, breadths, createAsking, type Kind, kindsOf } from './query-kinds.js';
import { type Ask, printSizes, settle } from './query-sizes.js';
import { type StoredYear, storeYear } from './stored-year.js';

const database = 'bench';
const print = (text: string): void => void process.stdout.write(`${text}\n`);

export const bench: Bench = async (options) => {
  const events = Number(options.events ?? 2_000_000);
  const times = Number(options.times ?? 50);
  const dataDir = options.data ? resolve(options.data) : mkdtempSync(join(tmpdir(), 'sealstream-bench-'));
  mkdirSync(dataDir, { recursive: true });
  const stack = await startEmbedded({ dataDir, parts: ['clickhouse'], env: process.env });
  try {
    const clickhouseUrl = stack.addresses.CLICKHOUSE_URL!;
    const clickhouse = createClient({
      url: clickhouseUrl,
      database,
      request_timeout: 300_000,
      log: { level: ClickHouseLogLevel.OFF },
    });
    await migrate({ clickhouseUrl, database, directory: migrationsFolder });
    const year = await storeYear({ url: clickhouseUrl, database, dataDir, events, say: print });
    const ask: Ask = async <T>(query: string) => (await clickhouse.query({ query, format: 'JSONEachRow' })).json<T>();
    await settle(ask, (query) => clickhouse.command({ query }));
    await printSizes({ ask, database, events, print });
    const queries = createEventQueries({
      clickhouse,
      database,
      deployment: createDeployment(audience, newKey().publicKey),
      registryReader: readerOf(year),
      eventsTopic: 'events',
      metrics: createQueryMetrics(createMetrics('bench', { process: false })),
      nowMs: () => year.endMs,
    });
    const kinds = [...kindsOf(queries, year), ...insightKinds({ table: queries.table, endMs: year.endMs })].filter(
      ({ name }) => name.includes(options.only ?? ''),
    );
    const asked = breadths.filter((breadth) => breadth.includes(options.of ?? ''));
    await measureAll({ kinds, asked, year, times });
    await clickhouse.close();
  } finally {
    await stack.stop();
    if (!options.data) rmSync(dataDir, { recursive: true, force: true });
  }
};

const readerOf = ({ incarnation }: StoredYear): RegistryReader =>
  ({ registry: { incarnation: () => ({ id: Buffer.from(incarnation, 'hex') }) } }) as unknown as RegistryReader;

async function measureAll({
  kinds,
  asked,
  year,
  times,
}: {
  kinds: readonly Kind[];
  asked: readonly Breadth[];
  year: StoredYear;
  times: number;
}): Promise<void> {
  const asking = createAsking({ year, times });
  print(
    `${organizations} organizations, ${times} different questions of each kind; milliseconds: p50, p95 (what was found, mean)`,
  );
  print(`${''.padEnd(34)} ${asked.map((breadth) => breadth.padStart(16).padEnd(27)).join('')}`);
  for (const kind of kinds) {
    const cells: string[] = [];
    for (const breadth of asked) cells.push(await measure({ kind, breadth, asking, times }));
    print(`${kind.name.padEnd(34)} ${cells.join('')}`);
  }
}

async function measure({
  kind,
  breadth,
  asking,
  times,
}: {
  kind: Kind;
  breadth: Breadth;
  asking: ReturnType<typeof createAsking>;
  times: number;
}): Promise<string> {
  if (kind.only && !kind.only.includes(breadth)) return ''.padEnd(27);
  const { signal } = new AbortController();
  const took: number[] = [];
  let found = 0;
  // The first ones are not counted: connections open, marks are read.
  for (let n = -3; n < times; n += 1) {
    const question = asking(breadth, n < 0 ? times - n : n, signal);
    await kind.before?.(question);
    const began = performance.now();
    const answer = await kind.ask(question);
    if (n < 0) continue;
    took.push(performance.now() - began);
    found += answer;
  }
  took.sort((a, b) => a - b);
  const at = (share: number): string =>
    took[Math.min(took.length - 1, Math.floor(took.length * share))]!.toFixed(1).padStart(8);
  return `${at(0.5)} ${at(0.95)} ${`(${Math.round(found / times)})`.padEnd(10)}`;
}
