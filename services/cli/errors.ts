import { SealstreamError } from '../core/errors.js';

/** What the process ends with; documented in docs/guides/cli.md, so scripts may decide on it. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, tampered: 3 } as const;

export type CliErrorCode = 'usage' | 'no_instance' | 'unreachable' | 'refused' | 'bad_answer' | 'input' | 'interrupted';

/** An error whose message is all that a person needs to read: no stack is shown. */
export class CliError extends SealstreamError {
  constructor(
    code: CliErrorCode,
    message: string,
    { retriable = false, cause }: { retriable?: boolean; cause?: unknown } = {},
  ) {
    super(code, message, { retriable, cause });
    this.name = 'CliError';
  }

  get exitCode(): number {
    return this.code === 'usage' ? exitCodes.usage : exitCodes.failed;
  }
}

export const usageError = (message: string): CliError => new CliError('usage', message);
