import { join } from 'node:path';
import { type LogList, parseLogList, readIfThere } from '../core/log-folder/index.js';
import { bundlePath, decodeBundle, type ReadTile, tilePath, tileWidth } from '../core/tlog/index.js';

/** Reads a file of the log by its path, `shards.json` or `SHARD/tile/0/000`; undefined where there is none. */
export type ReadLogFile = (path: string) => Promise<Uint8Array | undefined>;

export const folderFiles =
  (folder: string): ReadLogFile =>
  (path) =>
    readIfThere(join(folder, ...path.split('/')));

/** A file that the checkpoint counts is not there, or is not as long as it says. */
export class LogFileBad extends Error {}

/** One shard's files. All but `checkpoint` reject with LogFileBad. */
export interface ShardFiles {
  checkpoint(): Promise<string | undefined>;
  readTile: ReadTile;
  entries(bundle: number, width: number): Promise<Uint8Array[]>;
}

export async function readLogList(read: ReadLogFile): Promise<LogList | undefined> {
  const bytes = await read('shards.json');
  return bytes && parseLogList(Buffer.from(bytes).toString('utf8'), 'shards.json');
}

export function createShardFiles(read: ReadLogFile, shard: string): ShardFiles {
  /** A tile that is full by now may have lost its partial file. */
  const partialOrFull = async (partial: string, full: string): Promise<{ bytes: Uint8Array; isFull: boolean }> => {
    const own = await read(`${shard}/${partial}`);
    if (own) return { bytes: own, isFull: partial === full };
    const whole = await read(`${shard}/${full}`);
    if (whole) return { bytes: whole, isFull: true };
    throw new LogFileBad(`${partial} is not there`);
  };
  return {
    async checkpoint() {
      const bytes = await read(`${shard}/checkpoint`);
      return bytes && Buffer.from(bytes).toString('utf8');
    },
    async readTile(level, index, width) {
      const { bytes } = await partialOrFull(tilePath(level, index, width), tilePath(level, index));
      return bytes;
    },
    async entries(bundle, width) {
      const { bytes, isFull } = await partialOrFull(bundlePath(bundle, width), bundlePath(bundle));
      try {
        return decodeBundle(bytes, isFull ? tileWidth : width).slice(0, width);
      } catch (error) {
        throw new LogFileBad(`${bundlePath(bundle, width)}: ${(error as Error).message}`);
      }
    },
  };
}

const fetchTimeoutMs = 30_000;
const mostBytes = 64 * 1_048_576;

/** The log as a gateway, or any web server, serves it: `base` is what `shards.json` and the shards lie below. */
export const httpFiles =
  (base: string): ReadLogFile =>
  async (path) => {
    const url = `${base.replace(/\/+$/, '')}/${path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    if (Number(response.headers.get('content-length') ?? 0) > mostBytes) throw new LogFileBad(`${path} is too large`);
    return new Uint8Array(await response.arrayBuffer());
  };
