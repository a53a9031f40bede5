/** Limits of wire format v1 (schemas/README.md §1 and §3). Sizes in bytes. */
export const limits = {
  bodyBytes: 16_384,
  identityBytes: 16_384,
  contentBytes: 262_144,
  headerBytes: 1_024,
  recordBytes: 1_000_000,
  recordEvents: 1_000,
  actionBytes: 128,
  lanes: 65_536,
  /** Exclusive: 2200-01-01T00:00:00Z in microseconds. */
  occurredAtUs: 7_258_118_400_000_000,
  /** How far `occurred_at` may lie after the record's append time, in microseconds. */
  futureUs: 600_000_000,
} as const;
