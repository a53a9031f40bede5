import type { EventParts } from './event.js';
import { WireFault } from './fault.js';
import { limits } from './limits.js';
import { type Frame, part, readErasedParts, readSignedParts } from './parts.js';
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

/** The `events` of an ErasedBatch alone, as evidence bundles carry them. */
export const encodeErasedParts = (events: ErasedBatch['events']): Buffer => types.erasedEvents.toBuffer(events);

export const encodeErasedBatch = (batch: ErasedBatch): Buffer =>
  Buffer.concat([prefixes.erasedBatch, types.erasedBatch.toBuffer(batch)]);

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
  const parts = readSignedParts(reader);
  const signature = value.subarray(reader.fixed(64), reader.pos);
  reader.done('the record');
  return { form: 'signed', value, header, signature, saltSeed, count: parts.length / part.stride, parts };
}

function readErased(reader: CanonicalReader): Frame {
  const value = reader.bytes;
  const header = value.subarray(reader.byteField(), reader.pos);
  const parts = readErasedParts(reader);
  const signature = value.subarray(reader.fixed(64), reader.pos);
  reader.done('the record');
  return { form: 'erased', value, header, signature, saltSeed: undefined, count: parts.length / part.stride, parts };
}
