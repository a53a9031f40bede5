import { sameBytes, toHex } from './bytes.js';
import { WireFault } from './fault.js';
import { limits } from './limits.js';
import { type Frame, part, partTags } from './parts.js';
import type { CanonicalReader } from './reader.js';
import { actorTypes, eventKinds, outcomes, scopes } from './symbols.js';

/**
 * Slots of the positions table, a row of `slot.stride` integers per event. A string or bytes field takes two slots, start and
 * end within the record's value, both 0 when its part is absent or erased.
 */
export const slot = {
  id: 0,
  scope: 1,
  actorType: 2,
  kind: 3,
  outcome: 4,
  /** Where the first related item stands, and how many there are. */
  related: 5,
  relatedCount: 6,
  organizationId: 8,
  applicationId: 10,
  actorId: 12,
  action: 14,
  targetType: 16,
  targetId: 18,
  reason: 20,
  authMethod: 22,
  service: 24,
  correlationId: 26,
  requestId: 28,
  traceId: 30,
  detailsSchema: 32,
  actorName: 34,
  actorEmail: 36,
  targetName: 38,
  ip: 40,
  userAgent: 42,
  sessionId: 44,
  message: 46,
  path: 48,
  details: 50,
  before: 52,
  after: 54,
  stride: 56,
} as const;

/** Positions of every field of every event of a record: what the sink copies into columns without making strings. */
export interface EventFields {
  positions: Int32Array;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  occurredAt: Float64Array;
}

export const newEventFields = (count: number): EventFields => ({
  positions: new Int32Array(count * slot.stride),
  occurredAt: new Float64Array(count),
});

/**
 * Reads event `index` of the frame strictly into `fields`. Throws a WireFault that says what is wrong with it; of several faults the
 * one that stands first in schemas/README.md §6, so that every reader names the same.
 */
export function scanEvent(
  reader: CanonicalReader<Uint8Array>,
  frame: Frame<Uint8Array>,
  index: number,
  fields: EventFields,
): void {
  const { parts } = frame;
  const { positions, occurredAt } = fields;
  const row = index * part.stride;
  const at = index * slot.stride;
  const body = { start: parts[row + part.bodyStart]!, end: parts[row + part.bodyEnd]! };
  const identity = erasable(frame, row + part.identityStart, row + part.identityTag);
  const content = erasable(frame, row + part.contentStart, row + part.contentTag);

  occurredAt[index] = scanBody(reader.window(body.start, body.end), positions, at);
  if (identity.start < identity.end) scanIdentity(reader.window(identity.start, identity.end), positions, at);
  if (content.start < content.end) scanContent(reader.window(content.start, content.end), positions, at);

  checkSize('body', body.end - body.start, limits.bodyBytes);
  checkSize('identity', identity.end - identity.start, limits.identityBytes);
  checkSize('content', content.end - content.start, limits.contentBytes);
  checkId(reader.bytes, positions[at + slot.id]!);
  checkTime(occurredAt[index]!);
}

/** The part's own bytes within the value: empty where it is absent or erased. */
function erasable(
  { form, parts }: Frame<Uint8Array>,
  startSlot: number,
  tagSlot: number,
): { start: number; end: number } {
  const start = parts[startSlot]!;
  const end = parts[startSlot + 1]!;
  if (form === 'signed') return { start, end };
  return parts[tagSlot] === partTags.salted ? { start: start + 16, end } : { start: 0, end: 0 };
}

function checkSize(what: string, bytes: number, limit: number): void {
  if (bytes > limit) throw new WireFault('limit_exceeded', `the ${what} has ${bytes} bytes, at most ${limit}`);
}

