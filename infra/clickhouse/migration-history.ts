import type { ClickHouseClient } from '@clickhouse/client';
import { MigrationError } from './errors.js';
import type { Migration } from './migration-files.js';

const TABLE = 'schema_migrations';

/** One applied statement. A file is applied whole when its last statement is. */
interface AppliedStatement {
  readonly version: number;
  readonly name: string;
  /** From 1. */
  readonly statement: number;
  /** How many the file held then. */
  readonly statements: number;
  readonly checksum: string;
}

export interface MigrationHistory {
  applied(): Promise<AppliedStatement[]>;
  record(statement: AppliedStatement): Promise<void>;
}

export async function openMigrationHistory(clickhouse: ClickHouseClient): Promise<MigrationHistory> {
  await clickhouse.command({
    query: `CREATE TABLE IF NOT EXISTS ${TABLE}
      (version UInt32, name String, statement UInt32, statements UInt32, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
      ENGINE = MergeTree ORDER BY (version, statement)`,
  });
  return {
    async applied() {
      const query = `SELECT version, name, statement, statements, checksum FROM ${TABLE} ORDER BY version, statement, applied_at`;
      const result = await clickhouse.query({ query, format: 'JSONEachRow' });
      return result.json<AppliedStatement>();
    },
    async record(statement) {
      await clickhouse.insert({ table: TABLE, values: [statement], format: 'JSONEachRow' });
    },
  };
}

const changed = (name: string, what: string) =>
  new MigrationError(
    'migration_changed',
    `${name} was applied to this database and ${what} since. An applied migration must stay as it is: put the file back, and write the change into a new one.`,
  );

/** How many statements of the migration are done. Throws `migration_changed` when those are not what the file says now. */
export function statementsDone({
  migration,
  applied,
}: {
  migration: Migration;
  applied: readonly AppliedStatement[];
}): number {
  const { version, name, statements } = migration;
  let done = 0;
  for (const row of applied) {
    if (row.version !== version) continue;
    if (row.name !== name) throw changed(row.name, `is named ${name}`);
    if (statements[row.statement - 1]?.checksum !== row.checksum) throw changed(name, 'was changed');
    if (row.statement === row.statements && row.statements !== statements.length) throw changed(name, 'was changed');
    done = Math.max(done, row.statement);
  }
  return done;
}

/** Throws when the database is ahead of the files: an older version of the program on newer tables. */
export function assertAllKnown({
  migrations,
  applied,
}: {
  migrations: readonly Migration[];
  applied: readonly AppliedStatement[];
}) {
  const known = new Set(migrations.map(({ version }) => version));
  const unknown = applied.find(({ version }) => !known.has(version));
  if (unknown) {
    const what = `The database has the migration ${unknown.name}, which is not among the files here.`;
    throw new MigrationError('migration_files', `${what} It belongs to a newer version: run that one.`);
  }
}
