export type LocalErrorCode =
  | 'already_running'
  | 'config_invalid'
  | 'part_failed'
  | 'part_missing'
  | 'port_taken'
  | 'start_timed_out'
  | 'unreachable';

/** A failure of the embedded stack, with a message for the person who started it: what, where, what to do. */
export class LocalError extends Error {
  override readonly name = 'LocalError';
  readonly code: LocalErrorCode;

  constructor(code: LocalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
