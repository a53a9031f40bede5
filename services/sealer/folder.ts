import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDraft, writeDurably } from '../core/durable-file.js';
import { messageOf, SealstreamError } from '../core/errors.js';
import { logPaths, readIfThere, timestampedSizes } from '../core/log-folder/index.js';
import {
  bundlePath,
  decodeBundle,
  encodeBundle,
  type LogFile,
  parseTilePath,
  type ReadTile,
  tilePath,
  tileWidth,
} from '../core/tlog/index.js';

/** A file that a tree of the wanted size has is not there. */
export class FileMissing extends Error {
  constructor(path: string) {
    super(`${path} is not there`);
    this.name = 'FileMissing';
  }
}

/** One shard's files. Readers may look at any time: what they find is whole. */
export interface ShardFolder {
  /** Reject with FileMissing. Where the partial file is gone, it is cut from the full one. */
  readTile: ReadTile;
  readBundle(index: number, width: number): Promise<Uint8Array>;
  /** Resolves when the files outlast a loss of power. Files that are there already hold the same bytes. */
  writeTiles(files: readonly LogFile[]): Promise<void>;
  /** The newest checkpoint, as text. */
  checkpoint(): Promise<string | undefined>;
  /** What was published at a size. */
  checkpointAt(size: number): Promise<string | undefined>;
  /** Keeps it among all that were published. */
  keepCheckpoint(size: number, note: string): Promise<void>;
  /** Makes it the newest. */
  putCheckpoint(note: string): Promise<void>;
  /** Sizes of the checkpoints that are kept. */
  keptSizes(): Promise<Set<number>>;
  /** Removes kept checkpoints older than that, but for the newest, the multiples of `keptEvery`, and those with a timestamp. */
  pruneCheckpoints(options: { newest: number; keptEvery: number; olderThanMs: number }): Promise<void>;
  /** Removes what partial files there were of tiles that are full now (C2SP tlog-tiles, "Partial Tiles"). */
  removePartials(fullPaths: readonly string[]): Promise<void>;
  /** Removes drafts that a kill left behind. */
  removeDrafts(): Promise<void>;
}

const hashBytes = 32;
const draftMs = 60_000;

export function createShardFolder({ folder, shard }: { folder: string; shard: string }): ShardFolder {
  const drafts = join(folder, shard, 'drafts');
  const write: typeof writeDurably = async (files) => {
    try {
      await writeDurably(files, { drafts });
    } catch (error) {
      throw new SealstreamError(
        'folder_unwritable',
        `${join(folder, shard)} cannot be written: ${messageOf(error)}. Nothing of the shard is signed until it can be; nothing is lost meanwhile`,
        { retriable: true, cause: error },
      );
    }
  };
  const at = (path: string): string => logPaths.tile(folder, shard, path);
  const partialOrFull = async (partial: string, full: string): Promise<{ bytes: Buffer; isFull: boolean }> => {
    const bytes = await readIfThere(at(partial));
    if (bytes) return { bytes, isFull: partial === full };
    const whole = await readIfThere(at(full));
    if (whole) return { bytes: whole, isFull: true };
    throw new FileMissing(at(partial));
  };
  const keptSizes = async (): Promise<Set<number>> => {
    const names = await readdir(logPaths.checkpoints(folder, shard)).catch(() => []);
    return new Set(names.filter((name) => /^(?:0|[1-9][0-9]*)$/.test(name)).map(Number));
  };
  const text = async (path: string): Promise<string | undefined> => (await readIfThere(path))?.toString('utf8');
  return {
    async readTile(level, index, width) {
      const { bytes, isFull } = await partialOrFull(tilePath(level, index, width), tilePath(level, index));
      return isFull ? bytes.subarray(0, width * hashBytes) : bytes;
    },
    async readBundle(index, width) {
      const { bytes, isFull } = await partialOrFull(bundlePath(index, width), bundlePath(index));
      return isFull && width < tileWidth ? encodeBundle(decodeBundle(bytes, tileWidth).slice(0, width)) : bytes;
    },
    writeTiles: (files) => write(files.map(({ path, bytes }) => ({ path: at(path), contents: bytes }))),
    checkpoint: () => text(logPaths.checkpoint(folder, shard)),
    checkpointAt: (size) => text(logPaths.checkpointOf(folder, shard, size)),
    keepCheckpoint: (size, note) => write([{ path: logPaths.checkpointOf(folder, shard, size), contents: note }]),
    putCheckpoint: (note) => write([{ path: logPaths.checkpoint(folder, shard), contents: note }]),
    keptSizes,
    async pruneCheckpoints({ newest, keptEvery, olderThanMs }) {
      const due = [...(await keptSizes())].filter((size) => size !== newest && size % keptEvery !== 0);
      if (due.length === 0) return;
      const stamped = await timestampedSizes(folder, shard);
      for (const size of due.filter((one) => !stamped.has(one))) {
        const path = logPaths.checkpointOf(folder, shard, size);
        const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
        if (mtimeMs <= Date.now() - olderThanMs) await rm(path, { force: true });
      }
    },
    async removePartials(fullPaths) {
      for (const path of fullPaths) await rm(`${at(path)}.p`, { recursive: true, force: true });
    },
    async removeDrafts() {
      for (const name of await readdir(drafts).catch(() => [])) {
        const path = join(drafts, name);
        // A younger one may be in another sealer's hands.
        const touchedMs = (await stat(path).catch(() => undefined))?.mtimeMs ?? Number.POSITIVE_INFINITY;
        if (isDraft(name) && Date.now() - touchedMs > draftMs) await rm(path, { force: true });
      }
    },
  };
}

/** Of the files that an append gives, those that never change again. */
export const fullFiles = (files: readonly LogFile[]): LogFile[] =>
  files.filter(({ path }) => parseTilePath(path)?.width === tileWidth);

/** Of full files, those whose place had a partial one before: the first of each level. */
export function firstOfLevels(full: readonly LogFile[]): LogFile[] {
  const seen = new Set<string>();
  return full.filter(({ path }) => {
    const name = parseTilePath(path)!;
    const level = name.kind === 'entries' ? name.kind : String(name.level);
    const isFirst = !seen.has(level);
    seen.add(level);
    return isFirst;
  });
}
