import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { messageOf } from '../../core/errors.js';
import { CliError } from '../errors.js';
import { printable, printableJson } from '../output/text.js';
import type { ExportFormat } from './record-counter.js';

/** Where an export goes. */
export interface Target {
  write(chunk: Buffer): Promise<void>;
  /** Forgets what was written, for another try; false where it cannot be taken back. */
  restart(): Promise<boolean>;
  /** All of it is there. */
  finish(): Promise<void>;
  /** It will not be: leaves nothing behind. Does nothing once it is finished. */
  discard(): Promise<void>;
}

/**
 * A file that is there whole or not at all: it is written beside its place, for its owner alone, and moved there at the end. What was there
 * before stays until then.
 */
export async function openFileTarget(given: string): Promise<Target> {
  const failed = (error: unknown): never => {
    throw unfit(given, messageOf(error));
  };
  const path = await realpath(given).catch(() => given);
  const there = await stat(path).catch(() => undefined);
  if (there && !there.isFile()) throw unfit(given, 'it is no file; without --out the export goes to stdout');
  const folder = dirname(path);
  const part = join(folder, `.${basename(path)}.part-${randomBytes(4).toString('hex')}`);
  const openPart = (flags: 'wx' | 'w') => open(part, flags, 0o600).catch(failed);
  let file = await openPart('wx');
  let isFinished = false;
  return {
    async write(chunk) {
      await file.writeFile(chunk).catch(failed);
    },
    async restart() {
      await file.close();
      file = await openPart('w');
      return true;
    },
    async finish() {
      try {
        await file.sync();
        await file.close();
        await rename(part, path);
        isFinished = true;
        await syncFolder(folder);
      } catch (error) {
        failed(error);
      }
    },
    async discard() {
      if (isFinished) return;
      await file.close().catch(() => {});
      await rm(part, { force: true });
    },
  };
}

/** That the file has its name survives a power cut too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

const unfit = (file: string, why: string): CliError => new CliError('input', `--out ${file}: ${why}`);

/** A pipe gets the bytes as they come; a terminal is shown what could steer it. */
export function stdoutTarget(stdout: Writable & { isTTY?: boolean }, format: ExportFormat): Target {
  const decoder = new TextDecoder();
  const shown = format === 'csv' ? printableCsv : printableJson;
  let isTouched = false;
  return {
    async write(chunk) {
      isTouched = true;
      const piece = stdout.isTTY ? shown(decoder.decode(chunk, { stream: true })) : chunk;
      if (!stdout.write(piece)) await once(stdout, 'drain');
    },
    restart: async () => !isTouched,
    finish: async () => {},
    discard: async () => {},
  };
}

const printableCsv = (text: string): string =>
  text
    .split(/(\r?\n)/)
    .map(shownLine)
    .join('');
const shownLine = (part: string): string => (/^\r?\n$/.test(part) ? part : printable(part));
