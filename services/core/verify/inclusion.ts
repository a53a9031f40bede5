import {
  encodeEntry,
  evaluatePolicy,
  type OpenedCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  type TlogCode,
  TlogError,
  verifyRange,
} from '../tlog/index.js';
import { toHex } from '../wire/bytes.js';
import type { Bundle, LogEvidence, RecordEvidence } from './bundle.js';
import { type FailureCode, VerifyFailure } from './failures.js';
import type { Platform } from './platform.js';
import { noteKeysOf, type Settled } from './trust.js';

/** A checkpoint that was verified, and who stands behind it. */
export interface ShownCheckpoint {
  origin: string;
  size: number;
  /** Hexadecimal. */
  root: string;
  /** Key ids of the log's keys that signed. */
  signedBy: string[];
  /** Trusted witnesses that cosigned, and when they say they did. */
  witnesses: { name: string; at: string }[];
  /** Trusted witnesses that did not. */
  missing: string[];
}

export const registryOrigin = (audience: string): string => `${audience}/registry`;
export const logOrigin = (
  audience: string,
  { incarnation, partition }: Pick<LogEvidence, 'incarnation' | 'partition'>,
) => `${audience}/${toHex(incarnation)}/${partition}`;

/**
 * The `inclusion` check: every record shown, made again as the entry that the log holds, is in the tree of a checkpoint that counts. Throws a
 * VerifyFailure for the first that is not.
 */
export async function verifyInclusions(
  bundle: Bundle,
  settled: Settled,
  platform: Platform,
): Promise<ShownCheckpoint[]> {
  const { sha256 } = platform.hasher;
  const { registry, logs } = bundle;
  const unsealed = logs.find(({ checkpoint }) => checkpoint === null);
  if (unsealed || registry.log === null) {
    const what = registry.log === null ? 'the registry' : `partition ${unsealed!.partition}`;
    throw new VerifyFailure(
      'no_checkpoint',
      `no checkpoint covers what is shown of ${what}: it was not sealed into a log yet`,
    );
  }
  const registryLog = await openTrusted(registry.log.checkpoint, registryOrigin(settled.audience), settled, platform);
  const none = new Uint8Array(16);
  inTree({
    records: registry.records.map(({ value, ...place }) => ({ ...place, valueHash: sha256(value), signed: undefined })),
    place: { incarnation: none, partition: 0 },
    start: 0,
    proof: registry.log.proof,
    opened: registryLog,
    platform,
  });
  const shown = [shownOf(registryLog, settled)];
  for (const log of logs) {
    const opened = await openTrusted(log.checkpoint!, logOrigin(settled.audience, log), settled, platform);
    for (const { start, records, proof } of log.runs) inTree({ records, place: log, start, proof, opened, platform });
    shown.push(shownOf(opened, settled));
  }
  for (const checkpoint of shown) requireNoFork(checkpoint, settled);
  requireFresh(shown[0]!, settled);
  requireWitnesses(shown);
  return shown.map(({ enough, ...checkpoint }) => checkpoint);
}

const codes: Partial<Record<TlogCode, FailureCode>> = {
  invalid_signature: 'forged_checkpoint',
  unverified_note: 'wrong_log_key',
  bad_note: 'forged_checkpoint',
  bad_checkpoint: 'forged_checkpoint',
};

/** Throws a VerifyFailure for a checkpoint that is not this log's, or not signed by a key of it that is trusted. */
export async function openTrusted(
  note: string,
  origin: string,
  settled: Pick<Settled, 'logPublicKeys' | 'policy'>,
  platform: Platform,
): Promise<OpenedCheckpoint> {
  try {
    const claimed = parseCheckpoint(parseNote(note).text).origin;
    if (claimed !== origin) {
      throw new VerifyFailure('wrong_origin', `a checkpoint of ${claimed} is shown in the place of ${origin}'s`);
    }
    return await openCheckpoint({
      note,
      origin,
      logKeys: noteKeysOf(origin, settled.logPublicKeys, platform.hasher.sha256),
      witnessKeys: settled.policy.witnesses.map(({ key }) => key),
      verify: platform.ed25519,
    });
  } catch (error) {
    if (error instanceof TlogError) throw new VerifyFailure(codes[error.code] ?? 'forged_checkpoint', error.message);
    throw error;
  }
}

function inTree({
  records,
  place: { incarnation, partition },
  start,
  proof,
  opened: { checkpoint },
  platform: { hasher },
}: {
  records: readonly Pick<RecordEvidence, 'offset' | 'appendTimeMs' | 'valueHash' | 'signed'>[];
  place: Pick<LogEvidence, 'incarnation' | 'partition'>;
  start: number;
  proof: Uint8Array[];
  opened: OpenedCheckpoint;
  platform: Platform;
}): void {
  const leafHashes = new Uint8Array(32 * records.length);
  try {
    records.forEach(({ offset, appendTimeMs, valueHash, signed }, at) => {
      const entry = encodeEntry({ incarnation, partition, offset, appendTimeMs, valueHash, signed });
      leafHashes.set(hasher.leaf(entry), 32 * at);
    });
    const { size, root } = checkpoint;
    verifyRange({ hasher, start, end: start + records.length, leafHashes, size, proof, root });
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new VerifyFailure('not_in_log', `${checkpoint.origin} does not hold what is shown of it: ${error.message}`);
  }
}

export function shownOf(
  { checkpoint, signatures, cosignatures }: OpenedCheckpoint,
  { policy }: Pick<Settled, 'policy'>,
): ShownCheckpoint & { enough: boolean } {
  const { isSatisfied, missing } = evaluatePolicy(
    policy,
    cosignatures.map(({ key }) => key),
  );
  return {
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: toHex(checkpoint.root),
    signedBy: signatures.map(({ key }) => key.keyId.toString(16).padStart(8, '0')),
    witnesses: cosignatures.map(({ key, timeSeconds }) => ({
      name: key.name,
      at: timeText(timeSeconds),
    })),
    missing,
    enough: isSatisfied,
  };
}

/** A date holds 8.64e12 seconds; a witness can sign any number. */
const timeText = (seconds: number): string =>
  seconds <= 8_640_000_000_000 ? new Date(seconds * 1_000).toISOString() : `second ${seconds}`;

function requireNoFork({ origin, size, root }: ShownCheckpoint, { seen }: Settled): void {
  const other = seen.find((one) => one.origin === origin && one.size === size && toHex(one.root) !== root);
  if (other)
    throw new VerifyFailure('fork', `${origin} of size ${size} has root ${root}; ${toHex(other.root)} was seen before`);
}

/** The registry must be as new as what is known of it, or a revocation could be kept back. */
function requireFresh({ origin, size }: ShownCheckpoint, { seen }: Settled): void {
  const newer = seen.find((one) => one.origin === origin && one.size > size);
  if (newer)
    throw new VerifyFailure('rollback', `the registry is shown as of ${size} records; ${newer.size} were seen before`);
}

function requireWitnesses(shown: readonly (ShownCheckpoint & { enough?: boolean })[]): void {
  for (const { origin, enough, missing } of shown) {
    if (enough) continue;
    throw new VerifyFailure(
      'too_few_witnesses',
      `${origin}: not cosigned by enough trusted witnesses; missing: ${missing.join(', ')}`,
    );
  }
}
