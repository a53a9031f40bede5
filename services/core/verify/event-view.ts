import { textOf, toHex } from '../wire/bytes.js';
import { type EventFields, slot } from '../wire/fields.js';
import { type Frame, part, partTags } from '../wire/parts.js';
import { CanonicalReader } from '../wire/reader.js';
import { actorTypes, type Outcome, outcomes, type Scope, scopes } from '../wire/symbols.js';

/** How a part is shown: left out by its producer, in its words, or erased to its digest. */
export type PartShown = 'empty' | 'shown' | 'erased';

/** An event in words, as a verifier lists it. Absent is ''. */
export interface ShownEvent {
  /** Of the event within its record. */
  index: number;
  id: string;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  occurredAtUs: number;
  scope: Scope;
  organizationId: string;
  applicationId: string;
  actor: { type: string; id: string; name: string; email: string };
  action: string;
  target: { type: string; id: string; name: string };
  related: { type: string; id: string }[];
  outcome: Outcome;
  reason: string;
  service: string;
  message: string;
  identity: PartShown;
  content: PartShown;
}

const shownAs: Record<number, PartShown> = {
  [partTags.empty]: 'empty',
  [partTags.salted]: 'shown',
  [partTags.digest]: 'erased',
};

/** `fields` are those of event `at` of the frame, in their first row. */
export function viewOf(
  { value, parts }: Frame<Uint8Array>,
  at: number,
  { positions, occurredAt }: EventFields,
  index: number,
): ShownEvent {
  const tags = at * part.stride;
  const identity = shownAs[parts[tags + part.identityTag]!]!;
  const content = shownAs[parts[tags + part.contentTag]!]!;
  const text = (field: number): string => textOf(value, positions[field]!, positions[field + 1]!);
  const ofIdentity = (field: number): string => (identity === 'shown' ? text(field) : '');
  return {
    index,
    id: uuid(value.subarray(positions[slot.id], positions[slot.id]! + 16)),
    occurredAtUs: occurredAt[0]!,
    scope: scopes[positions[slot.scope]!]!,
    organizationId: text(slot.organizationId),
    applicationId: text(slot.applicationId),
    actor: {
      type: actorTypes[positions[slot.actorType]!]!,
      id: text(slot.actorId),
      name: ofIdentity(slot.actorName),
      email: ofIdentity(slot.actorEmail),
    },
    action: text(slot.action),
    target: { type: text(slot.targetType), id: text(slot.targetId), name: ofIdentity(slot.targetName) },
    related: relatedOf(value, positions),
    outcome: outcomes[positions[slot.outcome]!]!,
    reason: text(slot.reason),
    service: text(slot.service),
    message: content === 'shown' ? text(slot.message) : '',
    identity,
    content,
  };
}

function relatedOf(value: Uint8Array, positions: Int32Array): { type: string; id: string }[] {
  const reader = new CanonicalReader(value).window(positions[slot.related]!, value.length);
  const text = (): string => textOf(value, reader.stringField(), reader.pos);
  return Array.from({ length: positions[slot.relatedCount]! }, () => ({ type: text(), id: text() }));
}

function uuid(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
