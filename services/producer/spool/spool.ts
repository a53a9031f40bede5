import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Logger } from '../../core/log.js';
import { producerError } from '../errors.js';
import { type LaneLog, openLaneLog } from './lane-log.js';
import { lockFolder, lockTouchMs } from './lock.js';
import { createRoom, type Room } from './room.js';
import { syncFolder } from './segments.js';

/** What the folder's records were signed for. Written once; a producer for something else is refused. */
export interface SpoolOwner {
  audience: string;
  producerId: string;
  topic: string;
}

/** A locked folder with one log per lane. */
export interface Spool {
  readonly room: Room;
  /** The lane's log, made when missing. */
  lane(lane: number): LaneLog;
  /** Lanes that have a log, of whatever epoch. */
  readonly lanes: number[];
  /** How many partitions the topic had when Kafka was last asked. */
  readonly partitions: number | undefined;
  rememberPartitions(partitions: number): void;
  /** Keeps a record that Kafka refused, out of the way. Returns where. */
  keepRefused(value: Buffer): string;
  close(): Promise<void>;
}

interface OwnerFile extends SpoolOwner {
  version: 1;
  partitions?: number;
}

const laneFolder = (lane: number): string => `lane-${String(lane).padStart(5, '0')}`;

/** Throws `spool_locked`, `spool_mismatch` or `spool_damaged`; then nothing was changed. */
export function openSpool({
  folder,
  maxBytes,
  owner,
  laneCount,
  log,
  onChange,
}: {
  folder: string;
  maxBytes: number;
  owner: SpoolOwner;
  /** About how many lanes share the space. */
  laneCount: number;
  log: Logger;
  /** Told of the bytes taken on disk or reserved. */
  onChange: (used: number) => void;
}): Spool {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  const touching = setInterval(lock.touch, lockTouchMs).unref();
  const release = (): void => {
    clearInterval(touching);
    lock.release();
  };
  // What is drained but not yet removed takes at most an eighth of the space.
  const segmentBytes = Math.min(8_388_608, Math.max(65_536, Math.floor(maxBytes / 8 / laneCount)));
  const room = createRoom({ maxBytes, onChange });
  const logs = new Map<number, LaneLog>();
  let refused = 0;

  const lane = (number: number): LaneLog => {
    const known = logs.get(number);
    if (known) return known;
    const opened = openLaneLog({
      folder: join(folder, laneFolder(number)),
      segmentBytes,
      onTorn: (detail) =>
        log.warn(detail, 'a crash cut off the last record of the spool: it was never acknowledged, and is dropped'),
      onFreed: room.free,
    });
    room.add(opened.bytes);
    logs.set(number, opened);
    return opened;
  };

  let held: OwnerFile;
  try {
    held = readOwner(folder, owner);
    for (const name of readdirSync(folder)) {
      const found = /^lane-(\d{5})$/.exec(name);
      if (found) lane(Number(found[1]));
    }
  } catch (error) {
    release();
    throw error;
  }

  return {
    room,
    lane,
    lanes: [...logs.keys()],
    get partitions() {
      return held.partitions;
    },
    rememberPartitions(partitions) {
      if (held.partitions === partitions) return;
      held = { ...held, partitions };
      writeWhole(join(folder, 'owner.json'), Buffer.from(JSON.stringify(held)));
    },
    keepRefused(value) {
      const refusedFolder = join(folder, 'refused');
      mkdirSync(refusedFolder, { recursive: true, mode: 0o700 });
      refused += 1;
      const path = join(refusedFolder, `${Date.now()}-${process.pid}-${refused}.record`);
      writeWhole(path, value);
      return path;
    },
    async close() {
      for (const opened of logs.values()) await opened.close();
      release();
    },
  };
}

function readOwner(folder: string, owner: SpoolOwner): OwnerFile {
  const path = join(folder, 'owner.json');
  let held: OwnerFile;
  try {
    held = JSON.parse(readFileSync(path, 'utf8')) as OwnerFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    held = { version: 1, ...owner };
    writeWhole(path, Buffer.from(JSON.stringify(held)));
  }
  for (const name of ['audience', 'producerId', 'topic'] as const) {
    if (held[name] !== owner[name]) {
      throw producerError(
        'spool_mismatch',
        `the spool ${folder} holds records of ${name} ${held[name]}, this producer's ${name} is ${owner[name]}. Give it another folder.`,
      );
    }
  }
  return held;
}

/** The file is there whole or not at all. */
function writeWhole(path: string, bytes: Buffer): void {
  const draft = `${path}.draft`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}
