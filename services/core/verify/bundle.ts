/** An evidence bundle, read (docs/decisions/0042-evidence.md). */
export interface Bundle {
  question: Question;
  deployment: { audience: string; rootKey: Uint8Array; logKeys: string[] };
  /** The bytes of event.avsc. */
  schema: Uint8Array;
  registry: RegistryEvidence;
  logs: LogEvidence[];
}

export type Question =
  | { kind: 'event'; id: string }
  | { kind: 'query'; filters: Record<string, string[]> }
  | { kind: 'range' };

export interface RegistryEvidence {
  /** From the topic's first record on. */
  records: { offset: number; appendTimeMs: number; value: Uint8Array }[];
  /** Null where the registry was not sealed yet. */
  log: { checkpoint: string; timestamps: Uint8Array[]; proof: Uint8Array[] } | null;
}

export interface LogEvidence {
  /** 16 bytes. */
  incarnation: Uint8Array;
  partition: number;
  /** A signed note; null where the shard was not sealed yet. */
  checkpoint: string | null;
  timestamps: Uint8Array[];
  /** Entries [start, end) that are said to be shown without a hole. */
  range: [start: number, end: number] | null;
  /** Ascending, apart from each other. */
  runs: Run[];
}

/** Neighbouring entries of a log. */
export interface Run {
  start: number;
  records: RecordEvidence[];
  /** Roots of the largest subtrees outside the run, left to right. */
  proof: Uint8Array[];
}

export interface RecordEvidence {
  offset: number;
  appendTimeMs: number;
  valueHash: Uint8Array;
  signed: { header: Uint8Array; signature: Uint8Array } | undefined;
  /** Ascending, apart from each other. */
  events: EventRun[];
}

/** Neighbouring events of a record. */
export interface EventRun {
  start: number;
  /** The `events` array of an ErasedBatch. */
  parts: Uint8Array;
  proof: Uint8Array[];
}

export const bundleFormat = 'sealstream/bundle/v1';

export const bundleLimits = {
  textBytes: 268_435_456,
  records: 100_000,
  events: 1_000_000,
  registryRecords: 100_000,
  logs: 64,
  logKeys: 64,
  checkpointBytes: 65_536,
  timestamps: 16,
  timestampBytes: 65_536,
  proofHashes: 106,
  schemaBytes: 65_536,
} as const;
