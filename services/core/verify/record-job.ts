import { concatBytes } from '../tlog/bytes.js';
import { TlogError, verifyRange } from '../tlog/index.js';
import { sameBytes } from '../wire/bytes.js';
import { WireFault } from '../wire/fault.js';
import { checkFields, type EventFields, newEventFields, scanEvent, slot } from '../wire/fields.js';
import { limits } from '../wire/limits.js';
import { type Frame, part, partTags, readErasedParts } from '../wire/parts.js';
import { CanonicalReader } from '../wire/reader.js';
import { type Scope, scopes } from '../wire/symbols.js';
import type { EventRun } from './bundle.js';
import { type ShownEvent, viewOf } from './event-view.js';
import { type FailureCode, VerifyFailure } from './failures.js';
import type { Platform } from './platform.js';

/** All that the dear part of judging one record needs, so that it can be done elsewhere: plain data, which a worker can be sent. */
export interface RecordJob {
  header: Uint8Array;
  signature: Uint8Array;
  publicKey: Uint8Array;
  /** Of the header. */
  root: Uint8Array;
  count: number;
  appendTimeMs: number;
  /** What the key may do. */
  organizations: readonly string[];
  scopes: readonly Scope[];
  events: readonly EventRun[];
  /** How many of the events to give back in words. */
  views: number;
}

