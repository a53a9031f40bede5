export type MigrationErrorCode = 'migration_changed' | 'migration_failed' | 'migration_files' | 'migration_lock';

/** A migration that cannot go on: which file, why, what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code: MigrationErrorCode;
  readonly retriable: boolean;

  constructor(code: MigrationErrorCode, message: string, options?: ErrorOptions & { retriable?: boolean }) {
    super(message, options);
    this.code = code;
    this.retriable = options?.retriable ?? false;
  }
}
