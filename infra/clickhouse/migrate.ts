import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { MigrationError } from './errors.js';
import { type Migration, readMigrations } from './migration-files.js';
import { assertAllKnown, type MigrationHistory, openMigrationHistory, statementsDone } from './migration-history.js';
import { LOCK_STALE_SECONDS, withMigrationLock } from './migration-lock.js';

/** The project's own migrations; this file runs as dist/infra/clickhouse/migrate.js. */
export const migrationsFolder = resolve(
  dirname(fileURLToPath(import.meta.url)),
  '../../../infra/clickhouse/migrations',
);

export interface Migrated {
  /** Names of the files that this run applied or finished. Empty where the database was up to date. */
  readonly applied: readonly string[];
}

const DATABASE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const REQUEST_TIMEOUT_MS = 300_000;
/** What fails is thrown, and said once by whoever catches it. */
const QUIET = { level: ClickHouseLogLevel.OFF };

/**
 * Brings a database up to the migrations of a folder, creating it where absent. Statements run one by one and each is
 * noted when done, so a crash resumes behind the last one noted; the one in between may run twice, which is why
 * statements say IF NOT EXISTS. Two runs at once take turns. Throws a MigrationError naming the file.
 */
export async function migrate({
  clickhouseUrl,
  database,
  directory = migrationsFolder,
  lockStaleSeconds = LOCK_STALE_SECONDS,
}: {
  clickhouseUrl: string;
  database: string;
  directory?: string;
  /** After so long without a sign of life, another run's lock is taken over. */
  lockStaleSeconds?: number;
}): Promise<Migrated> {
  if (!DATABASE_NAME.test(database)) {
    throw new MigrationError('migration_files', `'${database}' is no name for a database: letters, digits and _ only.`);
  }
  const migrations = readMigrations(directory);
  await createDatabase({ clickhouseUrl, database });
  const clickhouse = createClient({ url: clickhouseUrl, database, request_timeout: REQUEST_TIMEOUT_MS, log: QUIET });
  try {
    const history = await openMigrationHistory(clickhouse);
    if (await isUpToDate({ migrations, history })) return { applied: [] };
    return await withMigrationLock({
      clickhouse,
      staleSeconds: lockStaleSeconds,
      work: (assertHeld) => applyAll({ clickhouse, migrations, history, assertHeld }),
    });
  } finally {
    await clickhouse.close();
  }
}

/** By a client of its own: ClickHouse refuses every statement of a client whose database does not exist yet. */
async function createDatabase({ clickhouseUrl, database }: { clickhouseUrl: string; database: string }): Promise<void> {
  const clickhouse = createClient({ url: clickhouseUrl, database: 'default', log: QUIET });
  try {
    await clickhouse.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  } finally {
    await clickhouse.close();
  }
}

async function isUpToDate({
  migrations,
  history,
}: {
  migrations: Migration[];
  history: MigrationHistory;
}): Promise<boolean> {
  const applied = await history.applied();
  assertAllKnown({ migrations, applied });
  return migrations.every((migration) => statementsDone({ migration, applied }) === migration.statements.length);
}

async function applyAll({
  clickhouse,
  migrations,
  history,
  assertHeld,
}: {
  clickhouse: ClickHouseClient;
  migrations: readonly Migration[];
  history: MigrationHistory;
  assertHeld: () => void;
}): Promise<Migrated> {
  // Read again under the lock: whoever held it before may have done everything.
  const applied = await history.applied();
  const names: string[] = [];
  for (const migration of migrations) {
    const { version, name, statements } = migration;
    const done = statementsDone({ migration, applied });
    for (const [index, { sql, checksum }] of statements.entries()) {
      if (index < done) continue;
      assertHeld();
      await runStatement({ clickhouse, sql, name, position: index + 1 });
      await history.record({ version, name, statement: index + 1, statements: statements.length, checksum });
    }
    if (done < statements.length) names.push(name);
  }
  return { applied: names };
}

async function runStatement({
  clickhouse,
  sql,
  name,
  position,
}: {
  clickhouse: ClickHouseClient;
  sql: string;
  name: string;
  position: number;
}): Promise<void> {
  try {
    await clickhouse.command({ query: sql });
  } catch (error) {
    const reason = (error as Error).message;
    throw new MigrationError('migration_failed', `Statement ${position} of ${name} failed: ${reason}`, {
      cause: error,
    });
  }
}
