/** Where the words of the format left a case open, how these vectors decide it. A vector that depends on one names it. */
export const RULINGS = {
  prefix_only_is_bad_frame:
    'bad_frame means that the first ten bytes are not those of SignedBatch or ErasedBatch. Whatever cannot be read behind them is non_canonical, truncation included.',
  reasons_in_listed_order:
    'Within a row of the table in section 6 the listed order decides: a reason is looked for in the whole record (or in all three parts of the event) before the next reason is considered.',
  record_limit_counts_the_value: 'The 1,000,000 bytes of a record are the bytes of the Kafka value, prefix included.',
  header_faults_are_bad_header:
    'Every broken rule of section 3 that needs no state is bad_header, the canonical form and the 1,024 bytes of the header included.',
  created_at_before_2200: 'created_at has the bounds of occurred_at.',
  marker_registry_bounds: 'registry of a marker is 0 or more and below 2^53.',
  marker_lane_is_partition: 'A marker whose lane is not its partition is bad_header.',
  schema_id_in_every_kind: 'schema_id is checked in every kind of record, not only in data.',
  marker_needs_no_registry:
    'A marker is judged with the pinned root key: no_registry, unknown_key and revoked_key do not apply to it; another key is key_not_permitted.',
  root_key_signs_markers_only: 'The root key is in no registry: other kinds signed with it are unknown_key.',
  erased_part_form: 'A part of an ErasedBatch whose data does not fit its tag makes the record non_canonical.',
  erased_record_without_events: 'An ErasedBatch may stand for a record without events.',
  salted_limit_without_salt: 'The limit of a salted part counts the part, not its 16 bytes of salt.',
  organization_checked_in_every_scope:
    'An organization_id that is not empty must be permitted to the key in every scope, system included.',
  key_must_decode:
    'A public key that is no point of the curve is refused at registration like one of low order, and so is x = 0 with the sign bit set. A key with a small-order component that is not itself of low order is taken.',
  entry_fields_fit_kind:
    'A registry entry is valid only where its fields fit its kind: those that the kind does not use are absent; key: key_id is the id of public_key, algorithm 1, an acceptable key, a producer_id; key_revoked: 32 bytes of key_id; incarnation: topic, 16 bytes, 1 partition or more; organization: organization_id; created_at 0 or more.',
  revocation_outlives_absence:
    'key_revoked for a key that was never added holds: a later key entry for it changes nothing.',
} as const;

export type RulingName = keyof typeof RULINGS;
