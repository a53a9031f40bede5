import { isZero } from './bytes.js';
import { WireFault } from './fault.js';
import type { CanonicalReader } from './reader.js';

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
export interface Frame<Bytes extends Uint8Array = Buffer> {
  form: 'signed' | 'erased';
  value: Bytes;
  header: Bytes;
  signature: Bytes;
  /** Absent in an ErasedBatch. */
  saltSeed: Bytes | undefined;
  count: number;
  parts: Int32Array;
}

/** Reads the `events` of a SignedBatch. */
export function readSignedParts(reader: CanonicalReader<Uint8Array>): Int32Array {
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
  return parts;
}

/** Reads the `events` of an ErasedBatch. */
export function readErasedParts(reader: CanonicalReader<Uint8Array>): Int32Array {
  const count = eventCount(reader, 5);
  const parts = new Int32Array(count * part.stride);
  for (let row = 0; row < parts.length; row += part.stride) {
    parts[row + part.bodyStart] = reader.byteField();
    parts[row + part.bodyEnd] = reader.pos;
    readErasable(reader, parts, row + part.identityStart, row + part.identityTag);
    readErasable(reader, parts, row + part.contentStart, row + part.contentTag);
  }
  reader.endOfArray(count);
  return parts;
}

function readErasable(reader: CanonicalReader<Uint8Array>, parts: Int32Array, start: number, tagSlot: number): void {
  const tag = reader.enumeration(3);
  const from = reader.byteField();
  const length = reader.pos - from;
  const fits =
    tag === partTags.empty
      ? length === 0
      : tag === partTags.salted
        ? length > 16
        : length === 32 && !isZero(reader.bytes.subarray(from, reader.pos));
  if (!fits) throw new WireFault('non_canonical', `an erasable part with tag ${tag} and ${length} bytes at ${from}`);
  parts[start] = from;
  parts[start + 1] = reader.pos;
  parts[tagSlot] = tag;
}

/** An event takes at least `partsOfEvent` bytes, so a count that the bytes cannot hold is refused before room is made for it. */
function eventCount(reader: CanonicalReader<Uint8Array>, partsOfEvent: number): number {
  const count = reader.arrayCount();
  if (count * partsOfEvent > reader.end - reader.pos) {
    throw new WireFault('non_canonical', `${count} events do not fit into ${reader.end - reader.pos} bytes`);
  }
  return count;
}
