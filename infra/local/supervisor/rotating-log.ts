import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

export interface RotatingLog {
  write(chunk: Uint8Array | string): void;
  close(): void;
}

/** Appends to `path`; at `maxBytes` the file becomes `path.1` (replacing the last one), so two files at most. */
export function openRotatingLog({
  path,
  maxBytes = DEFAULT_MAX_BYTES,
}: {
  path: string;
  maxBytes?: number;
}): RotatingLog {
  const open = () => openSync(path, 'a', 0o600);
  let file: number | undefined = open();
  let size = fstatSync(file).size;
  return {
    write(chunk) {
      if (file === undefined) return;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (size > 0 && size + bytes.length > maxBytes) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = open();
        size = 0;
      }
      size += writeSync(file, bytes);
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
