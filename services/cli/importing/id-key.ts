import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../core/errors.js';
import { CliError } from '../errors.js';

export interface IdKey {
  key: Buffer;
  file: string;
  /** It was not there before. */
  made: boolean;
}

const keyBytes = 32;
const defaultName = 'import-id.key';

/**
 * The secret under which names become ids (see producer/importers/opaque-ids.ts). It must stay the same for one person to keep one id, so
 * it is a file: the one named, or `import-id.key` in the data folder; made where it is missing, but no folder is.
 */
export function openIdKey({ file, folder }: { file: string | undefined; folder: string }): IdKey {
  const path = file ?? join(folder, defaultName);
  if (!existsSync(dirname(path))) {
    throw new CliError(
      'input',
      'Names in the log become ids by a secret key, and there is no place to keep one.\n' +
        `Name a file with --id-key-file FILE (made when missing; keep it: without it the same person gets another id).${
          file === undefined ? `\nIt would be ${path}, but that folder is not there.` : ''
        }`,
    );
  }
  const made = create(path);
  const text = read(path);
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new CliError(
      'input',
      `${path} holds no key: ${keyBytes * 2} hex digits are needed. Restore it, or name another file.`,
    );
  }
  return { key: Buffer.from(text, 'hex'), file: path, made };
}

/** Whether it was made; never over one that is there. */
function create(path: string): boolean {
  if (existsSync(path)) return false;
  try {
    writeFileSync(path, `${randomBytes(keyBytes).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new CliError('input', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CliError('input', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
