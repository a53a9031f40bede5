import type { KeyGrant } from '../registry/fold.js';
import { concatBytes } from '../tlog/bytes.js';
import type { Sha256 } from '../tlog/index.js';
import { sameBytes, toHex } from '../wire/bytes.js';
import { WireFault } from '../wire/fault.js';
import { decodeHeader, type Header } from '../wire/header.js';
import type { Bundle, LogEvidence, RecordEvidence } from './bundle.js';
import type { ShownEvent } from './event-view.js';
import { VerifyFailure } from './failures.js';
import { knownSchemaId } from './known-schema.js';
import type { Platform } from './platform.js';
import { collect } from './record-findings.js';
import { type RecordFinding, type RecordJob, verifyHeader } from './record-job.js';
import { keyIdOf, type ShownRegistry } from './registry.js';
import type { Settled } from './trust.js';

/** A record of the bundle at its place. */
export interface PlacedRecord {
  log: LogEvidence;
  /** Which of the log's runs it is in. */
  run: number;
  /** In the log. */
  index: number;
  record: RecordEvidence;
  /** Absent where the record has none that reads. */
  header?: Header<Uint8Array>;
  /** Of the header, hexadecimal. */
  hash?: string;
}

/** A record whose signature was found good, by a key that was good at its place. */
export type ValidRecord = PlacedRecord & Required<Pick<PlacedRecord, 'header' | 'hash'>>;

export interface CheckedRecords {
  /** In the order of the logs and of the entries in them. */
  valid: ValidRecord[];
  /** Records that show events, in the same order. */
  showing: ValidRecord[];
  events: number;
  /** With the log's origin, Kafka's offset and the record's index in the log. */
  shown: (ShownEvent & { log: string; offset: number; record: number })[];
  erasedParts: number;
}

/** Does the dear part of many records; `checkRecord` one after the other, or workers. */
export type CheckRecords = (jobs: RecordJob[]) => Promise<RecordFinding[]>;

const headerHashPrefix = new TextEncoder().encode('sealstream/header/v1\0');

/** The `signature` check. Throws a VerifyFailure for the first record that shows events and is not as it was signed. */
export async function verifyRecords({
  bundle,
  registry,
  settled,
  platform,
  checkRecords,
  views,
}: {
  bundle: Bundle;
  registry: ShownRegistry;
  settled: Settled;
  platform: Platform;
  checkRecords: CheckRecords;
  /** How many events to give back in words. */
  views: number;
}): Promise<CheckedRecords> {
  const { sha256 } = platform.hasher;
  if (toHex(sha256(bundle.schema)) !== knownSchemaId) {
    throw new VerifyFailure('unknown_schema', 'the schema in the bundle is not the one of these events');
  }
  const rootKeyId = keyIdOf(sha256, settled.rootKey);
  const markers: ValidRecord[] = [];
  const granted: { placed: ValidRecord; grant: KeyGrant<Uint8Array> }[] = [];
  for (const log of bundle.logs) {
    let marker: ValidRecord | undefined;
    let forged = false;
    const isContiguous = contiguityOf(log);
    for (const placed of placedIn(log, sha256)) {
      if (placed.header?.kind === 'registry') {
        const found = await markerOf(placed, { rootKeyId, settled, platform });
        if (!found) forged = true;
        else if (!marker || found.header.registry >= marker.header.registry) {
          markers.push(found);
          marker = found;
        }
        continue;
      }
      const showsEvents = placed.record.events.length > 0;
      try {
        granted.push(grantOf(placed, { marker, forged, registry, settled, isContiguous }));
      } catch (error) {
        // A record that shows nothing may have been quarantined; it then counts for nothing.
        if (!(error instanceof VerifyFailure) || showsEvents) throw error;
      }
    }
  }
  return collect({ granted, markers, checkRecords, views });
}

function* placedIn(log: LogEvidence, sha256: Sha256): Generator<PlacedRecord> {
  for (const [run, { start, records }] of log.runs.entries()) {
    for (const [at, record] of records.entries()) {
      const placed: PlacedRecord = { log, run, index: start + at, record };
      const header = record.signed && readHeader(record.signed.header);
      if (!header) {
        if (record.events.length > 0) throw new VerifyFailure('misplaced_record', `${placeOf(placed)}: no header`);
        yield placed;
        continue;
      }
      yield { ...placed, header, hash: toHex(sha256(concatBytes(headerHashPrefix, record.signed!.header))) };
    }
  }
}

