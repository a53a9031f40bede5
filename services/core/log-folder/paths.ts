import { join } from 'node:path';

/**
 * A checkpoint is published at each multiple of so many entries, and kept for ever: a reader of the folder knows which must be there.
 * Others are kept for a while, and for good where they have a timestamp.
 */
export const keptEvery = 4_096;

/** Where things lie in the log's folder (SEALSTREAM_LOG_DIR), which any static web server could serve. */
export const logPaths = {
  /** Who the shards are: `shards.json`. */
  shards: (folder: string): string => join(folder, 'shards.json'),
  /** The newest checkpoint of a shard, with the cosignatures that it has. */
  checkpoint: (folder: string, shard: string): string => join(folder, shard, 'checkpoint'),
  /** Those that were published and are kept, each by its size. Timestamps over them lie where `timestampPaths` says. */
  checkpoints: (folder: string, shard: string): string => join(folder, shard, 'checkpoints'),
  checkpointOf: (folder: string, shard: string, size: number): string =>
    join(folder, shard, 'checkpoints', String(size)),
  /** `path` as of tlog-tiles: `tile/0/x001/234.p/5`. */
  tile: (folder: string, shard: string, path: string): string => join(folder, shard, ...path.split('/')),
} as const;

/**
 * The part of a tile's path behind `tile/` (C2SP tlog-tiles): level 0 to 63 or `entries`, the index in groups of three digits, and the
 * width of a partial tile. Nothing else fits, so that no path leads out of the shard's folder.
 */
export const tilePattern =
  '^(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?$';
const tileForm = new RegExp(tilePattern);

export const isTilePath = (path: string): boolean => tileForm.test(path);
