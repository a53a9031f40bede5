import { sha256 } from '@noble/hashes/sha2.js';
import {
  bundlePath,
  decodeBundle,
  decodeEntry,
  type NoteKey,
  openCheckpoint,
  parseVkey,
  TlogError,
  tileWidth,
} from '../../../core/tlog/index.js';
import { createWebVerifier, type WebSubtle } from '../../../core/tlog/web.js';
import { toHex } from '../../../core/wire/bytes.js';
import type { Api } from '../api/call.js';

/** GET /api/log. */
export interface LogList {
  shards: ListedShard[];
  witnesses: { vkey: string; same_operator: boolean }[];
}

export interface ListedShard {
  name: string;
  origin: string;
  vkey: string;
  size: number;
  verified: { through_offset: number; checked_offset: number; checked_at: string } | null;
}

export interface Head {
  size: number;
  /** Hexadecimal. */
  root: string;
  cosigned: { name: string; at: string }[];
  /** Signatures of keys that the log does not list. */
  unknown: string[];
}

export type ShardHead =
  | { kind: 'signed'; head: Head; newest: { offset: number; at: string } | undefined }
  | { kind: 'none' }
  /** The note is there and is not what it must be. */
  | { kind: 'wrong'; why: string };

/** Reads a shard's head and checks its signatures here, by the keys that the list names. Throws Problems only. */
export async function readHead(
  { shard, witnesses }: { shard: ListedShard; witnesses: LogList['witnesses'] },
  { api, subtle, signal }: { api: Api; subtle: WebSubtle; signal: AbortSignal },
): Promise<ShardHead> {
  if (shard.size === 0) return { kind: 'none' };
  const base = `/api/log/${shard.name}`;
  const note = await (await api.raw('GET', `${base}/checkpoint`, { signal })).text();
  try {
    const opened = await openCheckpoint({
      note,
      origin: shard.origin,
      logKeys: [keyOf(shard.vkey)],
      witnessKeys: witnesses.map(({ vkey }) => keyOf(vkey)),
      verify: createWebVerifier({ subtle }),
    });
    const { checkpoint, cosignatures, unknown } = opened;
    const head = {
      size: checkpoint.size,
      root: toHex(checkpoint.root),
      cosigned: cosignatures.map(({ key, timeSeconds }) => ({
        name: key.name,
        at: new Date(timeSeconds * 1_000).toISOString(),
      })),
      unknown: unknown.map(({ name }) => name),
    };
    return { kind: 'signed', head, newest: await newestOf(base, checkpoint.size, { api, signal }) };
  } catch (error) {
    if (error instanceof TlogError) return { kind: 'wrong', why: error.message };
    throw error;
  }
}

const keyOf = (vkey: string): NoteKey => parseVkey({ sha256, vkey });

/** No name holds a plus; what comes after may. */
export const nameOfKey = (vkey: string): string => vkey.slice(0, vkey.indexOf('+'));

/** Of the key, as it stands before each of its signatures. */
export const idOfKey = (vkey: string): string => vkey.split('+', 2)[1] ?? '';

/** When Kafka took the last entry under the head. */
async function newestOf(
  base: string,
  size: number,
  { api, signal }: { api: Api; signal: AbortSignal },
): Promise<{ offset: number; at: string } | undefined> {
  if (size === 0) return undefined;
  const index = Math.floor((size - 1) / tileWidth);
  const width = size - index * tileWidth;
  const answer = await api.raw('GET', `${base}/${bundlePath(index, width)}`, {
    signal,
    headers: { accept: 'application/octet-stream' },
  });
  const { offset, appendTimeMs } = decodeEntry(decodeBundle(new Uint8Array(await answer.arrayBuffer()), width).at(-1)!);
  return { offset, at: new Date(appendTimeMs).toISOString() };
}

/** What the continuous verifier says of a shard. */
export type VerifiedState = 'none' | 'wrong' | 'behind' | 'all';

/**
 * `newestOffset` is of the last sealed entry. What was checked and is not verified is wrong; what was not checked yet is only behind.
 */
export function verifiedState(verified: ListedShard['verified'], newestOffset: number | undefined): VerifiedState {
  if (!verified) return 'none';
  if (verified.checked_offset > verified.through_offset) return 'wrong';
  return newestOffset !== undefined && verified.through_offset <= newestOffset ? 'behind' : 'all';
}

/** `partition 3`, of an incarnation in hexadecimal. */
export function partsOf(name: string): { label: string; incarnation: string | undefined } {
  const cut = name.lastIndexOf('-');
  if (cut < 0) return { label: name, incarnation: undefined };
  return { label: `partition ${name.slice(cut + 1)}`, incarnation: name.slice(0, cut) };
}
