import { writeDurably } from '../../core/durable-file.js';
import { logPaths, readIfThere, readNewestSize, timestampPaths } from '../../core/log-folder/index.js';
import { readTimestampResponse } from '../../core/timestamp/index.js';
import { parseCheckpoint, parseNote } from '../../core/tlog/index.js';

/** The newest checkpoint of a shard, as far as a timestamp needs it. */
export interface CheckpointToStamp {
  size: number;
  /** The note's body: what the log signs. */
  body: Uint8Array;
}

/** Where the keeper of timestamps finds checkpoints and puts timestamps. */
export interface TimestampStore {
  newestCheckpoint(shard: string): Promise<CheckpointToStamp | undefined>;
  /** The last one that an authority gave for a shard. */
  lastTimestamp(shard: string, authority: string): Promise<{ size: number; genTime: Date } | undefined>;
  /** Resolves when the answer outlasts a loss of power. */
  put(shard: string, authority: string, timestamp: { size: number; answer: Uint8Array }): Promise<void>;
}

/** In the log's folder. Reads what the sealer has published there, and trusts it: it is this process that wrote it. */
export function createFolderTimestampStore(folder: string): TimestampStore {
  return {
    async newestCheckpoint(shard) {
      const note = await readIfThere(logPaths.checkpoint(folder, shard));
      if (!note) return undefined;
      const { text } = parseNote(note.toString('utf8'));
      return { size: parseCheckpoint(text).size, body: new TextEncoder().encode(text) };
    },
    async lastTimestamp(shard, authority) {
      const size = await readNewestSize(folder, shard, authority);
      if (size === undefined) return undefined;
      const answer = await readIfThere(timestampPaths.timestamp(folder, shard, authority, size));
      const claims = answer && readTimestampResponse(new Uint8Array(answer)).claims;
      return claims && { size, genTime: claims.genTime };
    },
    async put(shard, authority, { size, answer }) {
      // One after the other: the second never names what is not there.
      await writeDurably([{ path: timestampPaths.timestamp(folder, shard, authority, size), contents: answer }]);
      await writeDurably([{ path: timestampPaths.newest(folder, shard, authority), contents: `${size}\n` }]);
    },
  };
}
