import { SealstreamError } from '../../services/core/errors.js';

export type LocalErrorCode =
  | 'already_running'
  | 'config_invalid'
  | 'key_missing'
  | 'key_unreadable'
  | 'part_failed'
  | 'part_missing'
  | 'port_taken'
  | 'unreachable';

/** A failure of the local instance, with a message for the person who started it: what, where, what to do. */
export class LocalError extends SealstreamError {
  constructor(code: LocalErrorCode, message: string, { cause }: { cause?: unknown } = {}) {
    super(code, message, { cause });
    this.name = 'LocalError';
  }
}
