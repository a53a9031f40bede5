import { NotifyError, type NotifyErrorCode } from '../../../alerts/notify/index.js';
import { Problem, type ProblemKind, unavailable } from '../../errors.js';

const kinds: Readonly<Partial<Record<NotifyErrorCode, ProblemKind>>> = {
  channel_invalid: 'invalid-channel',
  channel_unknown: 'not-found',
  channel_conflict: 'conflict',
  dead_letter_unknown: 'not-found',
  secret_unreadable: 'conflict',
};

/** The work's result; what notify refuses as a Problem. Messages and faults of notify hold no secrets. */
export async function asProblems<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof NotifyError)) throw error;
    const kind = kinds[error.code];
    if (kind) throw new Problem(kind, error.message, { errors: error.faults, cause: error });
    throw unavailable('clickhouse', error.message, { cause: error });
  }
}
