import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from './read.js';

/**
 * Timestamps lie beside the checkpoints, a folder for each authority: `SHARD/timestamps/AUTHORITY/SIZE.tsr`, the authority's answer as it came
 * (RFC 3161), and `SHARD/timestamps/AUTHORITY/newest`, the size of its last one.
 */
export const timestampPaths = {
  authorities: (folder: string, shard: string): string => join(folder, shard, 'timestamps'),
  timestamp: (folder: string, shard: string, authority: string, size: number): string =>
    join(folder, shard, 'timestamps', authority, `${size}.tsr`),
  newest: (folder: string, shard: string, authority: string): string =>
    join(folder, shard, 'timestamps', authority, 'newest'),
} as const;

/** The only names that an authority's folder can have. */
export const authorityPattern = '^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$';
const authorityForm = new RegExp(authorityPattern);
export const isAuthorityName = (name: string): boolean => authorityForm.test(name);

/** The timestamps over the checkpoint of a size, one of each authority that gave one, by the authorities' names in order. */
export async function readTimestamps(folder: string, shard: string, size: number): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for (const authority of await authoritiesOf(folder, shard)) {
    const answer = await readIfThere(timestampPaths.timestamp(folder, shard, authority, size));
    if (answer) found.push(answer);
  }
  return found;
}

/** Size of the newest checkpoint that an authority has timestamped; undefined where none has yet. */
export async function newestTimestampedSize(folder: string, shard: string): Promise<number | undefined> {
  const sizes: number[] = [];
  for (const authority of await authoritiesOf(folder, shard)) {
    const size = await readNewestSize(folder, shard, authority);
    if (size !== undefined) sizes.push(size);
  }
  return sizes.length > 0 ? Math.max(...sizes) : undefined;
}

/** Size of the newest checkpoint that this authority has timestamped. */
export async function readNewestSize(folder: string, shard: string, authority: string): Promise<number | undefined> {
  const text = (await readIfThere(timestampPaths.newest(folder, shard, authority)))?.toString('latin1');
  return text !== undefined && /^[1-9][0-9]{0,15}\n$/.test(text) ? Number(text) : undefined;
}

/** Sizes of all checkpoints that an authority has timestamped. */
export async function timestampedSizes(folder: string, shard: string): Promise<Set<number>> {
  const found = new Set<number>();
  for (const authority of await authoritiesOf(folder, shard)) {
    for (const name of await readdir(join(timestampPaths.authorities(folder, shard), authority))) {
      const [, size] = /^([1-9][0-9]*)\.tsr$/.exec(name) ?? [];
      if (size !== undefined) found.add(Number(size));
    }
  }
  return found;
}

async function authoritiesOf(folder: string, shard: string): Promise<string[]> {
  try {
    return (await readdir(timestampPaths.authorities(folder, shard))).filter(isAuthorityName).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
