export type CheckName = 'signature' | 'inclusion' | 'completeness' | 'time';

/**
 * What a check can fail by. `tampering`: what is shown contradicts itself, a signature, or what is trusted. `unproven`: what would prove it is
 * not there. Stable; programs decide on these and never on the message.
 */
export const failures = {
  /** The bundle is of another deployment, or names another root key, than is trusted. */
  wrong_deployment: 'tampering',
  /** A registry record is not what the root key signed. */
  registry_altered: 'tampering',
  /** Registry records are missing at the end or in the middle. */
  registry_truncated: 'tampering',
  /** A registry marker that the root key did not sign. */
  forged_marker: 'tampering',
  /** No marker is shown below a record. */
  no_marker: 'unproven',
  /** The schema is not the one that the headers name. */
  unknown_schema: 'tampering',
  /** The header cannot be read, or is for another place than it is shown at. */
  misplaced_record: 'tampering',
  unknown_key: 'tampering',
  revoked_key: 'tampering',
  /** The key may not speak for this producer, organization or scope. */
  key_not_permitted: 'tampering',
  /** The key was changed after the marker that is shown, and the records in between are not. */
  key_status_unproven: 'unproven',
  /** The signature over a header is not the key's. */
  forged_signature: 'tampering',
  /** The events shown are not those under the header's root. */
  event_altered: 'tampering',
  /** No producer's event: not canonical, or out of its limits. */
  invalid_event: 'tampering',
  /** A part was taken out and no verified erasure names it. */
  unlisted_erasure: 'tampering',
  /** The event that was asked for is not shown. */
  event_missing: 'tampering',
  no_events: 'unproven',

  /** The records were not sealed into a log when the bundle was made. */
  no_checkpoint: 'unproven',
  /** A checkpoint that no trusted key of the log signed. */
  wrong_log_key: 'tampering',
  /** A signature of a known key or witness that is wrong. */
  forged_checkpoint: 'tampering',
  /** A checkpoint of another log than the one it is shown for. */
  wrong_origin: 'tampering',
  /** The records shown are not the entries of the tree. */
  not_in_log: 'tampering',
  /** Fewer trusted witnesses have cosigned than the policy asks for. */
  too_few_witnesses: 'unproven',
  /** Another tree of the same size was seen before. */
  fork: 'tampering',
  /** A smaller registry or log than was seen before, shown as the newest. */
  rollback: 'tampering',

  /** A log that was there is not any more. */
  shard_missing: 'tampering',
  /** Tiles that do not give the root of the checkpoint that they are served with. */
  tiles_altered: 'tampering',
  /** Entries that are not those whose hashes the tiles hold. */
  entries_altered: 'tampering',

  /** Sequences are missing within what is shown whole. */
  gap: 'tampering',
  /** Two records in one place of a lane. */
  equivocation: 'tampering',
  /** A range that is said to be whole is not. */
  range_incomplete: 'tampering',
  /** The record before one that shows events is not shown. */
  unlinked: 'unproven',

  no_timestamp: 'unproven',
  /** No authority is trusted: nothing can be said. */
  no_authority: 'unproven',
  /** No timestamp is by a trusted authority. */
  unknown_authority: 'tampering',
  /** The timestamp is not one over this checkpoint. */
  bad_timestamp: 'tampering',
  /** The checkpoint was timestamped before records in it were appended. */
  time_contradiction: 'tampering',
} as const satisfies Record<string, 'tampering' | 'unproven'>;

export type FailureCode = keyof typeof failures;

export const isTampering = (code: FailureCode): boolean => failures[code] === 'tampering';

/** Thrown within a check; becomes its answer. */
export class VerifyFailure extends Error {
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string) {
    super(message);
    this.name = 'VerifyFailure';
    this.code = code;
  }
}

/** The bytes are no bundle of this format. What they would prove is not even asked. */
export class UnreadableBundle extends Error {
  readonly code = 'unreadable_bundle';
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableBundle';
  }
}
