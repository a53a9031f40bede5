import { originOf, shardName } from '../core/log-folder/index.js';
import type { BatchRow } from '../core/rows/index.js';
import {
  type Checkpoint,
  createFrontier,
  createProver,
  decodeEntry,
  encodeEntry,
  type LogEntry,
  type NoteKey,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  TlogError,
  tileWidth,
} from '../core/tlog/index.js';
import { createNodeTreeHasher, createNodeVerifier } from '../core/tlog/node.js';
import { placeOf } from './check-record.js';
import type { Report } from './difference.js';
import type { LogCheck } from './fsck.js';
import { createShardFiles, LogFileBad, type ReadLogFile, readLogList, type ShardFiles } from './log-files.js';
import type { StoredPartition, Stretch } from './stored.js';

/** A record younger than this may still be on its way into the log, or out of it into ClickHouse. */
const onTheWayMs = 10 * 60_000;

interface OpenShard {
  files: ShardFiles;
  /** Undefined where there is none that can be believed. */
  checkpoint: Checkpoint | undefined;
  /** Of entry 0. */
  firstOffset: number;
  /** The bundle read last. */
  bundle: { index: number; entries: Uint8Array[] } | undefined;
  /** Said once. */
  isBroken: boolean;
}

/**
 * Holds records against the log's entries, and the log against itself: the entries give the root that the newest checkpoint signs, and the roots of all
 * `known` checkpoints, which others have kept. `keysOf` gives the log's keys for an origin: those that whoever checks trusts.
 */
