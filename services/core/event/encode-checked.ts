import { type EventParts, encodeEvent, limits, type WireEvent } from '../wire/index.js';
import { InvalidEvent } from './input.js';

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
