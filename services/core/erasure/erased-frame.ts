import { expandSalts, partDigest } from '../seal/index.js';
import {
  CanonicalReader,
  decodeFrame,
  type ErasablePart,
  encodeErasedBatch,
  type Frame,
  part,
  partTags,
  prefixes,
  readErasedParts,
} from '../wire/index.js';
import { type ErasablePartName, erasableParts } from './listed-parts.js';

const slots = {
  identity: { start: part.identityStart, tag: part.identityTag, saltAt: 0 },
  content: { start: part.contentStart, tag: part.contentTag, saltAt: 16 },
} as const;

/** A record taken apart with its salts, whichever form it has. */
export interface OpenFrame {
  frame: Frame;
  /** 32 bytes an event; of an ErasedBatch those it carries. */
  salts: Buffer;
}

/** What an erasable part of an event is. */
export interface PartState {
  /** '' where the part is absent or erased. */
  bytes: Buffer;
  /** What the leaf holds: also of a part that is there. */
  digest: Buffer;
  erased: boolean;
}

/** Salts of the frame, from its seed or as it carries them. */
export function saltsOfFrame({ form, saltSeed, count, parts, value }: Frame): Buffer {
  if (form === 'signed') return expandSalts(saltSeed!, count);
  const salts = Buffer.alloc(32 * count);
  for (let index = 0; index < count; index += 1) {
    for (const name of erasableParts) {
      const { start, tag, saltAt } = slots[name];
      const row = index * part.stride;
      if (parts[row + tag] !== partTags.salted) continue;
      value.copy(salts, index * 32 + saltAt, parts[row + start]!, parts[row + start]! + 16);
    }
  }
  return salts;
}

export function partOf({ frame, salts }: OpenFrame, index: number, name: ErasablePartName): PartState {
  const { start, tag, saltAt } = slots[name];
  const row = index * part.stride;
  const held = frame.value.subarray(frame.parts[row + start], frame.parts[row + start + 1]);
  if (frame.form === 'erased' && frame.parts[row + tag] === partTags.digest) {
    return { bytes: none, digest: held, erased: true };
  }
  const bytes = frame.form === 'signed' || held.length === 0 ? held : held.subarray(16);
  const saltFrom = index * 32 + saltAt;
  return { bytes, digest: partDigest(salts.subarray(saltFrom, saltFrom + 16), bytes), erased: false };
}

export const bodyOf = ({ value, parts }: Frame, index: number): Buffer =>
  value.subarray(parts[index * part.stride + part.bodyStart], parts[index * part.stride + part.bodyEnd]);

/**
 * The record as an ErasedBatch with the parts erased of which `isErased` says so; those that were, stay so. Undefined where that changes
 * nothing. It may be longer than a record in Kafka: each part that stays carries its salt.
 */
export function eraseFrame(
  open: OpenFrame,
  isErased: (index: number, name: ErasablePartName) => boolean,
): OpenFrame | undefined {
  const { frame, salts } = open;
  let changed = false;
  const erasable = (index: number, name: ErasablePartName): ErasablePart => {
    const { bytes, digest, erased } = partOf(open, index, name);
    if (!erased && bytes.length === 0) return { tag: 'empty', data: none };
    if (erased) return { tag: 'digest', data: digest };
    if (isErased(index, name)) {
      changed = true;
      return { tag: 'digest', data: digest };
    }
    const saltFrom = index * 32 + slots[name].saltAt;
    return { tag: 'salted', data: Buffer.concat([salts.subarray(saltFrom, saltFrom + 16), bytes]) };
  };
  const events = Array.from({ length: frame.count }, (_, index) => ({
    body: bodyOf(frame, index),
    identity: erasable(index, 'identity'),
    content: erasable(index, 'content'),
  }));
  if (!changed) return undefined;
  const erased = readFrame(encodeErasedBatch({ header: frame.header, events, signature: frame.signature }));
  return { frame: erased, salts: saltsOfFrame(erased) };
}

/** As `decodeFrame`, but an ErasedBatch may be longer than a record. Throws a WireFault. */
export function readFrame(value: Buffer): Frame {
  if (!value.subarray(0, 10).equals(prefixes.erasedBatch)) return decodeFrame(value);
  const reader = new CanonicalReader(value).window(10, value.length);
  const header = value.subarray(reader.byteField(), reader.pos);
  const parts = readErasedParts(reader);
  const signature = value.subarray(reader.fixed(64), reader.pos);
  reader.done('the record');
  return { form: 'erased', value, header, signature, saltSeed: undefined, count: parts.length / part.stride, parts };
}

/** Whether a record is an ErasedBatch, by its first bytes. */
export const isErasedForm = (value: Buffer): boolean =>
  value[2] === prefixes.erasedBatch[2] && value.subarray(0, 10).equals(prefixes.erasedBatch);

const none = Buffer.alloc(0);
