// How long the gateway's queries take: `npm run bench -- query [--events N] [--data FOLDER] [--times N] [--only WORD]`. A folder that
// is named is kept, so that the next run finds its events.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { migrate, migrationsFolder } from '../../infra/clickhouse/migrate.js';
import { createDeployment } from '../../services/core/deployment.js';
import { createMetrics } from '../../services/core/metrics.js';
import type { RegistryReader } from '../../services/core/reading/index.js';
import { createEventQueries, type EventQueries, type ScopeFor } from '../../services/gateway/query/event-queries.js';
import { createQueryMetrics } from '../../services/gateway/query/metrics.js';
import { audience, newKey } from '../support/judging.js';
import { startEmbedded } from '../support/stack.js';
import { companies, correlationId, documentId, emailOf, organizationName, userId } from './made-up-company.js';
import type { Bench } from './main.js';
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
    const year = await storeYear({ clickhouse, dataDir, events, say: print });
    const ask = async <T>(query: string): Promise<T[]> =>
      (await clickhouse.query({ query, format: 'JSONEachRow' })).json<T>();
    await settle(ask);
    await printSizes(ask, events);
    const queries = createEventQueries({
      clickhouse,
      database,
      deployment: createDeployment(audience, newKey().publicKey),
      registryReader: readerOf(year),
      eventsTopic: 'events',
      metrics: createQueryMetrics(createMetrics('bench', { process: false })),
      nowMs: () => year.endMs,
    });
    await measureAll({ queries, year, times, only: options.only ?? '' });
    await clickhouse.close();
  } finally {
    await stack.stop();
    if (!options.data) rmSync(dataDir, { recursive: true, force: true });
  }
};

const readerOf = ({ incarnation }: StoredYear): RegistryReader =>
  ({ registry: { incarnation: () => ({ id: Buffer.from(incarnation, 'hex') }) } }) as unknown as RegistryReader;

type Ask = <T>(query: string) => Promise<T[]>;

/** Waits until background merges are through, two minutes at most. */
async function settle(ask: Ask): Promise<void> {
  for (const until = Date.now() + 120_000; Date.now() < until; await new Promise((done) => setTimeout(done, 1_000))) {
    const [row] = await ask<{ merges: string }>('SELECT count() AS merges FROM system.merges');
    if (Number(row!.merges) === 0) return;
  }
}

async function printSizes(ask: Ask, events: number): Promise<void> {
  const parts = await ask<Record<string, string>>(
    `SELECT table, count() AS parts, sum(bytes_on_disk) AS bytes, sum(data_compressed_bytes) AS columns,
       sum(secondary_indices_compressed_bytes) AS indices FROM system.parts WHERE active AND database = '${database}' GROUP BY table ORDER BY table`,
  );
  for (const { table, parts: count, bytes, columns, indices } of parts) {
    const each = (value: string | undefined): string => (Number(value) / events).toFixed(1);
    print(
      `${table}: ${count} parts, ${each(bytes)} bytes an event on disk (columns ${each(columns)}, indices ${each(indices)})`,
    );
  }
  const projections = await ask<Record<string, string>>(
    `SELECT table, name, sum(bytes_on_disk) AS bytes FROM system.projection_parts WHERE active AND database = '${database}' GROUP BY table, name`,
  );
  for (const { table, name, bytes } of projections) print(`  ${table}.${name}: ${(Number(bytes) / events).toFixed(1)}`);
  const columns = await ask<Record<string, string>>(
    `SELECT table, column, sum(column_data_compressed_bytes) AS bytes FROM system.parts_columns
     WHERE active AND database = '${database}' GROUP BY table, column ORDER BY bytes DESC LIMIT 14`,
  );
  print(
    `largest columns: ${columns.map(({ column, bytes }) => `${column} ${(Number(bytes) / events).toFixed(1)}`).join(', ')}`,
  );
}

interface Kind {
  name: string;
  /** The `n`th question of its kind. */
  ask: (n: number, signal: AbortSignal) => Promise<unknown>;
}

const of =
  (organization: string | undefined): ScopeFor =>
  () => ({ kind: 'organizations', organizations: organization === undefined ? '*' : [organization] });

