import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FrontError } from './errors.js';

const writeAsync = promisify(write);
const OWN_DESCRIPTORS = '/proc/self/fd';

/** The data of one INSERT, where the engine can read them as a file. */
export interface Spool {
  readonly path: string;
  readonly bytes: number;
  append(chunk: Buffer): Promise<void>;
  remove(): void;
}

export interface SpoolLimits {
  /** Of all spools that are in memory at a time. What comes on top goes to the disk. */
  readonly memoryBytes: number;
  /** Of one body, decompressed. */
  readonly bodyBytes: number;
}

/** Half of what is free there now; zero where the system has none or no names for open files. */
function memoryFor({ memoryFolder }: { memoryFolder: string }): number {
  if (!existsSync(memoryFolder) || !existsSync(OWN_DESCRIPTORS)) return 0;
  const { bavail, bsize } = statfsSync(memoryFolder);
  return Math.floor((bavail * bsize) / 2);
}

/**
 * Keeps bodies in memory (a tmpfs file without a name, so that nothing is left behind however the process ends), and on
 * disk under `folder`, which is emptied first, what is too much for memory.
 */
export function createSpools({
  folder,
  limits,
  memoryFolder = '/dev/shm',
}: {
  folder: string;
  limits: SpoolLimits;
  memoryFolder?: string;
}) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const memoryBytes = Math.min(limits.memoryBytes, memoryFor({ memoryFolder }));
  let memoryUsed = 0;

  return {
    open(): Spool {
      const name = `sealstream-clickhouse-${randomUUID()}`;
      const diskPath = join(folder, name);
      let inMemory = memoryBytes > 0;
      let file = createIn(inMemory ? join(memoryFolder, name) : diskPath);
      let bytes = 0;

      const moveToDisk = (): void => {
        copyFileSync(file.path, diskPath, constants.COPYFILE_EXCL);
        const onDisk = openIn(diskPath, 'r+');
        ftruncateSync(onDisk.descriptor, bytes);
        file.close();
        file = onDisk;
        memoryUsed -= bytes;
        inMemory = false;
      };

      /** A copy within memory: quicker than the way to another thread and back. False when there is no room. */
      const writeToMemory = (chunk: Buffer): boolean => {
        if (memoryUsed + chunk.length > memoryBytes) return false;
        try {
          for (let at = 0; at < chunk.length; ) {
            at += writeSync(file.descriptor, chunk, at, chunk.length - at, bytes + at);
          }
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
          throw error;
        }
        memoryUsed += chunk.length;
        return true;
      };

      const writeToDisk = async (chunk: Buffer): Promise<void> => {
        for (let at = 0; at < chunk.length; ) {
          at += (await writeAsync(file.descriptor, chunk, at, chunk.length - at, bytes + at)).bytesWritten;
        }
      };

      return {
        get path() {
          return file.path;
        },
        get bytes() {
          return bytes;
        },
        async append(chunk) {
          if (bytes + chunk.length > limits.bodyBytes) throw bodyTooLarge(limits.bodyBytes);
          const written = inMemory && writeToMemory(chunk);
          if (inMemory && !written) moveToDisk();
          if (!written) await writeToDisk(chunk);
          bytes += chunk.length;
        },
        remove() {
          if (inMemory) memoryUsed -= bytes;
          bytes = 0;
          file.close();
        },
      };
    },
  };
}

export type Spools = ReturnType<typeof createSpools>;

export const bodyTooLarge = (limit: number): FrontError =>
  new FrontError(
    24,
    'CANNOT_WRITE_TO_OSTREAM',
    `The request body is larger than ${limit} bytes, the limit of this front: insert in smaller batches.`,
    { status: 413 },
  );

interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
  close(): void;
}

const createIn = (path: string): OpenFile => openIn(path, 'wx+');

/** Takes the file's name away where an open file has another one, so that it ends with the process. */
function openIn(path: string, flags: string): OpenFile {
  const descriptor = openSync(path, flags, 0o600);
  if (existsSync(OWN_DESCRIPTORS)) {
    unlinkSync(path);
    return { path: `${OWN_DESCRIPTORS}/${descriptor}`, descriptor, close: () => closeSync(descriptor) };
  }
  return {
    path,
    descriptor,
    close() {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}
