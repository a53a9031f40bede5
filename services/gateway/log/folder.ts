import {
  isShardName,
  isTilePath,
  type ListedShard,
  type ListedWitness,
  logPaths,
  readIfThere,
  readLogList,
} from '../../core/log-folder/index.js';
import { parseCheckpoint, parseNote } from '../../core/tlog/index.js';

export interface LogShard extends ListedShard {
  /** Entries that the newest checkpoint covers; 0 before the first. */
  size: number;
}

/** The log's folder as the sealer leaves it. Reads only, and only what names and paths of a log can name. */
export interface LogFolder {
  list(): Promise<{ shards: LogShard[]; witnesses: readonly ListedWitness[] }>;
  /** Undefined where there is none, and for every name or path that no log has. */
  checkpoint(shard: string): Promise<Buffer | undefined>;
  /** `path` is what follows `tile/`. */
  tile(shard: string, path: string): Promise<Buffer | undefined>;
}

/** Without a folder there is no log: nothing is listed, and nothing is found. */
export function createLogFolder(folder: string | undefined): LogFolder {
  const checkpoint = async (shard: string): Promise<Buffer | undefined> =>
    folder !== undefined && isShardName(shard) ? readIfThere(logPaths.checkpoint(folder, shard)) : undefined;
  const sizeOf = async (shard: string): Promise<number> => {
    const note = await checkpoint(shard);
    return note ? parseCheckpoint(parseNote(note).text).size : 0;
  };
  return {
    async list() {
      if (folder === undefined) return { shards: [], witnesses: [] };
      const { shards, witnesses } = await readLogList(folder);
      return {
        shards: await Promise.all(shards.map(async (shard) => ({ ...shard, size: await sizeOf(shard.name) }))),
        witnesses,
      };
    },
    checkpoint,
    tile: async (shard, path) =>
      folder !== undefined && isShardName(shard) && isTilePath(path)
        ? readIfThere(logPaths.tile(folder, shard, `tile/${path}`))
        : undefined,
  };
}
