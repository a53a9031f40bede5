import { readFile } from 'node:fs/promises';
import { logPaths } from './paths.js';
import { emptyLogList, type LogList, parseLogList } from './shards.js';

/** A file's bytes, undefined where there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Who the shards are; empty where the sealer has not begun. */
export async function readLogList(folder: string): Promise<LogList> {
  const path = logPaths.shards(folder);
  const bytes = await readIfThere(path);
  return bytes === undefined ? emptyLogList : parseLogList(bytes.toString('utf8'), path);
}
