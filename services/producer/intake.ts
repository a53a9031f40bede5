import { Compile } from 'typebox/compile';
import { EventInput, encodeChecked, InvalidEvent, toWire } from '../core/event/index.js';
import { type EventParts, formatUuid, uuidV7, type WireEvent } from '../core/wire/index.js';
import type { Clock } from './clock.js';
import { eventOverheadBytes } from './options.js';

/** Where Kafka has an event. */
export interface Place {
  partition: number;
  offset: number;
}

/** The caller that waits for an event. */
export interface Waiter {
  resolve(place: Place): void;
  reject(error: Error): void;
}

/** An event as it waits to be sealed: a snapshot, so what the caller does to its object later changes nothing. */
export interface QueuedEvent {
  id: string;
  parts: EventParts;
  /** What it takes in a record. */
  bytes: number;
  waiter: Waiter | undefined;
  /** It counts against the queue's limits. */
  held: boolean;
}

const isEventInput = Compile(EventInput);

/** The first thing that the schema finds wrong with an event, as the door says it. */
function checkShape(input: unknown): void {
  if (isEventInput.Check(input)) return;
  const [first] = isEventInput.Errors(input);
  const { instancePath, keyword, message } = first!;
  throw new InvalidEvent(instancePath, keyword === 'boolean' ? 'is no field of an event' : message);
}

/** Turns what callers say into the three byte strings, or throws InvalidEvent naming the field. */
export function createIntake({ clock, traceId }: { clock: Clock; traceId: () => string | undefined }): {
  fromInput(input: EventInput): QueuedEvent;
  fromWire(event: WireEvent, at: number): QueuedEvent;
} {
  return {
    fromInput(input) {
      checkShape(input);
      const nowMs = clock.now();
      const event = toWire(input, { id: uuidV7(nowMs), nowUs: nowMs * 1_000 });
      if (event.body.trace_id === '') event.body.trace_id = traceId() ?? '';
      return queued(event, '');
    },
    fromWire: (event, at) => queued(event, `/${at}`),
  };
}

function queued(event: WireEvent, pointer: string): QueuedEvent {
  const parts = encodeChecked(event, pointer);
  const bytes = parts.body.length + parts.identity.length + parts.content.length + eventOverheadBytes;
  return { id: formatUuid(event.body.id), parts, bytes, waiter: undefined, held: false };
}
