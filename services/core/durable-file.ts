import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface DurableFile {
  path: string;
  contents: string | Uint8Array;
}

/** Files under way at once. More would wait for the disk, not for each other. */
const filesAtOnce = 8;

/**
 * Writes each file whole or not at all, and resolves when all of them outlast a loss of power: contents on disk, renamed into place, and
 * the folders that name them on disk, too. Folders are made. Two who write the same path at once leave one of the two contents.
 * `drafts`: where files are written before they are renamed, on the same disk; beside each file where absent.
 */
export async function writeDurably(files: readonly DurableFile[], { drafts }: { drafts?: string } = {}): Promise<void> {
  if (drafts !== undefined) await mkdir(drafts, { recursive: true });
  const folders = new Set<string>();
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
    folders.add(folder);
    // The folder above names a new one; `mkdir` says which is the topmost that it made.
    const made = await mkdir(folder, { recursive: true });
    for (let at = folder; made !== undefined && at.length >= made.length; at = dirname(at)) folders.add(dirname(at));
  }
  await eachAtMost(filesAtOnce, files, (file) => writeOne(file, drafts));
  await eachAtMost(filesAtOnce, [...folders], syncFolder);
}

async function writeOne({ path, contents }: DurableFile, drafts: string | undefined): Promise<void> {
  const draft = `${drafts === undefined ? path : join(drafts, basename(path))}.${randomUUID()}.draft`;
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(contents);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function eachAtMost<T>(most: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}

/** How a draft that a kill left behind is known. */
export const isDraft = (name: string): boolean => name.endsWith('.draft');
