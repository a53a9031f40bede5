import type { Bundle, Question } from './bundle.js';
import { type LaneHead, verifyCompleteness } from './completeness.js';
import { type FailureCode, isTampering, VerifyFailure } from './failures.js';
import { type ShownCheckpoint, verifyInclusions } from './inclusion.js';
import type { Platform } from './platform.js';
import { type BundleInput, readBundle } from './read-bundle.js';
import { checkRecord } from './record-job.js';
import { type CheckedRecords, type CheckRecords, verifyRecords } from './records.js';
import { foldRegistry } from './registry.js';
import { type Attested, verifyTimes } from './times.js';
import { type Settled, type Source, settle, type Trust } from './trust.js';
import { inWords } from './words.js';

export interface Check {
  /** What it takes to say so is in the bundle and in what is trusted. */
  available: boolean;
  verified: boolean;
  failed: FailureCode | null;
  message: string;
}

export interface BundleVerdict {
  /** Signature, inclusion and completeness are verified, and time where an authority is trusted. */
  verified: boolean;
  /** Something contradicts itself, a signature, or what is trusted. Where not verified and not tampered with, evidence is missing. */
  tampered: boolean;
  /** The first failure, tampering before what is only missing. */
  failed: FailureCode | null;
  message: string;
  checks: {
    signature: Check & { events: number; records: number; erasedParts: number };
    inclusion: Check & { checkpoints: ShownCheckpoint[] };
    completeness: Check & { heads: LaneHead[] };
    time: Check & { attested: Attested[] };
  };
  /** Whether keys were given, or taken from the bundle itself: then it agrees with itself, and who made it is not known. */
  trust: { deployment: Source; log: Source };
  audience: string;
  /** What was asked, as the bundle says. */
  question: Question;
  /** Some of the events, in words. */
  events: CheckedRecords['shown'];
}

export interface VerifyOptions {
  trust?: Trust;
  /** How many events to give back in words. */
  views?: number;
}

/** A check that could not be made because of another that failed. */
class NotJudged extends Error {}

export type JudgeOptions = VerifyOptions & {
  platform: Platform;
  /** Where the dear part of many records is done; here, one after the other, where not given. */
  checkRecords?: CheckRecords;
};

/**
 * Judges a bundle. Pure but for the platform's crypto. Throws UnreadableBundle for what is no bundle, UnreadableTrust for trust that cannot be
 * read, and nothing else.
 */
export const verifyBundle = async (input: BundleInput, options: JudgeOptions): Promise<BundleVerdict> =>
  judgeBundle(readBundle(input, options.platform.fromBase64), options);

/** The same of a bundle that was read, or made here. */
export async function judgeBundle(
  bundle: Bundle,
  {
    trust = {},
    views = 100,
    platform,
    checkRecords = async (jobs) => {
      const findings = [];
      for (const job of jobs) findings.push(await checkRecord(job, platform));
      return findings;
    },
  }: JudgeOptions,
): Promise<BundleVerdict> {
  const settled = attempt(() => settle(trust, bundle, platform.hasher.sha256));
  const known = async (): Promise<Settled> => {
    const outcome = await settled;
    if ('error' in outcome) throw new NotJudged('not judged: the bundle is not of the trusted deployment');
    return outcome.value;
  };
  const records = await attempt(async () => {
    const outcome = await settled;
    if ('error' in outcome) throw outcome.error;
    return checkedRecords({ bundle, settled: outcome.value, platform, checkRecords, views });
  });
  const inclusion = await attempt(async () => verifyInclusions(bundle, await known(), platform));
  const completeness = await attempt(async () => {
    if ('error' in records) throw new NotJudged('not judged: what is shown is not what was signed');
    return verifyCompleteness(bundle, records.value);
  });
  const time = await attempt(async () => verifyTimes(bundle, await known(), platform));

  const checked = 'value' in records ? records.value : undefined;
  const outcome = await settled;
  const sources: BundleVerdict['trust'] =
    'value' in outcome ? outcome.value.sources : { deployment: 'pinned', log: 'pinned' };
  const checks: BundleVerdict['checks'] = {
    signature: {
      ...checkOf(records, (found) => inWords.signature(found)),
      events: checked?.events ?? 0,
      records: checked?.showing.length ?? 0,
      erasedParts: checked?.erasedParts ?? 0,
    },
    inclusion: {
      ...checkOf(inclusion, (shown) => inWords.inclusion(shown)),
      checkpoints: 'value' in inclusion ? inclusion.value : [],
    },
    completeness: {
      ...checkOf(completeness, (heads) => inWords.completeness(heads, bundle)),
      heads: 'value' in completeness ? completeness.value : [],
    },
    time: {
      ...checkOf(time, (attested) => inWords.time(attested)),
      attested: 'value' in time ? time.value : [],
    },
  };
  const isTimed = (trust.timestampRoots?.length ?? 0) > 0;
  const verified =
    checks.signature.verified &&
    checks.inclusion.verified &&
    checks.completeness.verified &&
    (checks.time.verified || !isTimed);
  const all = [checks.signature.failed, checks.inclusion.failed, checks.completeness.failed, checks.time.failed];
  const found = all.filter((code) => code !== null);
  const failed = verified ? null : (found.find(isTampering) ?? found[0] ?? null);
  const tampered = failed !== null && isTampering(failed);
  return {
    verified,
    tampered,
    failed,
    message: inWords.whole({ verified, tampered, failed, checks, sources }),
    checks,
    trust: sources,
    audience: bundle.deployment.audience,
    question: bundle.question,
    events: checked?.shown ?? [],
  };
}

async function checkedRecords({
  bundle,
  settled,
  platform,
  checkRecords,
  views,
}: {
  bundle: Bundle;
  settled: Settled;
  platform: Platform;
  checkRecords: CheckRecords;
  views: number;
}): Promise<CheckedRecords> {
  const { audience, rootKey } = settled;
  const registry = await foldRegistry({ registry: bundle.registry, audience, rootKey, platform });
  const asked = bundle.question;
  // The event that was asked for must be found among them; a bundle of one event has few others.
  const least = asked.kind === 'event' ? Math.max(views, mostBesideOne) : views;
  const checked = await verifyRecords({ bundle, registry, settled, platform, checkRecords, views: least });
  if (asked.kind === 'event' && !checked.shown.some(({ id }) => id === asked.id)) {
    throw new VerifyFailure('event_missing', `the event ${asked.id} that was asked for is not shown`);
  }
  if (checked.events === 0 && !bundle.logs.some(({ range }) => range !== null)) {
    throw new VerifyFailure('no_events', 'no events are shown');
  }
  return { ...checked, shown: checked.shown.slice(0, views) };
}

/** Events in a bundle of one: itself, and those that name erased parts of it. */
const mostBesideOne = 10_000;

type Outcome<T> = { value: T } | { error: VerifyFailure | NotJudged };

/** What a check gave, or what it failed by; anything else that is thrown goes on. */
async function attempt<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof VerifyFailure || error instanceof NotJudged) return { error };
    throw error;
  }
}

/** Failures by which nothing can be said at all. */
const unavailable: ReadonlySet<FailureCode> = new Set(['no_checkpoint', 'no_timestamp', 'no_authority', 'no_events']);

function checkOf<T>(outcome: Outcome<T>, words: (value: T) => string): Check {
  if ('value' in outcome) return { available: true, verified: true, failed: null, message: words(outcome.value) };
  const { error } = outcome;
  if (error instanceof NotJudged) return { available: false, verified: false, failed: null, message: error.message };
  return { available: !unavailable.has(error.code), verified: false, failed: error.code, message: error.message };
}