export interface RecordFinding {
  failed?: { code: FailureCode; message: string; index?: number };
  /** Events that were checked. */
  events: number;
  /** Parts that are digests, whose erasure somebody must have named. */
  erased: { index: number; part: 'identity' | 'content' }[];
  shown: ShownEvent[];
  /** `related` of events that name erased parts. */
  lists: { type: string; id: string }[][];
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const batchPrefix = ascii('sealstream/batch/v1\0');
const leafPrefix = concatBytes(Uint8Array.of(0), ascii('sealstream/event/v1\0'));
const zeroDigest = new Uint8Array(32);

export const verifyHeader = (
  { ed25519 }: Platform,
  publicKey: Uint8Array,
  header: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> => ed25519(publicKey, concatBytes(batchPrefix, header), signature);

/** Checks a record from its signature to the last event shown of it. Never throws for what the record holds. */
export async function checkRecord(job: RecordJob, platform: Platform): Promise<RecordFinding> {
  const finding: RecordFinding = { events: 0, erased: [], shown: [], lists: [] };
  if (!(await verifyHeader(platform, job.publicKey, job.header, job.signature))) {
    finding.failed = {
      code: 'forged_signature',
      message: 'the signature over the header is not by the registered key',
    };
    return finding;
  }
  let shownThrough = 0;
  for (const run of job.events) {
    let index = run.start;
    try {
      if (run.start < shownThrough) throw new VerifyFailure('event_altered', 'an event is shown twice or out of order');
      const frame = readParts(run);
      const leaves = new Uint8Array(32 * frame.count);
      const checkEvent = createEventCheck(job, frame);
      for (let at = 0; at < frame.count; at += 1, index += 1) {
        const fields = checkEvent(at);
        leaves.set(leafOf(frame, at, platform), 32 * at);
        note(finding, { job, frame, fields, at, index });
      }
      index = run.start;
      checkLeaves(job, run, leaves, platform);
      finding.events += frame.count;
      shownThrough = run.start + frame.count;
    } catch (error) {
      finding.failed = failureOf(error, index);
      return finding;
    }
  }
  return finding;
}

function readParts({ parts: value }: EventRun): Frame<Uint8Array> {
  const reader = new CanonicalReader<Uint8Array>(value);
  const parts = readErasedParts(reader);
  reader.done('the events');
  const none = zeroDigest.subarray(0, 0);
  const count = parts.length / part.stride;
  return { form: 'erased', value, header: none, signature: none, saltSeed: undefined, count, parts };
}

/** Reads an event as strictly as the judge did, and holds the key's permission against it. */
function createEventCheck(job: RecordJob, frame: Frame<Uint8Array>): (at: number) => EventFields {
  const fields = newEventFields(1);
  const one: Frame<Uint8Array> = { ...frame, count: 1 };
  const reader = new CanonicalReader<Uint8Array>(frame.value);
  const everyOrganization = job.organizations.includes('*');
  const organizations = job.organizations.map(ascii);
  const latestUs = job.appendTimeMs * 1_000 + limits.futureUs;
  return (at) => {
    one.parts = frame.parts.subarray(at * part.stride, (at + 1) * part.stride);
    scanEvent(reader, one, 0, fields);
    if (fields.occurredAt[0]! > latestUs) throw new WireFault('future_time', 'occurred_at lies after its record');
    checkFields(frame.value, fields, 0);
    const { positions } = fields;
    const scope = scopes[positions[slot.scope]!]!;
    if (!job.scopes.includes(scope))
      throw new VerifyFailure('key_not_permitted', `the key may not write scope ${scope}`);
    const organization = frame.value.subarray(positions[slot.organizationId], positions[slot.organizationId + 1]);
    if (organization.length > 0 && !everyOrganization && !organizations.some((own) => sameBytes(own, organization))) {
      throw new VerifyFailure('key_not_permitted', 'the key may not speak for the organization of the event');
    }
    return fields;
  };
}

/** schemas/README.md §2. A salted part's digest is over its bytes as they stand: salt, then the part. */
function leafOf({ value, parts }: Frame<Uint8Array>, at: number, { hasher: { sha256 } }: Platform): Uint8Array {
  const row = at * part.stride;
  const body = value.subarray(parts[row + part.bodyStart], parts[row + part.bodyEnd]);
  const digest = (start: number, tag: number): Uint8Array => {
    const bytes = value.subarray(parts[row + start], parts[row + start + 1]);
    if (parts[row + tag] === partTags.salted) return sha256(bytes);
    return parts[row + tag] === partTags.empty ? zeroDigest : bytes;
  };
  const leaf = new Uint8Array(leafPrefix.length + body.length + 64);
  leaf.set(leafPrefix);
  leaf.set(body, leafPrefix.length);
  leaf.set(digest(part.identityStart, part.identityTag), leafPrefix.length + body.length);
  leaf.set(digest(part.contentStart, part.contentTag), leafPrefix.length + body.length + 32);
  return sha256(leaf);
}

function checkLeaves(job: RecordJob, run: EventRun, leaves: Uint8Array, { hasher }: Platform): void {
  const end = run.start + leaves.length / 32;
  verifyRange({ hasher, start: run.start, end, leafHashes: leaves, size: job.count, proof: run.proof, root: job.root });
}

function note(
  finding: RecordFinding,
  {
    job,
    frame,
    fields,
    at,
    index,
  }: { job: RecordJob; frame: Frame<Uint8Array>; fields: EventFields; at: number; index: number },
): void {
  const row = at * part.stride;
  if (frame.parts[row + part.identityTag] === partTags.digest) finding.erased.push({ index, part: 'identity' });
  if (frame.parts[row + part.contentTag] === partTags.digest) finding.erased.push({ index, part: 'content' });
  const isList = isListAction(frame.value, fields);
  if (!isList && finding.shown.length >= job.views) return;
  const view = viewOf(frame, at, fields, index);
  if (isList && view.scope === 'system') finding.lists.push(view.related);
  if (finding.shown.length < job.views) finding.shown.push(view);
}

const listActionBytes = ascii('erasure.listed');
function isListAction(value: Uint8Array, { positions }: EventFields): boolean {
  const start = positions[slot.action]!;
  const end = positions[slot.action + 1]!;
  return end - start === listActionBytes.length && sameBytes(value.subarray(start, end), listActionBytes);
}

function failureOf(error: unknown, index: number): NonNullable<RecordFinding['failed']> {
  if (error instanceof VerifyFailure) return { code: error.code, message: error.message, index };
  if (error instanceof WireFault)
    return { code: 'invalid_event', message: `no event that may be: ${error.message}`, index };
  if (error instanceof TlogError) {
    return {
      code: 'event_altered',
      message: `the events shown are not those that were signed: ${error.message}`,
      index,
    };
  }
  throw error;
}