function readHeader(bytes: Uint8Array): Header<Uint8Array> | undefined {
  try {
    return decodeHeader(bytes);
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}

export const placeOf = ({ log, record }: PlacedRecord): string => `partition ${log.partition}, offset ${record.offset}`;

async function markerOf(
  placed: PlacedRecord,
  { rootKeyId, settled, platform }: { rootKeyId: Uint8Array; settled: Settled; platform: Platform },
): Promise<ValidRecord | undefined> {
  const { header, record, log } = placed;
  const isPlaced =
    sameBytes(header!.key_id, rootKeyId) &&
    header!.audience === settled.audience &&
    header!.partition === log.partition &&
    toHex(header!.schema_id) === knownSchemaId;
  const { header: bytes, signature } = record.signed!;
  const isSigned = isPlaced && (await verifyHeader(platform, settled.rootKey, bytes, signature));
  return isSigned ? (placed as ValidRecord) : undefined;
}

/** Which key the record must be signed with, by the registry as of the marker below it (WIRE §4). */
function grantOf(
  placed: PlacedRecord,
  {
    marker,
    forged,
    registry,
    settled,
    isContiguous,
  }: {
    marker: ValidRecord | undefined;
    forged: boolean;
    registry: ShownRegistry;
    settled: Settled;
    isContiguous: Contiguity;
  },
): { placed: ValidRecord; grant: KeyGrant<Uint8Array> } {
  const { header, log } = placed;
  const refuse = (code: ConstructorParameters<typeof VerifyFailure>[0], detail: string): never => {
    throw new VerifyFailure(code, `${placeOf(placed)}: ${detail}`);
  };
  if (!header) return refuse('misplaced_record', 'its header cannot be read');
  if (header.audience !== settled.audience) refuse('misplaced_record', `signed for ${header.audience}`);
  if (header.partition !== log.partition) refuse('misplaced_record', `signed for partition ${header.partition}`);
  if (toHex(header.schema_id) !== knownSchemaId) refuse('unknown_schema', 'its header names another schema of events');
  if (!marker) {
    return forged
      ? refuse('forged_marker', 'the registry marker shown below it is not by the root key')
      : refuse('no_marker', 'no registry marker below it is shown');
  }
  const asOf = marker.header.registry;
  if (!registry.holds(asOf)) {
    refuse('registry_truncated', `the registry shown does not hold entry ${asOf}, which the marker below it names`);
  }
  const keyId = toHex(header.key_id);
  const grant = registry.keyAsOf(keyId, asOf);
  if (!grant) return refuse('unknown_key', `key ${keyId} was not registered when the record came`);
  if (grant.revoked) refuse('revoked_key', `key ${keyId} was revoked before the record came`);
  if (grant.producerId !== header.producer_id) {
    refuse('key_not_permitted', `the key belongs to ${grant.producerId}, the record names ${header.producer_id}`);
  }
  const isChangedLater = registry.changesOf(keyId).some((offset) => offset > asOf);
  if (isChangedLater && !isContiguous(marker.index, placed.index)) {
    refuse(
      'key_status_unproven',
      `key ${keyId} was changed later, and what came between it and its marker is not shown`,
    );
  }
  return { placed: placed as ValidRecord, grant };
}

/** Says whether all entries from one index of the log to another, both included, are shown. */
export type Contiguity = (from: number, to: number) => boolean;

export function contiguityOf({ runs }: LogEvidence): Contiguity {
  const stretches: [start: number, end: number][] = [];
  for (const { start, records } of runs) {
    const last = stretches.at(-1);
    if (last && last[1] === start) last[1] += records.length;
    else stretches.push([start, start + records.length]);
  }
  return (from, to) => {
    let low = 0;
    let high = stretches.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [start, end] = stretches[middle]!;
      if (from < start) high = middle - 1;
      else if (from >= end) low = middle + 1;
      else return to < end;
    }
    return false;
  };
}
