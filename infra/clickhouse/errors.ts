import { SealstreamError } from '../../services/core/errors.js';

export type MigrationErrorCode = 'migration_changed' | 'migration_failed' | 'migration_files' | 'migration_lock';

/** A migration that cannot go on: which file, why, what to do. */
export class MigrationError extends SealstreamError {
  constructor(code: MigrationErrorCode, message: string, options: { cause?: unknown; retriable?: boolean } = {}) {
    super(code, message, options);
    this.name = 'MigrationError';
  }
}
