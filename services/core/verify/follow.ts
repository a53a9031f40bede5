import { createProver, type Policy, type ReadTile, TlogError, verifyConsistency } from '../tlog/index.js';
import { sameBytes } from '../wire/bytes.js';
import { type FailureCode, VerifyFailure } from './failures.js';
import { checkEntries } from './follow-entries.js';
import { openTrusted, type ShownCheckpoint, shownOf } from './inclusion.js';
import type { Platform } from './platform.js';

/** A checkpoint of a shard that was verified, as it is remembered. */
export interface SeenCheckpoint {
  origin: string;
  size: number;
  root: Uint8Array;
  /** The signed note. */
  note: string;
  /** Entries below it were looked at, or were there before this follower was. Its size, where nothing is left to be looked at. */
  entriesTo: number;
}

/** How a follower reaches a log; whatever comes from there is judged. Undefined: it is not there. */
export interface LogPort {
  /** Shards as the log lists them. */
  shards(): Promise<{ name: string; origin: string }[]>;
  checkpoint(name: string): Promise<string | undefined>;
  tile(name: string, level: number, index: number, width: number): Promise<Uint8Array>;
  /** A bundle of entries: `width` of them, or the full one where it has replaced that. */
  entries(name: string, index: number, width: number): Promise<Uint8Array | undefined>;
}

/** Entries of a shard that one look checks: about as many requests as 256 bundles and their tiles take. */
const mostEntries = 65_536;

export interface FollowedShard {
  origin: string;
  /** new: seen for the first time. */
  state: 'new' | 'unchanged' | 'grown' | 'failed';
  size: number;
  failed: FailureCode | null;
  message: string;
  witnesses: ShownCheckpoint['witnesses'];
}

/**
 * One step along a log: every shard's newest checkpoint is by a trusted key, its tree begins with the one that was seen last, and its new entries
 * are those of the tree. At first sight the newest `most` entries are looked at; what is more than that later on is left to the next
 * looks. Resolves with what was found, and what to remember: of a shard that failed, what was known before. Rejects only where the log
 * cannot be reached.
 */
export async function followLog({
  port,
  seen,
  logPublicKeys,
  policy,
  platform,
  most = mostEntries,
}: {
  port: LogPort;
  seen: readonly SeenCheckpoint[];
  logPublicKeys: Uint8Array[];
  policy: Policy;
  platform: Platform;
  most?: number;
}): Promise<{ shards: FollowedShard[]; seen: SeenCheckpoint[] }> {
  const listed = await port.shards();
  const shards: FollowedShard[] = [];
  const next = new Map(seen.map((one) => [one.origin, one]));
  const fail = (origin: string, size: number, failed: FailureCode, message: string): void =>
    void shards.push({ origin, state: 'failed', size, failed, message, witnesses: [] });

  const step = async (name: string, origin: string): Promise<void> => {
    const before = next.get(origin);
    const note = await port.checkpoint(name);
    if (note === undefined) {
      if (before)
        throw new VerifyFailure(
          'shard_missing',
          `${origin} was seen at size ${before.size}, and has no checkpoint now`,
        );
      return;
    }
    const opened = await openTrusted(note, origin, { logPublicKeys, policy }, platform);
    const { size, root } = opened.checkpoint;
    const readTile: ReadTile = (level, index, width) => port.tile(name, level, index, width);
    await requireGrowth({ before, after: { origin, size, root }, readTile, platform });
    const from = before ? before.entriesTo : Math.max(0, size - most);
    const entriesTo = Math.min(size, from + most);
    await named(origin, () =>
      checkEntries({
        ...{ origin, from, to: entriesTo, size, root, readTile, platform },
        readBundle: (index, width) => port.entries(name, index, width),
      }),
    );
    const { enough, missing, witnesses } = shownOf(opened, { policy });
    next.set(origin, { origin, size, root, note, entriesTo });
    if (!enough) {
      fail(
        origin,
        size,
        'too_few_witnesses',
        `not cosigned by enough trusted witnesses; missing: ${missing.join(', ')}`,
      );
      return;
    }
    const state = !before ? 'new' : before.size === size ? 'unchanged' : 'grown';
    const grown = before && state === 'grown' ? `grown from ${before.size}, consistently` : state;
    const message = entriesTo < size ? `${grown}; entries from ${entriesTo} on are left to the next look` : grown;
    shards.push({ origin, state, size, failed: null, message, witnesses });
  };

  for (const { name, origin } of listed) {
    try {
      await step(name, origin);
    } catch (error) {
      if (!(error instanceof VerifyFailure)) throw error;
      fail(origin, next.get(origin)?.size ?? 0, error.code, error.message);
    }
  }
  for (const { origin, size } of seen) {
    if (listed.some((shard) => shard.origin === origin)) continue;
    fail(origin, size, 'shard_missing', `it was seen at size ${size}, and is not listed any more`);
  }
  return { shards, seen: [...next.values()] };
}

async function requireGrowth({
  before,
  after: { origin, size, root },
  readTile,
  platform: { hasher },
}: {
  before: SeenCheckpoint | undefined;
  after: Pick<SeenCheckpoint, 'origin' | 'size' | 'root'>;
  readTile: ReadTile;
  platform: Platform;
}): Promise<void> {
  if (before && size < before.size) {
    throw new VerifyFailure('rollback', `${origin} has size ${size}, and had ${before.size} when it was seen last`);
  }
  if (before && size === before.size) {
    if (sameBytes(before.root, root)) return;
    throw new VerifyFailure('fork', `${origin} shows another tree of size ${size} than it did before`);
  }
  const prover = createProver({ hasher, readTile });
  try {
    if (size > 0 && !sameBytes(await prover.root(size), root)) {
      throw new VerifyFailure(
        'tiles_altered',
        `the tiles of ${origin} do not give the root of its checkpoint of size ${size}`,
      );
    }
    if (!before || before.size === 0) return;
    const proof = await prover.consistency(before.size, size);
    verifyConsistency({ hasher, oldSize: before.size, oldRoot: before.root, size, root, proof });
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    if (error.code === 'bad_tile') throw new VerifyFailure('tiles_altered', `${origin}: ${error.message}`);
    throw new VerifyFailure(
      'fork',
      `the tree of ${origin} at size ${size} does not begin with the one of size ${before!.size} seen before`,
    );
  }
}

/** A tile that is none is the log's fault, not ours. */
async function named(origin: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new VerifyFailure('tiles_altered', `${origin}: ${error.message}`);
  }
}
