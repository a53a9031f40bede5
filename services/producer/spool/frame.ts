import { crc32 } from 'node:zlib';
import { prefixes } from '../../core/wire/index.js';

/** Before each value: its length and a CRC-32 over the length's bytes and the value, big-endian. */
export const frameBytes = 8;

export const framedLength = (value: Buffer): number => frameBytes + value.length;

const checksum = (length: Buffer, value: Buffer): number => crc32(value, crc32(length));

export function encodeFrame(value: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(framedLength(value));
  frame.writeUInt32BE(value.length, 0);
  frame.writeUInt32BE(checksum(frame.subarray(0, 4), value), 4);
  value.copy(frame, frameBytes);
  return frame;
}

/** The value of the frame at `at`, or undefined where there is no whole and sound one. */
export function frameAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + frameBytes > bytes.length) return undefined;
  const end = at + frameBytes + bytes.readUInt32BE(at);
  if (end > bytes.length || end === at + frameBytes) return undefined;
  const value = bytes.subarray(at + frameBytes, end);
  return checksum(bytes.subarray(at, at + 4), value) === bytes.readUInt32BE(at + 4) ? value : undefined;
}

/** Frames from `at` on: their values, and where the last sound one ends. */
export function readFrames(bytes: Buffer, at: number): { values: Buffer[]; end: number } {
  const values: Buffer[] = [];
  let end = at;
  for (let value = frameAt(bytes, end); value; value = frameAt(bytes, end)) {
    values.push(value);
    end += framedLength(value);
  }
  return { values, end };
}

/**
 * Whether a sound frame stands somewhere after `at`. Then what is at `at` was damaged: a write cut off by a crash has nothing behind it.
 */
export function hasFrameAfter(bytes: Buffer, at: number): boolean {
  for (let found = bytes.indexOf(prefixes.signedBatch, at); found >= 0; ) {
    if (found - frameBytes > at && frameAt(bytes, found - frameBytes)) return true;
    found = bytes.indexOf(prefixes.signedBatch, found + 1);
  }
  return false;
}
