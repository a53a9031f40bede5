import { SealstreamError } from '../errors.js';

/** What is wrong with a timestamp. Stable; the message beside it is for people. */
export type TimestampFaultCode =
  | 'timestamp_truncated'
  | 'timestamp_trailing_bytes'
  | 'timestamp_malformed'
  | 'timestamp_status_not_granted'
  | 'timestamp_imprint_differs'
  | 'timestamp_nonce_differs'
  | 'timestamp_policy_not_accepted'
  | 'timestamp_digest_unsupported'
  | 'timestamp_signature_unsupported'
  | 'timestamp_signature_wrong'
  | 'timestamp_signer_missing'
  | 'timestamp_signer_differs'
  | 'timestamp_signer_not_for_timestamping'
  | 'timestamp_chain_untrusted'
  | 'timestamp_certificate_not_valid_then'
  | 'timestamp_from_the_future';

/** Trying again never helps: these bytes stay as they are. */
export class TimestampError extends SealstreamError {
  override readonly code: TimestampFaultCode;

  constructor(code: TimestampFaultCode, message: string, { cause }: { cause?: unknown } = {}) {
    super(code, message, { cause });
    this.name = 'TimestampError';
    this.code = code;
  }
}

/** Runs the reading of foreign structures: whatever it throws means that the bytes are no such structure. */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TimestampError) throw error;
    throw new TimestampError('timestamp_malformed', `${what} cannot be read`, { cause: error });
  }
}
