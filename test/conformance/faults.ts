/** What a byte string did that its one canonical form does not allow. The names appear in the fixture, for the reader of a failing vector. */
export type CanonicalFault =
  | 'truncated'
  | 'trailing_bytes'
  | 'padded_varint'
  | 'varint_overflow'
  | 'int_out_of_range'
  | 'enum_out_of_range'
  | 'negative_length'
  | 'negative_block_count'
  | 'split_array_block'
  | 'invalid_utf8'
  | 'zero_row_part'
  | 'erased_part_form';

/** The reasons of schemas/README.md section 6 that need no lane state. */
export type RecordReason =
  | 'bad_frame'
  | 'non_canonical'
  | 'limit_exceeded'
  | 'bad_header'
  | 'unknown_schema'
  | 'wrong_audience'
  | 'wrong_partition'
  | 'no_registry'
  | 'unknown_key'
  | 'revoked_key'
  | 'key_not_permitted'
  | 'bad_signature'
  | 'bad_root'
  | 'marker_regressed';

export type EventReason =
  | 'non_canonical'
  | 'limit_exceeded'
  | 'invalid_id'
  | 'invalid_time'
  | 'future_time'
  | 'invalid_ip'
  | 'invalid_action'
  | 'invalid_scope'
  | 'scope_not_permitted'
  | 'organization_not_permitted'
  | 'erasure_unlisted';

export class NonCanonicalError extends Error {
  readonly code = 'non_canonical';

  constructor(
    readonly fault: CanonicalFault,
    readonly path: string,
    readonly at: number,
  ) {
    super(`${path}: ${fault} at byte ${at}`);
  }
}

export class RecordFault extends Error {
  constructor(
    readonly reason: RecordReason,
    readonly detail: string,
    readonly fault?: CanonicalFault,
  ) {
    super(`${reason}: ${detail}`);
  }
}

/** The fault's name where `error` is about canonical form; rethrows anything else. */
export function canonicalFaultOf(error: unknown): CanonicalFault {
  if (error instanceof NonCanonicalError) return error.fault;
  throw error;
}
