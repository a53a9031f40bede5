import type { EventParts } from './event.js';
import { WireFault } from './fault.js';
import { limits } from './limits.js';
import { CanonicalReader } from './reader.js';
import { prefixes, types } from './schemas.js';

export interface SignedBatch {
  header: Buffer;
  salt_seed: Buffer;
  events: EventParts[];
  signature: Buffer;
}

export type PartTag = 'empty' | 'salted' | 'digest';
export interface ErasablePart {
  tag: PartTag;
  data: Buffer;
}
export interface ErasedBatch {
  header: Buffer;
  events: { body: Buffer; identity: ErasablePart; content: ErasablePart }[];
  signature: Buffer;
}

export const encodeSignedBatch = (batch: SignedBatch): Buffer =>
  Buffer.concat([prefixes.signedBatch, types.signedBatch.toBuffer(batch)]);

export const encodeErasedBatch = (batch: ErasedBatch): Buffer =>
  Buffer.concat([prefixes.erasedBatch, types.erasedBatch.toBuffer(batch)]);

/** Where a part stands in an ErasedBatch: 0 empty, 1 salted, 2 digest (the enum's index). */
export const partTags = { empty: 0, salted: 1, digest: 2 } as const;

/** Slots of `Frame.parts`, a row of them per event: where in the value each part starts and ends. */
export const part = {
  bodyStart: 0,
  bodyEnd: 1,
  identityStart: 2,
  identityEnd: 3,
  contentStart: 4,
  contentEnd: 5,
  /** Of an ErasedBatch; 1 throughout in a SignedBatch. A salted part's bytes begin after its 16 bytes of salt. */
  identityTag: 6,
  contentTag: 7,
  stride: 8,
} as const;

/** A record's value taken apart, nothing copied. */
export interface Frame {
  form: 'signed' | 'erased';
  value: Buffer;
  header: Buffer;
  signature: Buffer;
  /** Absent in an ErasedBatch. */
  saltSeed: Buffer | undefined;
  count: number;
  parts: Int32Array;
}

/**
 * Strict: throws a WireFault: bad_frame for other first bytes than a batch's, then non_canonical, then limit_exceeded. The events'
 * own canonical form is not read here.
 */
export function decodeFrame(value: Buffer): Frame {
  const prefix = value.subarray(0, 10);
  const isSigned = prefix.equals(prefixes.signedBatch);
  if (!isSigned && !prefix.equals(prefixes.erasedBatch)) {
    throw new WireFault(
      'bad_frame',
      `the first bytes are ${prefix.toString('hex') || 'missing'}: no batch of this format`,
    );
  }
  const reader = new CanonicalReader(value).window(10, value.length);
  const frame = isSigned ? readSigned(reader) : readErased(reader);
  if (value.length > limits.recordBytes) {
    throw new WireFault('limit_exceeded', `the record has ${value.length} bytes, at most ${limits.recordBytes}`);
  }
  if (frame.count > limits.recordEvents) {
    throw new WireFault('limit_exceeded', `${frame.count} events, at most ${limits.recordEvents}`);
  }
  return frame;
}

function readSigned(reader: CanonicalReader): Frame {
  const value = reader.bytes;
  const header = value.subarray(reader.byteField(), reader.pos);
  const saltSeed = value.subarray(reader.fixed(32), reader.pos);
  const count = eventCount(reader, 3);
  const parts = new Int32Array(count * part.stride);
  for (let row = 0; row < parts.length; row += part.stride) {
    for (let slot = 0; slot < 6; slot += 2) {
      parts[row + slot] = reader.byteField();
      parts[row + slot + 1] = reader.pos;
    }
    parts[row + part.identityTag] = partTags.salted;
    parts[row + part.contentTag] = partTags.salted;
  }
  reader.endOfArray(count);
  const signature = value.subarray(reader.fixed(64), reader.pos);
  reader.done('the record');
  return { form: 'signed', value, header, signature, saltSeed, count, parts };
}

function readErased(reader: CanonicalReader): Frame {
  const value = reader.bytes;
  const header = value.subarray(reader.byteField(), reader.pos);
  const count = eventCount(reader, 5);
  const parts = new Int32Array(count * part.stride);
  for (let row = 0; row < parts.length; row += part.stride) {
    parts[row + part.bodyStart] = reader.byteField();
    parts[row + part.bodyEnd] = reader.pos;
    readErasable(reader, parts, row + part.identityStart, row + part.identityTag);
    readErasable(reader, parts, row + part.contentStart, row + part.contentTag);
  }
  reader.endOfArray(count);
  const signature = value.subarray(reader.fixed(64), reader.pos);
  reader.done('the record');
  return { form: 'erased', value, header, signature, saltSeed: undefined, count, parts };
}

const zeroDigest = Buffer.alloc(32);

function readErasable(reader: CanonicalReader, parts: Int32Array, start: number, tagSlot: number): void {
  const tag = reader.enumeration(3);
  const from = reader.byteField();
  const length = reader.pos - from;
  const fits =
    tag === partTags.empty
      ? length === 0
      : tag === partTags.salted
        ? length > 16
        : length === 32 && !reader.bytes.subarray(from, reader.pos).equals(zeroDigest);
  if (!fits) throw new WireFault('non_canonical', `an erasable part with tag ${tag} and ${length} bytes at ${from}`);
  parts[start] = from;
  parts[start + 1] = reader.pos;
  parts[tagSlot] = tag;
}

/** An event takes at least `partsOfEvent` bytes, so a count that the bytes cannot hold is refused before room is made for it. */
function eventCount(reader: CanonicalReader, partsOfEvent: number): number {
  const count = reader.arrayCount();
  if (count * partsOfEvent > reader.end - reader.pos) {
    throw new WireFault('non_canonical', `${count} events do not fit into ${reader.end - reader.pos} bytes`);
  }
  return count;
}