export function createLogCheck({
  read,
  audience,
  keysOf,
  known = [],
  keptEvery,
  report,
  nowMs = Date.now,
}: {
  read: ReadLogFile;
  audience: string;
  keysOf: (origin: string) => readonly NoteKey[];
  /** Notes, as witnesses and others have them. */
  known?: readonly { from: string; note: string }[];
  /** Checkpoints at its multiples must be there, where `read` sees the folder; undefined where they cannot be looked for. */
  keptEvery?: number | undefined;
  report: Report;
  nowMs?: () => number;
}): LogCheck & {
  /** First offset that the log does not hold yet; 0 where it holds none. */
  sealedTo(of: Pick<Stretch, 'incarnation' | 'partition'>): Promise<number>;
  /** What was sealed at an offset; undefined where nothing is, yet. 'unreadable': the log's files do not say. */
  sealed(of: Pick<Stretch, 'incarnation' | 'partition'>, offset: number): Promise<LogEntry | undefined | 'unreadable'>;
} {
  const hasher = createNodeTreeHasher();
  const verify = createNodeVerifier();
  const shards = new Map<string, Promise<OpenShard>>();

  const trustedCheckpoint = async (note: string, origin: string, from: string): Promise<Checkpoint | undefined> => {
    try {
      return (await openCheckpoint({ note, origin, logKeys: keysOf(origin), verify })).checkpoint;
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
      report({ kind: 'checkpoint_bad', place: shardPlace(origin), detail: `${from}: ${error.message}` });
      return undefined;
    }
  };

  const open = async (name: string, origin: string): Promise<OpenShard> => {
    const files = createShardFiles(read, name);
    const note = await files.checkpoint();
    const checkpoint = note === undefined ? undefined : await trustedCheckpoint(note, origin, `${name}/checkpoint`);
    const shard: OpenShard = { files, checkpoint, firstOffset: 0, bundle: undefined, isBroken: false };
    if (checkpoint && checkpoint.size > 0) {
      const entry = await entryAt(shard, 0).catch(broken(origin, shard));
      if (entry) shard.firstOffset = decodeEntry(entry).offset;
    }
    return shard;
  };
  const shardOf = (of: Pick<Stretch, 'incarnation' | 'partition'>): Promise<OpenShard> => {
    const name = shardName(of);
    const opened = shards.get(name) ?? open(name, originOf(audience, of));
    shards.set(name, opened);
    return opened;
  };

  const broken =
    (origin: string, shard: OpenShard) =>
    (error: unknown): undefined => {
      if (!(error instanceof LogFileBad || error instanceof TlogError)) throw error;
      if (!shard.isBroken) report({ kind: 'log_broken', place: shardPlace(origin), detail: error.message });
      shard.isBroken = true;
    };

  /** The entries once more from the first: their root, and the offset of the first that is not below `stored`. */
  const walk = async (shard: OpenShard, stored: number, sizes: ReadonlySet<number>) => {
    const { files, checkpoint } = shard;
    const frontier = createFrontier({ hasher });
    const roots = new Map<number, Uint8Array>();
    const unstored: { first: LogEntry | undefined; last: LogEntry | undefined; count: number } = {
      first: undefined,
      last: undefined,
      count: 0,
    };
    const size = checkpoint!.size;
    for (let bundle = 0; bundle * tileWidth < size; bundle += 1) {
      const first = bundle * tileWidth;
      for (const [at, bytes] of (await files.entries(bundle, Math.min(tileWidth, size - first))).entries()) {
        frontier.append(hasher.leaf(bytes));
        if (sizes.has(first + at + 1)) roots.set(first + at + 1, frontier.root());
        const entry = decodeEntry(bytes);
        if (entry.offset < stored) continue;
        unstored.first ??= entry;
        unstored.last = entry;
        unstored.count += 1;
      }
    }
    return { root: frontier.root(), roots, unstored };
  };

  const finishShard = async (of: Pick<Stretch, 'incarnation' | 'partition'> & { next: number }): Promise<void> => {
    const origin = originOf(audience, of);
    const shard = await shardOf(of);
    const { checkpoint } = shard;
    if (!checkpoint) return;
    const others = [...(await checkpointsOf(origin)), ...(await keptOf(shardName(of), origin, checkpoint.size))];
    const sizes = new Set(others.map((one) => one.size));
    const walked = await walk(shard, of.next, sizes).catch(broken(origin, shard));
    if (!walked) return;
    const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
    if (!isSame(walked.root, checkpoint.root)) {
      const detail = `the ${checkpoint.size} entries do not give the root that the checkpoint signs`;
      report({ kind: 'log_broken', place: shardPlace(origin), detail });
    }
    const prover = createProver({ hasher, readTile: shard.files.readTile });
    const fromTiles = await prover.root(checkpoint.size).catch(broken(origin, shard));
    if (fromTiles && !isSame(fromTiles, checkpoint.root)) {
      report({ kind: 'log_broken', place: shardPlace(origin), detail: 'the tiles do not give the checkpoint’s root' });
    }
    for (const { size, root, from } of others) {
      const ours = walked.roots.get(size);
      if (size > checkpoint.size) {
        const detail = `${from} has a checkpoint of ${size} entries; the log shows ${checkpoint.size}: it was rolled back`;
        report({ kind: 'log_forked', place: shardPlace(origin), detail });
      } else if (ours && !isSame(ours, root)) {
        const detail = `${from} has a checkpoint of ${size} entries with another root: the log showed two trees`;
        report({ kind: 'log_forked', place: shardPlace(origin), detail });
      }
    }
    const { first, last, count } = walked.unstored;
    if (first && first.appendTimeMs < nowMs() - onTheWayMs) {
      report({
        kind: 'record_missing',
        place: {
          incarnation: of.incarnation.toString('hex'),
          partition: of.partition,
          offset: first.offset,
          lastOffset: last!.offset,
        },
        detail: `the log holds ${count} records that batches does not`,
      });
    }
  };

  const keptOf = async (name: string, origin: string, size: number): Promise<(Checkpoint & { from: string })[]> => {
    const found: (Checkpoint & { from: string })[] = [];
    if (keptEvery === undefined) return found;
    for (let one = keptEvery; one <= size; one += keptEvery) {
      const from = `${name}/checkpoints/${one}`;
      const note = await read(from);
      if (!note) report({ kind: 'checkpoint_missing', place: shardPlace(origin), detail: `${from} is not there` });
      const checkpoint = note && (await trustedCheckpoint(Buffer.from(note).toString('utf8'), origin, from));
      if (checkpoint) found.push({ ...checkpoint, from });
    }
    return found;
  };

  const checkpointsOf = async (origin: string): Promise<(Checkpoint & { from: string })[]> => {
    const found: (Checkpoint & { from: string })[] = [];
    for (const { from, note } of known) {
      if (claimedOrigin(note) !== origin) continue;
      const checkpoint = await trustedCheckpoint(note, origin, from);
      if (checkpoint) found.push({ ...checkpoint, from });
    }
    return found;
  };

  return {
    async sealedTo(of) {
      const { checkpoint, firstOffset } = await shardOf(of);
      return checkpoint && checkpoint.size > 0 ? firstOffset + checkpoint.size : 0;
    },
    async sealed(of, offset) {
      const shard = await shardOf(of);
      const index = offset - shard.firstOffset;
      if (!shard.checkpoint || index < 0 || index >= shard.checkpoint.size) return undefined;
      if (shard.isBroken) return 'unreadable';
      const bytes = await entryAt(shard, index).catch(broken(originOf(audience, of), shard));
      return bytes ? decodeEntry(bytes) : 'unreadable';
    },
    async records(stretch, records) {
      const shard = await shardOf(stretch);
      const origin = originOf(audience, stretch);
      for (const row of records) {
        const index = row.offset - shard.firstOffset;
        if (!shard.checkpoint || index >= shard.checkpoint.size) {
          if (row.append_time < nowMs() - onTheWayMs) reportUnsealed(row, shard, report);
          continue;
        }
        if (shard.isBroken) continue;
        const entry = index < 0 ? undefined : await entryAt(shard, index).catch(broken(origin, shard));
        if (shard.isBroken) continue;
        const differing = entry ? differs(row, entry) : ['there is none'];
        if (differing.length > 0) {
          report({
            kind: 'entry_differs',
            place: placeOf(row),
            detail: `the log’s entry ${index} and batches differ: ${differing.join(', ')}`,
          });
        }
      }
    },
    async finish(partitions: readonly StoredPartition[]) {
      const list = await readLogList(read);
      const names = new Set(partitions.map(shardName));
      for (const one of partitions) await finishShard(one);
      for (const { name } of list?.shards ?? []) {
        const match = /^([0-9a-f]{32})-(\d+)$/.exec(name);
        if (!match || names.has(name)) continue;
        await finishShard({ incarnation: Buffer.from(match[1]!, 'hex'), partition: Number(match[2]), next: 0 });
      }
    },
  };
}