function kindsOf(queries: EventQueries, { events, endMs }: StoredYear): Kind[] {
  const everywhere = of(undefined);
  /** Organizations of every size, the largest now and then. */
  const organizationAt = (n: number): number => (n * 7) % 120;
  const list = (
    name: string,
    query: (n: number, organization: number) => Record<string, unknown>,
    scope?: ScopeFor,
  ): Kind => ({
    name,
    ask: (n, signal) => {
      const organization = organizationAt(n);
      return queries.list(scope ?? of(organizationName(organization)), query(n, organization), signal);
    },
  });
  const user = (n: number): number => (n * 13) % 150;
  const word = ['budget', 'invoice', 'payroll', 'okafor', 'incident', 'bad_password', 'ap-south-1', 'quinn'];
  const rare = (n: number, organization: number): string => emailOf(organization, user(n)).split('@')[0]!;
  return [
    list('newest 100', () => ({})),
    list('newest 100, all organizations', () => ({}), everywhere),
    list('newest 100, largest organization', () => ({}), of(organizationName(0))),
    list('oldest 100', () => ({ order: 'oldest' })),
    list('by action', (n) => ({
      action: ['auth.login_failed', 'member.added', 'policy.set', 'document.shared'][n % 4],
    })),
    list('by action, all organizations', (n) => ({ action: ['policy.set', 'member.added'][n % 2] }), everywhere),
    list('by actor', (n, organization) => ({ actor: userId(organization, user(n)) })),
    list('by actor’s email', (n, organization) => ({ actor: emailOf(organization, user(n)) })),
    list('by target', (n, organization) => ({
      target_type: 'document',
      target_id: documentId(organization, (n * 31) % 1_500),
    })),
    list('by correlation', (n) => ({ correlation_id: correlationId((n * 7_919) % (events / 10)) }), everywhere),
    list('by ip block', (n, organization) => ({ ip: `10.${organization}.${user(n)}.0/24` })),
    list('failures', () => ({ success: false })),
    list('failures of a day', (n) => ({
      success: false,
      from: endMs - (n + 1) * 86_400_000,
      to: endMs - n * 86_400_000,
    })),
    list('free text, a word', (n) => ({ q: word[n % word.length] })),
    list('free text, a word, all organizations', (n) => ({ q: word[n % word.length] }), everywhere),
    list('free text, a rare word', (n, organization) => ({ q: rare(n, organization) })),
    list('free text, two words', (n) => ({ q: `${word[n % word.length]} review` })),
    list('part of an email', (n, organization) => ({ q: `email:*${rare(n, organization).slice(2)}*` })),
    list(
      'part of an email, all organizations',
      (n, organization) => ({ q: `email:*${rare(n, organization).slice(2)}*` }),
      everywhere,
    ),
    list('details.region', (n) => ({ q: `details.region:${['eu-west-1', 'ap-south-1'][n % 2]}` })),
    list('details.revision (rare)', (n) => ({ q: `details.revision:${(n * 101) % 5_000}` })),
    {
      name: 'second page',
      async ask(n, signal) {
        const scope = of(organizationName(organizationAt(n)));
        const { next_cursor } = pages.get(n % 20) ?? (await queries.list(scope, {}, signal));
        return queries.list(scope, next_cursor ? { cursor: next_cursor } : {}, signal);
      },
    },
    {
      name: 'summary of 30 days',
      ask: (n, signal) => queries.summary(of(organizationName(organizationAt(n))), { preset: '30d' }, signal),
    },
    {
      name: 'summary of all',
      ask: (n, signal) => queries.summary(of(organizationName(organizationAt(n))), {}, signal),
    },
    { name: 'summary of all, all organizations', ask: (_, signal) => queries.summary(everywhere, {}, signal) },
    {
      name: 'by id',
      async ask(n, signal) {
        const found = ids[n % ids.length];
        return found ? queries.byId(everywhere(undefined), found, signal) : undefined;
      },
    },
  ];
}

const pages = new Map<number, { next_cursor: string | null }>();
const ids: string[] = [];

async function measureAll({
  queries,
  year,
  times,
  only,
}: {
  queries: EventQueries;
  year: StoredYear;
  times: number;
  only: string;
}): Promise<void> {
  const { signal } = new AbortController();
  for (let n = 0; n < 40; n += 1) {
    const at = year.endMs - ((n * 8.9) % 360) * 86_400_000;
    const { events } = await queries.list(of(undefined), { to: at, limit: 1 }, signal);
    ids.push(...events.map(({ id }) => id));
  }
  print(
    `${companies.organizations} organizations, ${times} different questions each; milliseconds: p50, p95, most; answers`,
  );
  for (const kind of kindsOf(queries, year).filter(({ name }) => name.includes(only))) {
    const took: number[] = [];
    let found = 0;
    for (let n = -2; n < times; n += 1) {
      const began = performance.now();
      const answer = (await kind.ask(n < 0 ? times - n : n, signal)) as
        | { events?: unknown[]; total?: number }
        | undefined;
      if (n >= 0) {
        took.push(performance.now() - began);
        found += answer?.events?.length ?? (answer ? 1 : 0);
      }
    }
    took.sort((a, b) => a - b);
    const at = (share: number): string => took[Math.min(took.length - 1, Math.floor(took.length * share))]!.toFixed(1);
    print(
      `${kind.name.padEnd(40)} ${at(0.5).padStart(8)} ${at(0.95).padStart(8)} ${at(1).padStart(8)}   ${(found / times).toFixed(1)}`,
    );
  }
}
