/** Reasons for quarantine, stable: schemas/README.md §6. */
export const recordReasons = [
  'bad_frame',
  'non_canonical',
  'limit_exceeded',
  'bad_header',
  'unknown_schema',
  'wrong_audience',
  'wrong_partition',
  'no_registry',
  'unknown_key',
  'revoked_key',
  'key_not_permitted',
  'bad_signature',
  'bad_root',
  'marker_regressed',
  'equivocation',
] as const;

export const eventReasons = [
  'non_canonical',
  'limit_exceeded',
  'invalid_id',
  'invalid_time',
  'future_time',
  'invalid_ip',
  'invalid_action',
  'invalid_scope',
  'scope_not_permitted',
  'organization_not_permitted',
  'erasure_unlisted',
] as const;

export type RecordReason = (typeof recordReasons)[number];
export type EventReason = (typeof eventReasons)[number];
export type Reason = RecordReason | EventReason;

/** Thrown by the strict readers; the judge turns it into a quarantine reason, the door into a problem. */
export class WireFault extends Error {
  readonly reason: Reason;
  constructor(reason: Reason, detail: string) {
    super(detail);
    this.name = 'WireFault';
    this.reason = reason;
  }
}