const shardPlace = (origin: string) => ({ incarnation: '', partition: -1, offset: -1, shard: origin });

function claimedOrigin(note: string): string | undefined {
  try {
    return parseCheckpoint(parseNote(note).text).origin;
  } catch {
    return undefined;
  }
}

async function entryAt(shard: OpenShard, index: number): Promise<Uint8Array> {
  const bundle = Math.floor(index / tileWidth);
  if (shard.bundle?.index !== bundle) {
    const width = Math.min(tileWidth, shard.checkpoint!.size - bundle * tileWidth);
    shard.bundle = { index: bundle, entries: await shard.files.entries(bundle, width) };
  }
  return shard.bundle.entries[index % tileWidth]!;
}

function reportUnsealed(row: BatchRow, { checkpoint }: OpenShard, report: Report): void {
  const detail = checkpoint
    ? `the log ends at entry ${checkpoint.size - 1}`
    : 'there is no checkpoint of the partition';
  report({ kind: 'entry_missing', place: placeOf(row), detail: `appended long ago and not in the log: ${detail}` });
}

function differs(row: BatchRow, bytes: Uint8Array): string[] {
  const { incarnation, partition, offset, append_time, value_hash, header, signature } = row;
  const signed = header.length > 0 ? { header, signature } : undefined;
  const expected: LogEntry = {
    incarnation,
    partition,
    offset,
    appendTimeMs: append_time,
    valueHash: value_hash,
    signed,
  };
  try {
    if (Buffer.compare(encodeEntry(expected), bytes) === 0) return [];
    const entry = decodeEntry(bytes);
    const isSame = (a: Uint8Array = none, b: Uint8Array = none): boolean => Buffer.compare(a, b) === 0;
    return [
      ...(entry.offset === offset ? [] : [`offset ${entry.offset}`]),
      ...(entry.appendTimeMs === append_time ? [] : ['append time']),
      ...(isSame(entry.valueHash, value_hash) ? [] : ['hash of the value']),
      ...(isSame(entry.signed?.header, header) ? [] : ['header']),
      ...(isSame(entry.signed?.signature, signature) ? [] : ['signature']),
      ...(isSame(entry.incarnation, incarnation) && entry.partition === partition ? [] : ['partition']),
    ];
  } catch (error) {
    if (error instanceof TlogError) return [error.message];
    throw error;
  }
}

const none = new Uint8Array(0);
