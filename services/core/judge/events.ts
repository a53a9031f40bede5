import type { KeyGrant } from '../registry/registry.js';
import { type EventReason, WireFault } from '../wire/fault.js';
import { checkFields, type EventFields, newEventFields, scanEvent, slot } from '../wire/fields.js';
import { limits } from '../wire/limits.js';
import { part, partTags } from '../wire/parts.js';
import { CanonicalReader } from '../wire/reader.js';
import { type Scope, scopes } from '../wire/symbols.js';
import type { ErasureList, EventFault, OpenedRecord, TopicRecord } from './verdict.js';

/** Judges the events of a record whose root is good: the last row of schemas/README.md §6. */
export function judgeEvents({
  record,
  opened,
  grant,
  skip,
  erasures,
}: {
  record: TopicRecord;
  opened: OpenedRecord;
  /** Absent for markers, which hold no events. */
  grant: KeyGrant | undefined;
  /** Indices accepted with an earlier record of the same header. */
  skip: readonly number[];
  erasures: ErasureList;
}): { accepted: number[]; faults: EventFault[]; fields: EventFields } {
  const { frame } = opened;
  const fields = newEventFields(frame.count);
  const accepted: number[] = [];
  const faults: EventFault[] = [];
  if (frame.count === 0) return { accepted, faults, fields };
  const reader = new CanonicalReader(frame.value);
  const latestUs = record.appendTimeMs * 1_000 + limits.futureUs;
  const permitted = createPermission(frame.value, grant!);
  const skipped = new Set(skip);
  for (let index = 0; index < frame.count; index += 1) {
    if (skipped.has(index)) continue;
    try {
      scanEvent(reader, frame, index, fields);
      if (fields.occurredAt[index]! > latestUs) {
        throw new WireFault(
          'future_time',
          `occurred_at is more than ten minutes after the append time ${record.appendTimeMs} ms`,
        );
      }
      checkFields(frame.value, fields, index);
      permitted(fields.positions, index * slot.stride);
      if (frame.form === 'erased') checkErasure(opened, index, erasures);
      accepted.push(index);
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      faults.push({ index, reason: error.reason as EventReason, detail: error.message });
    }
  }
  return { accepted, faults, fields };
}

/** A check of scope and organization that remembers its last good answer: a batch is mostly one organization's. */
function createPermission(value: Buffer, grant: KeyGrant): (positions: Int32Array, at: number) => void {
  const everyOrganization = grant.organizations.has('*');
  const permittedScopes = scopes.map((scope: Scope) => grant.scopes.has(scope));
  let lastStart = 0;
  let lastEnd = 0;
  return (positions, at) => {
    const scope = positions[at + slot.scope]!;
    if (!permittedScopes[scope]) {
      throw new WireFault('scope_not_permitted', `key of ${grant.producerId} may not write scope ${scopes[scope]}`);
    }
    const start = positions[at + slot.organizationId]!;
    const end = positions[at + slot.organizationId + 1]!;
    if (everyOrganization || start === end) return;
    if (end - start === lastEnd - lastStart && value.compare(value, start, end, lastStart, lastEnd) === 0) return;
    const organization = value.toString('utf8', start, end);
    if (!grant.organizations.has(organization)) {
      throw new WireFault('organization_not_permitted', `key of ${grant.producerId} may not speak for ${organization}`);
    }
    lastStart = start;
    lastEnd = end;
  };
}

function checkErasure({ frame, headerHash }: OpenedRecord, index: number, erasures: ErasureList): void {
  const row = index * part.stride;
  for (const [name, tag] of [
    ['identity', part.identityTag],
    ['content', part.contentTag],
  ] as const) {
    if (frame.parts[row + tag] === partTags.digest && !erasures(headerHash.toString('hex'), index, name)) {
      throw new WireFault('erasure_unlisted', `the ${name} is erased and no erasure names it`);
    }
  }
}
