import type { Judged } from '../judge/index.js';
import { decodeEvent, type EventParts, type Frame, part, partTags, type WireEvent } from '../wire/index.js';

/** An event that a judged record brings in. It holds on to the record's value, and is decoded when first asked for. */
export interface AcceptedEvent {
  readonly idx: number;
  readonly event: WireEvent;
  /** Of its parts. */
  readonly bytes: number;
}

const none = Buffer.alloc(0);

/** A part's own bytes: an erased part shows as absent, a salted one without its salt. */
function erasableBytes({ value, parts, form }: Frame, start: number, tag: number): Buffer {
  const [from, to] = [parts[start]!, parts[start + 1]!];
  if (form === 'signed') return value.subarray(from, to);
  return parts[tag] === partTags.salted ? value.subarray(from + 16, to) : none;
}

const partsOf = (frame: Frame, index: number): EventParts => {
  const row = index * part.stride;
  return {
    body: frame.value.subarray(frame.parts[row + part.bodyStart], frame.parts[row + part.bodyEnd]),
    identity: erasableBytes(frame, row + part.identityStart, row + part.identityTag),
    content: erasableBytes(frame, row + part.contentStart, row + part.contentTag),
  };
};

/** Which parts an ErasedBatch holds no more. */
function erasedOf({ form, parts }: Frame, index: number): Pick<WireEvent, 'erased'> {
  if (form === 'signed') return {};
  const row = index * part.stride;
  const erased = (['identity', 'content'] as const).filter(
    (name) => parts[row + (name === 'identity' ? part.identityTag : part.contentTag)] === partTags.digest,
  );
  return erased.length > 0 ? { erased } : {};
}

function bytesOf({ parts }: Frame, index: number): number {
  const row = index * part.stride;
  return (
    parts[row + part.bodyEnd]! -
    parts[row + part.bodyStart]! +
    parts[row + part.identityEnd]! -
    parts[row + part.identityStart]! +
    parts[row + part.contentEnd]! -
    parts[row + part.contentStart]!
  );
}

/** The events that a judged record brings in, in their order. */
export function acceptedEvents({ accepted, opened }: Judged): AcceptedEvent[] {
  if (!opened) return [];
  const { frame } = opened;
  return accepted.map((idx) => {
    let event: WireEvent | undefined;
    return {
      idx,
      bytes: bytesOf(frame, idx),
      get event() {
        event ??= { ...decodeEvent(partsOf(frame, idx)), ...erasedOf(frame, idx) };
        return event;
      },
    };
  });
}
