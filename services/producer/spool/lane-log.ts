import { mkdirSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../core/errors.js';
import { limits } from '../../core/wire/index.js';
import { producerError } from '../errors.js';
import { encodeFrame, framedLength, readFrames } from './frame.js';
import { openLaneState } from './lane-state.js';
import { damaged, loadSegments, type Segment, segmentName, syncFolder } from './segments.js';

export interface PeekLimits {
  bytes: number;
  count: number;
}

/** A lane's signed records on disk, first in, first out. */
export interface LaneLog {
  /** Resolves once the record is on disk to stay. Rejects with `spool_write`; then it is not there. One at a time. */
  append(value: Buffer, headerHash: Buffer): Promise<void>;
  /** The oldest records not yet released, at least one if there is any, within the limits. */
  peek(most: PeekLimits): Promise<Buffer[]>;
  /** These, the oldest, are in Kafka. */
  release(values: Buffer[]): void;
  /** A record that was not appended was published all the same: the lane's next epoch continues it. */
  continueFrom(headerHash: Buffer): void;
  /** Records ever appended, those found at the start included; and released. */
  readonly appended: number;
  readonly released: number;
  /** Header hash of the newest record that was ever here. */
  readonly head: Buffer | undefined;
  /** On disk. */
  readonly bytes: number;
  close(): Promise<void>;
}

/** Appended values kept in memory until they are peeked at, so that a log that is drained at once is never read. */
const freshBytesMost = 4_194_304;

const noHead = Buffer.alloc(32);

export function openLaneLog({
  folder,
  segmentBytes,
  onTorn,
  onFreed,
}: {
  folder: string;
  /** A segment that has grown to this size takes no more. */
  segmentBytes: number;
  /** Told of bytes that a crash left at the end: a record that was never acknowledged. */
  onTorn: (detail: { file: string; bytes: number }) => void;
  /** Told of bytes that a removed file gave back. */
  onFreed: (bytes: number) => void;
}): LaneLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  syncFolder(dirname(folder));
  const state = openLaneState(join(folder, 'state'));
  const pathOf = (number: number): string => join(folder, segmentName(number));
  const loaded = loadSegments({ folder, from: state.position, onTorn });
  /** The first holds the oldest record not released, at byte `offset`. */
  const { segments } = loaded;
  let { offset, head } = loaded;
  let nextNumber = Math.max(segments.at(-1)?.number ?? 0, state.position?.segment ?? 0) + 1;
  let { appended } = loaded;
  let released = 0;
  let writer: { handle: FileHandle; segment: Segment } | undefined;
  const fresh = new Map<number, Buffer>();
  let freshBytes = 0;

  const startSegment = async (): Promise<{ handle: FileHandle; segment: Segment }> => {
    await writer?.handle.close();
    writer = undefined;
    const segment = { number: nextNumber, size: 0 };
    const handle = await open(pathOf(segment.number), 'wx', 0o600);
    nextNumber += 1;
    syncFolder(folder);
    if (segments.length === 0) offset = 0;
    segments.push(segment);
    writer = { handle, segment };
    return writer;
  };

  const writable = async (): Promise<{ handle: FileHandle; segment: Segment }> => {
    const last = segments.at(-1);
    if (!last || last.size >= segmentBytes) return startSegment();
    writer ??= { handle: await open(pathOf(last.number), 'r+'), segment: last };
    return writer;
  };

  const savePosition = (): void =>
    state.write({ segment: segments[0]?.number ?? nextNumber, offset, head: head ?? noHead });

  /** Removes segments whose records are all in Kafka. The last one stays while it takes more. */
  const removeDrained = (freed: (bytes: number) => void): void => {
    for (let first = segments[0]; first && offset >= first.size; first = segments[0]) {
      if (segments.length === 1 && first.size < segmentBytes) return;
      segments.shift();
      offset = 0;
      savePosition();
      state.sync();
      unlinkSync(pathOf(first.number));
      freed(first.size);
    }
  };

  const write = async (frame: Buffer): Promise<void> => {
    const { handle, segment } = await writable();
    try {
      await handle.write(frame, 0, frame.length, segment.size);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(segment.size).catch(() => {});
      throw error;
    }
    segment.size += frame.length;
  };

  const freshValues = (most: PeekLimits): Buffer[] => {
    const values: Buffer[] = [];
    for (let at = released, bytes = 0; values.length < most.count; at += 1) {
      const value = fresh.get(at);
      bytes += value?.length ?? 0;
      if (!value || (values.length > 0 && bytes > most.bytes)) break;
      values.push(value);
    }
    return values;
  };

  const storedValues = async (most: PeekLimits): Promise<Buffer[]> => {
    const { number, size } = segments[0]!;
    const length = Math.min(size - offset, Math.max(most.bytes, limits.recordBytes + 16));
    const handle = await open(pathOf(number), 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset);
      const { values } = readFrames(buffer.subarray(0, bytesRead), 0);
      if (values.length === 0) throw damaged(pathOf(number), offset);
      let bytes = 0;
      return values.slice(0, most.count).filter((value, at) => {
        bytes += value.length;
        return at === 0 || bytes <= most.bytes;
      });
    } finally {
      await handle.close();
    }
  };

  removeDrained(() => {});

  return {
    async append(value, headerHash) {
      try {
        await write(encodeFrame(value));
      } catch (error) {
        throw producerError('spool_write', `a record could not be written to ${folder}: ${messageOf(error)}`, {
          retriable: true,
          cause: error,
        });
      }
      if (freshBytes + value.length <= freshBytesMost) {
        fresh.set(appended, value);
        freshBytes += value.length;
      }
      appended += 1;
      head = headerHash;
    },
    async peek(most) {
      if (released === appended) return [];
      return fresh.has(released) ? freshValues(most) : storedValues(most);
    },
    release(values) {
      for (const value of values) {
        if (fresh.delete(released)) freshBytes -= value.length;
        released += 1;
        offset += framedLength(value);
        removeDrained(onFreed);
      }
      savePosition();
    },
    continueFrom(headerHash) {
      head = headerHash;
      savePosition();
    },
    get appended() {
      return appended;
    },
    get released() {
      return released;
    },
    get head() {
      return head;
    },
    get bytes() {
      return segments.reduce((sum, { size }) => sum + size, 0);
    },
    async close() {
      state.sync();
      state.close();
      await writer?.handle.close();
    },
  };
}
