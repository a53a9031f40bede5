import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MigrationError } from './errors.js';
import { splitStatements } from './split-statements.js';

export interface Migration {
  readonly version: number;
  /** The file's name. */
  readonly name: string;
  readonly statements: readonly { readonly sql: string; readonly checksum: string }[];
}

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

const checksum = (sql: string) => createHash('sha256').update(sql).digest('hex');

/** The migrations of a folder in their order. Throws on a name that is not NNNN_name.sql and on a number used twice. */
export function readMigrations(directory: string): Migration[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const migrations = names.map((name): Migration => {
    const version = FILE_NAME.exec(name)?.[1];
    if (version === undefined) {
      throw new MigrationError(
        'migration_files',
        `${join(directory, name)} is not named NNNN_name.sql, like 0003_add_index.sql`,
      );
    }
    const statements = splitStatements(readFileSync(join(directory, name), 'utf8'));
    return { version: Number(version), name, statements: statements.map((sql) => ({ sql, checksum: checksum(sql) })) };
  });
  for (const [index, { version, name }] of migrations.entries()) {
    const previous = migrations[index - 1];
    if (previous?.version === version) {
      throw new MigrationError('migration_files', `${previous.name} and ${name} in ${directory} have the same number`);
    }
  }
  return migrations;
}
