import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** How far a lane's log was published, and the header hash that its next record continues. */
export interface LanePosition {
  /** Everything in earlier segments is in Kafka. */
  segment: number;
  /** So is everything before this byte of the segment. */
  offset: number;
  head: Buffer;
}

/**
 * The position on disk: two slots written in turn, so that a torn write leaves the other. Writes survive the process, not the power;
 * after a power cut an older position costs resends, which readers drop.
 */
export interface LaneStateFile {
  readonly position: LanePosition | undefined;
  write(position: LanePosition): void;
  sync(): void;
  close(): void;
}

const slotBytes = 64;
const sealedBytes = 56;

export function openLaneState(path: string): LaneStateFile {
  const fd = openSync(path, 'a+', 0o600);
  closeSync(fd);
  const file = openSync(path, 'r+');
  const slots = [0, 1].map((slot) => readSlot(readFileSync(path), slot * slotBytes));
  const newest = slots.reduce((best, slot) => ((slot?.turn ?? -1) > (best?.turn ?? -1) ? slot : best), undefined);
  let turn = newest?.turn ?? 0;
  let { position } = newest ?? { position: undefined };
  return {
    get position() {
      return position;
    },
    write(next) {
      turn += 1;
      position = next;
      writeSync(file, encodeSlot(turn, next), 0, slotBytes, (turn % 2) * slotBytes);
    },
    sync: () => fdatasyncSync(file),
    close: () => closeSync(file),
  };
}

function encodeSlot(turn: number, { segment, offset, head }: LanePosition): Buffer {
  const slot = Buffer.alloc(slotBytes);
  slot.writeBigUInt64BE(BigInt(turn), 0);
  slot.writeBigUInt64BE(BigInt(segment), 8);
  slot.writeBigUInt64BE(BigInt(offset), 16);
  head.copy(slot, 24);
  slot.writeUInt32BE(crc32(slot.subarray(0, sealedBytes)), sealedBytes);
  return slot;
}

function readSlot(bytes: Buffer, at: number): { turn: number; position: LanePosition } | undefined {
  const slot = bytes.subarray(at, at + slotBytes);
  if (slot.length < slotBytes || crc32(slot.subarray(0, sealedBytes)) !== slot.readUInt32BE(sealedBytes)) {
    return undefined;
  }
  const turn = Number(slot.readBigUInt64BE(0));
  if (turn === 0) return undefined;
  const position = {
    segment: Number(slot.readBigUInt64BE(8)),
    offset: Number(slot.readBigUInt64BE(16)),
    head: Buffer.from(slot.subarray(24, 56)),
  };
  return { turn, position };
}
