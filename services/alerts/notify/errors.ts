import { SealstreamError } from '../../core/errors.js';

/** One place in a channel's description that is wrong. */
export interface ChannelFault {
  /** JSON Pointer (RFC 6901) into what was given. */
  pointer: string;
  detail: string;
}

export const notifyErrorCodes = [
  /** The channel as given cannot be used; `faults` say where. */
  'channel_invalid',
  'channel_unknown',
  /** Somebody changed it meanwhile, or the name is taken, or there are as many as there may be. */
  'channel_conflict',
  'dead_letter_unknown',
  /** Redis or ClickHouse did not answer: nothing is known of whether it happened. */
  'notify_unavailable',
  /** A stored secret does not open: the deployment secret is another one, or the row was tampered with. */
  'secret_unreadable',
] as const;
export type NotifyErrorCode = (typeof notifyErrorCodes)[number];

export class NotifyError extends SealstreamError {
  declare readonly code: NotifyErrorCode;
  readonly faults: readonly ChannelFault[];
  constructor(
    code: NotifyErrorCode,
    message: string,
    { faults = [], cause }: { faults?: readonly ChannelFault[]; cause?: unknown } = {},
  ) {
    super(code, message, { retriable: code === 'notify_unavailable', cause });
    this.name = 'NotifyError';
    this.faults = faults;
  }
}

export const invalidChannel = (faults: readonly ChannelFault[]): NotifyError =>
  new NotifyError('channel_invalid', faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; '), {
    faults,
  });
