/** What can be wrong with something read from a log. Stable; programs decide on these and never on the message. */
export type TlogCode =
  /** The bytes are no log entry. */
  | 'bad_entry'
  /** A size, index or range that no tree has, or beyond 2^53 − 1. */
  | 'bad_range'
  /** A hash that is not 32 bytes. */
  | 'bad_hash'
  /** A proof with more or fewer hashes than its sizes ask for. */
  | 'bad_proof'
  /** A proof of the right shape that leads to another root: something was altered. */
  | 'root_mismatch'
  /** A tile, or a tile's path, that is not as tlog-tiles says. */
  | 'bad_tile'
  /** An entry bundle that is not as tlog-tiles says. */
  | 'bad_bundle'
  | 'bad_note'
  | 'bad_key'
  /** Signed by a key that is known, and the signature is wrong. */
  | 'invalid_signature'
  /** No known key has signed. */
  | 'unverified_note'
  | 'bad_checkpoint'
  /** A checkpoint of another log than the one asked for. */
  | 'wrong_origin'
  | 'bad_policy'
  | 'bad_tlog_proof';

export class TlogError extends Error {
  readonly code: TlogCode;
  constructor(code: TlogCode, message: string) {
    super(message);
    this.name = 'TlogError';
    this.code = code;
  }
}

export function refuse(code: TlogCode, message: string): never {
  throw new TlogError(code, message);
}
