import type { Judged, TopicRecord } from '../../core/judge/index.js';
import { decodeEvent, type EventParts, type Frame, part, partTags, type WireEvent } from '../../core/wire/index.js';
import { answerOf } from '../query/answer.js';

/** An accepted event on its way to subscribers. What nobody asks for is never decoded. */
export interface LiveEvent {
  readonly offset: number;
  readonly idx: number;
  readonly event: WireEvent;
  /** When Kafka took its record. */
  readonly appendTimeMs: number;
  /** Of the record, about. */
  readonly bytes: number;
  /** The answer as JSON text, made once for all subscribers. */
  readonly json: string;
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

/** The events that a judged record brings in, in their order. They hold on to the record's value. */
export function acceptedEvents({ offset, appendTimeMs }: TopicRecord, { accepted, opened }: Judged): LiveEvent[] {
  if (!opened) return [];
  const { frame } = opened;
  return accepted.map((idx) => {
    let event: WireEvent | undefined;
    let json: string | undefined;
    return {
      offset,
      idx,
      appendTimeMs,
      bytes: bytesOf(frame, idx),
      get event() {
        event ??= decodeEvent(partsOf(frame, idx));
        return event;
      },
      get json() {
        json ??= JSON.stringify(answerOf(this.event, appendTimeMs));
        return json;
      },
    };
  });
}
