import { verifyTimestamp } from '../timestamp/index.js';
import { parseNote, TlogError } from '../tlog/index.js';
import type { Bundle, LogEvidence } from './bundle.js';
import { VerifyFailure } from './failures.js';
import { logOrigin } from './inclusion.js';
import type { Platform } from './platform.js';
import type { Settled } from './trust.js';

/** That a checkpoint, and all it covers, was there at a moment. */
export interface Attested {
  log: string;
  /** Not later than this. */
  at: string;
  authority: string;
}

/** How far the clocks of Kafka and of an authority may be apart. */
const skewMs = 600_000;

/** The `time` check. Throws a VerifyFailure where a log's checkpoint has no timestamp that counts. */
export async function verifyTimes(bundle: Bundle, settled: Settled, platform: Platform): Promise<Attested[]> {
  const { audience } = settled;
  const bare = bundle.logs.find(({ checkpoint, timestamps }) => checkpoint === null || timestamps.length === 0);
  if (bare || bundle.logs.length === 0) {
    const what = bare ? logOrigin(audience, bare) : 'the bundle';
    throw new VerifyFailure('no_timestamp', `no timestamp is shown for the checkpoint of ${what}`);
  }
  if (settled.timestampRoots.length === 0) {
    throw new VerifyFailure('no_authority', 'timestamps are shown, and no timestamping authority is trusted');
  }
  const attested: Attested[] = [];
  for (const log of bundle.logs) attested.push(await attestedTime(log, settled, platform));
  return attested;
}

async function attestedTime(log: LogEvidence, settled: Settled, { hasher, webcrypto }: Platform): Promise<Attested> {
  const origin = logOrigin(settled.audience, log);
  const digest = hasher.sha256(new TextEncoder().encode(noteText(log.checkpoint!)));
  const faults: string[] = [];
  let isUnknown = false;
  let best: { genTime: Date; authority: string } | undefined;
  for (const response of log.timestamps) {
    const verdict = await verifyTimestamp({
      response,
      digest,
      trustedRoots: settled.timestampRoots,
      webcrypto,
      ...(settled.now ? { atTime: settled.now } : {}),
    });
    if (verdict.verified) {
      if (!best || verdict.genTime < best.genTime) best = verdict;
    } else {
      faults.push(verdict.message);
      isUnknown ||= verdict.code === 'timestamp_chain_untrusted';
    }
  }
  if (!best) {
    throw new VerifyFailure(isUnknown ? 'unknown_authority' : 'bad_timestamp', `${origin}: ${faults.join('; ')}`);
  }
  const newest = log.runs.reduce(
    (most, { records }) => records.reduce((max, { appendTimeMs }) => Math.max(max, appendTimeMs), most),
    0,
  );
  if (newest > best.genTime.getTime() + skewMs) {
    throw new VerifyFailure(
      'time_contradiction',
      `${origin}: timestamped at ${best.genTime.toISOString()}, and holds records said to be of ${new Date(newest).toISOString()}`,
    );
  }
  return { log: origin, at: best.genTime.toISOString(), authority: best.authority };
}

function noteText(checkpoint: string): string {
  try {
    return parseNote(checkpoint).text;
  } catch (error) {
    if (error instanceof TlogError) throw new VerifyFailure('bad_timestamp', error.message);
    throw error;
  }
}
