import { Compile } from 'typebox/compile';
import { EventInput, InvalidEvent, toWire } from '../core/event/index.js';
import { type EventParts, encodeEvent, formatUuid, limits, uuidV7, type WireEvent } from '../core/wire/index.js';
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

/** The event's parts. Throws InvalidEvent, pointing below `pointer`, where one is larger than the wire takes. */
export function encodeChecked(event: WireEvent, pointer: string): EventParts {
  const parts = encodeEvent(event);
  checkSize('body', parts.body, limits.bodyBytes, event.body, pointer);
  checkSize('identity', parts.identity, limits.identityBytes, event.identity, pointer);
  checkSize('content', parts.content, limits.contentBytes, event.content, pointer);
  return parts;
}

/** Where the input says what the wire calls by another name. */
const pointers: Record<string, string> = {
  actor_type: '/actor/type',
  actor_id: '/actor/id',
  actor_name: '/actor/name',
  actor_email: '/actor/email',
  target_type: '/target/type',
  target_id: '/target/id',
  target_name: '/target/name',
};

function checkSize(part: keyof WireEvent, bytes: Buffer, most: number, fields: object, pointer: string): void {
  if (bytes.length <= most) return;
  const [largest, size] = Object.entries(fields)
    .map(([name, value]): [string, number] => [name, sizeOf(value)])
    .reduce((best, next) => (next[1] > best[1] ? next : best));
  throw new InvalidEvent(
    `${pointer}${pointers[largest] ?? `/${largest}`}`,
    `has ${size} bytes and makes the event's ${part} ${bytes.length} bytes long, at most ${most}`,
  );
}

const sizeOf = (value: unknown): number =>
  typeof value === 'string'
    ? Buffer.byteLength(value)
    : Array.isArray(value)
      ? value.reduce((sum, { type, id }) => sum + Buffer.byteLength(type) + Buffer.byteLength(id), 0)
      : 0;
