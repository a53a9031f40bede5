import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { headerHash } from '../../core/seal/index.js';
import { decodeFrame } from '../../core/wire/index.js';
import { producerError } from '../errors.js';
import { framedLength, hasFrameAfter, readFrames } from './frame.js';
import type { LanePosition } from './lane-state.js';

export interface Segment {
  number: number;
  /** Where its sound frames end. */
  size: number;
}

export const segmentName = (number: number): string => `${String(number).padStart(12, '0')}.log`;

/** Reads what is there: removes what is in Kafka, cuts off a torn end, refuses damage. */
export function loadSegments({
  folder,
  from,
  onTorn,
}: {
  folder: string;
  from: LanePosition | undefined;
  onTorn: (detail: { file: string; bytes: number }) => void;
}): { segments: Segment[]; offset: number; head: Buffer | undefined; appended: number } {
  const segments: Segment[] = [];
  let { head } = from ?? { head: undefined };
  let offset = 0;
  let appended = 0;
  const numbers = readdirSync(folder)
    .filter((name) => /^\d{12}\.log$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b);
  for (const number of numbers) {
    const path = join(folder, segmentName(number));
    if (from && number < from.segment) {
      unlinkSync(path);
      continue;
    }
    const bytes = readFileSync(path);
    const { values, end } = readFrames(bytes, 0);
    if (end < bytes.length) {
      if (number !== numbers.at(-1) || hasFrameAfter(bytes, end)) throw damaged(path, end);
      truncateSync(path, end);
      onTorn({ file: path, bytes: bytes.length - end });
    }
    segments.push({ number, size: end });
    const last = values.at(-1);
    if (last) head = headerHash(decodeFrame(last).header);
    const drained = number === from?.segment ? countBefore(values, from.offset) : 0;
    if (drained > 0) offset = from!.offset;
    appended += values.length - drained;
  }
  return { segments, offset, head, appended };
}

/** How many of the values end at or before `offset`; 0 when it lies at no boundary. */
function countBefore(values: Buffer[], offset: number): number {
  let end = 0;
  for (const [at, value] of values.entries()) {
    if (end === offset) return at;
    end += framedLength(value);
  }
  return end === offset ? values.length : 0;
}

export const damaged = (path: string, at: number): Error =>
  producerError(
    'spool_damaged',
    `${path} is damaged at byte ${at}. Nothing was changed: restore the file, or move it away to give up the records it holds.`,
  );

/** A new file or folder is there after a power cut only when the folder it stands in was synced too. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
