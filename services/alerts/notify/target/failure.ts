/** Why an attempt failed, as metrics count it. */
export const failureReasons = [
  /** The address may not be connected to. */
  'forbidden_address',
  /** The name could not be looked up. */
  'dns',
  /** No connection, or one that broke. */
  'connection',
  'tls',
  'timeout',
  /** The receiver sent us elsewhere, where we do not go. */
  'redirected',
  /** The receiver does not take this, now or later. */
  'refused',
  /** The receiver wants it later. */
  'limited',
  /** The receiver failed. */
  'receiver_failed',
  /** The channel's secret does not open, or the message cannot be written. */
  'unsendable',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** An attempt that did not reach its receiver, or that the receiver did not take. The message may hold what the receiver said. */
export class SendFailure extends Error {
  readonly reason: FailureReason;
  /** Whether the same may succeed later. */
  readonly again: boolean;
  /** Not before so long, if the receiver said so. */
  readonly afterMs: number | undefined;
  readonly status: number | undefined;
  constructor(
    reason: FailureReason,
    message: string,
    {
      again,
      afterMs,
      status,
      cause,
    }: { again: boolean; afterMs?: number | undefined; status?: number; cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SendFailure';
    this.reason = reason;
    this.again = again;
    this.afterMs = afterMs;
    this.status = status;
  }
}

const tlsCodes = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH|ETLS)/;
const dnsCodes = new Set([
  'ENOTFOUND',
  'ENODATA',
  'ESERVFAIL',
  'EREFUSED',
  'EAI_AGAIN',
  'EDNS',
  'EBADNAME',
  'EFORMERR',
]);
const timeoutCodes = new Set(['ETIMEDOUT', 'ETIMEOUT', 'ESOCKETTIMEDOUT', 'ECANCELLED']);

/** What an error of sockets, TLS or DNS is. All of these may pass: certificates are renewed, names come back. */
export function failureOf(error: unknown, host: string): SendFailure {
  if (error instanceof SendFailure) return error;
  const { code = '', name = '', message = String(error) } = error as { code?: string; name?: string; message?: string };
  const of = (reason: FailureReason, text: string): SendFailure =>
    new SendFailure(reason, text, { again: true, cause: error });
  if (error instanceof TypeError || error instanceof RangeError) {
    return new SendFailure('unsendable', `the message cannot be written: ${message}`, { again: false, cause: error });
  }
  if (name === 'TimeoutError' || name === 'AbortError' || timeoutCodes.has(code)) {
    return of('timeout', `${host} did not answer in time`);
  }
  if (dnsCodes.has(code)) return of('dns', `the name ${host} cannot be looked up (${code})`);
  if (tlsCodes.test(code)) return of('tls', `no TLS with ${host}: ${message}`);
  return of('connection', `no connection with ${host}: ${message || code}`);
}
