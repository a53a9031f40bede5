import type { EventParts } from '../wire/event.js';
import { limits } from '../wire/limits.js';
import { type Frame, part, partTags } from '../wire/parts.js';
import { sha256, sha256Into } from './hash.js';
import { expandSalts } from './salts.js';

const leafPrefix = Buffer.concat([Buffer.from([0]), Buffer.from('sealstream/event/v1\0', 'latin1')]);
const zeroDigest = Buffer.alloc(32);

/** H(salt ‖ part), or 32 zero bytes for a part of zero bytes. */
export const partDigest = (salt: Uint8Array, bytes: Uint8Array): Buffer =>
  bytes.length === 0 ? zeroDigest : sha256(salt, bytes);

/** The leaf over a body and its two part digests. */
export const leafHash = (body: Uint8Array, identityDigest: Uint8Array, contentDigest: Uint8Array): Buffer =>
  sha256(leafPrefix, body, identityDigest, contentDigest);

/** Room for the longest part that a record can hold, so that a hostile record hashes like any other. */
const scratchBytes = limits.recordBytes + 256;

/** Views of a buffer's first bytes, made once per length: three a leaf would otherwise be a tenth of the hashing's time. */
function createHeads(buffer: Buffer): (length: number) => Buffer {
  const heads: Buffer[] = [];
  return (length) => {
    if (length >= keptHeads) return buffer.subarray(0, length);
    heads[length] ??= buffer.subarray(0, length);
    return heads[length];
  };
}
const keptHeads = 2_048;

/** An event's parts in one buffer. */
export interface PartsInOne {
  parts: Buffer;
  bodyEnd: number;
  identityEnd: number;
  contentEnd: number;
}

/** Computes leaves without allocating per event. Not re-entrant; keep one per reader. */
export function createLeafHasher(): {
  /** 32 bytes per event of the frame, and the salts that an ErasedBatch carries in place of a seed. */
  ofFrame(frame: Frame): { leaves: Buffer; salts: Buffer };
  /**
   * Writes the leaf of one event into `target` at `at`. Its parts lie one behind the other from the beginning of `parts`, its two salts at
   * `saltAt` of `salts`.
   */
  into(target: Buffer, at: number, event: PartsInOne, salts: Buffer, saltAt: number): void;
  /** 32 bytes per event; `salts` as `expandSalts` gives them. */
  ofParts(events: EventParts[], salts: Buffer): Buffer;
} {
  const scratch = Buffer.allocUnsafe(scratchBytes);
  const leaf = Buffer.allocUnsafe(scratchBytes);
  const scratchHead = createHeads(scratch);
  const leafHead = createHeads(leaf);
  leafPrefix.copy(leaf);

  /** Writes the part's digest where the leaf wants it. */
  const digestInto = (at: number, salts: Buffer, saltAt: number, bytes: Buffer, start: number, end: number): void => {
    if (start === end) {
      zeroDigest.copy(leaf, at);
      return;
    }
    // Buffer.copy costs more than so short a loop.
    for (let byte = 0; byte < 16; byte += 1) scratch[byte] = salts[saltAt + byte]!;
    bytes.copy(scratch, 16, start, end);
    sha256Into(leaf, at, scratchHead(16 + end - start));
  };

  const erasableInto = (at: number, value: Buffer, tag: number, start: number, end: number): void => {
    if (tag === partTags.empty) zeroDigest.copy(leaf, at);
    else if (tag === partTags.digest) value.copy(leaf, at, start, end);
    else sha256Into(leaf, at, value.subarray(start, end));
  };

  const ofSigned = ({ value, parts, count, saltSeed }: Frame): { leaves: Buffer; salts: Buffer } => {
    const salts = expandSalts(saltSeed!, count);
    const leaves = Buffer.allocUnsafe(32 * count);
    for (let index = 0, row = 0; index < count; index += 1, row += part.stride) {
      const bodyEnd = leafPrefix.length + value.copy(leaf, leafPrefix.length, parts[row], parts[row + 1]);
      digestInto(bodyEnd, salts, index * 32, value, parts[row + 2]!, parts[row + 3]!);
      digestInto(bodyEnd + 32, salts, index * 32 + 16, value, parts[row + 4]!, parts[row + 5]!);
      sha256Into(leaves, index * 32, leafHead(bodyEnd + 64));
    }
    return { leaves, salts };
  };

  const ofErased = ({ value, parts, count }: Frame): { leaves: Buffer; salts: Buffer } => {
    const salts = Buffer.alloc(32 * count);
    const leaves = Buffer.allocUnsafe(32 * count);
    for (let index = 0, row = 0; index < count; index += 1, row += part.stride) {
      const bodyEnd = leafPrefix.length + value.copy(leaf, leafPrefix.length, parts[row], parts[row + 1]);
      for (const [side, start, tag] of [
        [0, part.identityStart, part.identityTag],
        [1, part.contentStart, part.contentTag],
      ] as const) {
        const from = parts[row + start]!;
        erasableInto(bodyEnd + side * 32, value, parts[row + tag]!, from, parts[row + start + 1]!);
        if (parts[row + tag] === partTags.salted) value.copy(salts, index * 32 + side * 16, from, from + 16);
      }
      sha256Into(leaves, index * 32, leafHead(bodyEnd + 64));
    }
    return { leaves, salts };
  };

  return {
    ofFrame: (frame) => (frame.form === 'signed' ? ofSigned(frame) : ofErased(frame)),
    into(target, at, { parts, bodyEnd, identityEnd, contentEnd }, salts, saltAt) {
      const end = leafPrefix.length + parts.copy(leaf, leafPrefix.length, 0, bodyEnd);
      digestInto(end, salts, saltAt, parts, bodyEnd, identityEnd);
      digestInto(end + 32, salts, saltAt + 16, parts, identityEnd, contentEnd);
      sha256Into(target, at, leafHead(end + 64));
    },
    ofParts(events, salts) {
      const leaves = Buffer.allocUnsafe(32 * events.length);
      events.forEach(({ body, identity, content }, index) => {
        const bodyEnd = leafPrefix.length + body.copy(leaf, leafPrefix.length);
        digestInto(bodyEnd, salts, index * 32, identity, 0, identity.length);
        digestInto(bodyEnd + 32, salts, index * 32 + 16, content, 0, content.length);
        sha256Into(leaves, index * 32, leafHead(bodyEnd + 64));
      });
      return leaves;
    },
  };
}