/** Returns occurred_at. */
function scanBody(reader: CanonicalReader<Uint8Array>, positions: Int32Array, at: number): number {
  const text = (field: number): void => {
    positions[at + field] = reader.stringField();
    positions[at + field + 1] = reader.pos;
  };
  positions[at + slot.id] = reader.fixed(16);
  const occurredAt = reader.long();
  positions[at + slot.scope] = reader.enumeration(scopes.length);
  text(slot.organizationId);
  text(slot.applicationId);
  positions[at + slot.actorType] = reader.enumeration(actorTypes.length);
  text(slot.actorId);
  text(slot.action);
  positions[at + slot.kind] = reader.enumeration(eventKinds.length);
  text(slot.targetType);
  text(slot.targetId);
  const related = reader.arrayCount();
  positions[at + slot.related] = reader.pos;
  positions[at + slot.relatedCount] = related;
  for (let item = 0; item < related; item += 1) {
    reader.stringField();
    reader.stringField();
  }
  reader.endOfArray(related);
  positions[at + slot.outcome] = reader.enumeration(outcomes.length);
  for (let field: number = slot.reason; field <= slot.detailsSchema; field += 2) text(field);
  reader.done('the body');
  return occurredAt;
}

function checkId(bytes: Uint8Array, id: number): void {
  const version = bytes[id + 6]! >> 4;
  if ((version !== 7 && version !== 8) || bytes[id + 8]! >> 6 !== 2) {
    throw new WireFault('invalid_id', `id ${toHex(bytes.subarray(id, id + 16))} is no UUID of version 7 or 8`);
  }
}

function checkTime(occurredAt: number): void {
  if (!(occurredAt >= 0 && occurredAt < limits.occurredAtUs)) {
    throw new WireFault('invalid_time', `occurred_at ${occurredAt} µs is not within 1970–2199`);
  }
}

/** The faults that stand after `future_time` in the list: address, action, scope. */
export function checkFields(bytes: Uint8Array, { positions }: EventFields, index: number): void {
  const at = index * slot.stride;
  checkAddress(bytes, positions[at + slot.ip]!, positions[at + slot.ip + 1]!);
  if (!isAction(bytes, positions[at + slot.action]!, positions[at + slot.action + 1]!)) {
    throw new WireFault(
      'invalid_action',
      'action is not 1–128 characters of a–z 0–9 _ - . : beginning with a letter or digit',
    );
  }
  const scope = positions[at + slot.scope]!;
  const has = (field: number): boolean => positions[at + field]! < positions[at + field + 1]!;
  if (scope > 0 && !has(slot.organizationId)) {
    throw new WireFault('invalid_scope', `scope ${scopes[scope]} without an organization_id`);
  }
  if (scope === 2 && !has(slot.applicationId)) {
    throw new WireFault('invalid_scope', 'scope application without an application_id');
  }
}

/** schemas/README.md §1: 1–128 bytes of a–z 0–9 _ - . :, beginning with a letter or digit. */
function isAction(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start || end - start > limits.actionBytes) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!;
    if ((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x3a && (byte !== 0x3a || at > start))) continue;
    if (at > start && (byte === 0x2e || byte === 0x5f || byte === 0x2d)) continue;
    return false;
  }
  return true;
}

const v4MappedPrefix = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

function scanIdentity(reader: CanonicalReader<Uint8Array>, positions: Int32Array, at: number): void {
  const windowStart = reader.pos;
  let filled = false;
  for (let field: number = slot.actorName; field <= slot.sessionId; field += 2) {
    const start = field === slot.ip ? reader.byteField() : reader.stringField();
    positions[at + field] = start;
    positions[at + field + 1] = reader.pos;
    filled ||= start < reader.pos;
  }
  reader.done('the identity');
  if (!filled)
    throw new WireFault('non_canonical', `an identity of absent fields at byte ${windowStart} is not zero bytes`);
}

function checkAddress(bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length !== 0 && length !== 4 && length !== 16) throw new WireFault('invalid_ip', `ip has ${length} bytes`);
  if (length === 16 && sameBytes(bytes.subarray(start, start + 12), v4MappedPrefix)) {
    throw new WireFault('invalid_ip', 'ip is a v4-mapped v6 address; send its 4 bytes');
  }
}

function scanContent(reader: CanonicalReader<Uint8Array>, positions: Int32Array, at: number): void {
  const windowStart = reader.pos;
  let filled = false;
  for (let field: number = slot.message; field <= slot.after; field += 2) {
    const start = reader.stringField();
    positions[at + field] = start;
    positions[at + field + 1] = reader.pos;
    filled ||= start < reader.pos;
  }
  reader.done('the content');
  if (!filled)
    throw new WireFault('non_canonical', `a content of absent fields at byte ${windowStart} is not zero bytes`);
}
