import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FrontError } from './errors.js';

const writeAsync = promisify(write);
const SHARED_MEMORY = '/dev/shm';
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

/**
 * Keeps bodies in memory (a tmpfs file without a name, so that nothing is left behind however the process ends) or on
 * disk under `folder`, which is emptied first. Where the system has no tmpfs or no /proc, on disk.
 */
export function createSpools({ folder, limits }: { folder: string; limits: SpoolLimits }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const hasMemory = existsSync(SHARED_MEMORY) && existsSync(OWN_DESCRIPTORS);
  let memoryUsed = 0;
  let created = 0;

  return {
    open(): Spool {
      const name = `sealstream-clickhouse-${process.pid}-${created++}`;
      const diskPath = join(folder, name);
      let inMemory = hasMemory;
      let file = openIn(inMemory ? join(SHARED_MEMORY, name) : diskPath);
      let bytes = 0;

      const moveToDisk = () => {
        copyFileSync(file.path, diskPath);
        const onDisk = openIn(diskPath);
        file.close();
        file = onDisk;
        memoryUsed -= bytes;
        inMemory = false;
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
          if (inMemory && memoryUsed + chunk.length > limits.memoryBytes) moveToDisk();
          if (inMemory) {
            // A copy within memory: quicker than the way to another thread and back.
            for (let at = 0; at < chunk.length; ) at += writeSync(file.descriptor, chunk, at, chunk.length - at);
            memoryUsed += chunk.length;
          } else {
            for (let at = 0; at < chunk.length; ) {
              at += (await writeAsync(file.descriptor, chunk, at, chunk.length - at, null)).bytesWritten;
            }
          }
          bytes += chunk.length;
        },
        remove() {
          if (inMemory) memoryUsed -= bytes;
          bytes = 0;
          file.close();
        },
      };
    },
    get memoryUsed() {
      return memoryUsed;
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

function openIn(path: string): { path: string; descriptor: number; close(): void } {
  const descriptor = openSync(path, 'a+', 0o600);
  if (!existsSync(OWN_DESCRIPTORS)) {
    return {
      path,
      descriptor,
      close() {
        closeSync(descriptor);
        rmSync(path, { force: true });
      },
    };
  }
  unlinkSync(path);
  return { path: `${OWN_DESCRIPTORS}/${descriptor}`, descriptor, close: () => closeSync(descriptor) };
}
