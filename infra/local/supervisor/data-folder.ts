import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where everything of one instance lives. Only its owner may read it. */
export interface DataFolder {
  readonly root: string;
  readonly keys: string;
  readonly logs: string;
  readonly run: string;
  readonly envFile: string;
  readonly lockFile: string;
  readonly portsFile: string;
  /** The folder of one part, made on first use. */
  part(name: string): string;
}

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: OWNER_ONLY_FOLDER });
  chmodSync(path, OWNER_ONLY_FOLDER);
  return path;
}

export function openDataFolder(root: string): DataFolder {
  makeFolder(root);
  return {
    root,
    keys: makeFolder(join(root, 'keys')),
    logs: makeFolder(join(root, 'logs')),
    run: makeFolder(join(root, 'run')),
    envFile: join(root, 'env'),
    lockFile: join(root, 'lock'),
    portsFile: join(root, 'ports.json'),
    part: (name) => makeFolder(join(root, name)),
  };
}

/** Mode 0600, and whole or not at all, so that a kill in between leaves the old contents. */
export function writePrivateFile(path: string, contents: string): void {
  const next = `${path}.next`;
  writeFileSync(next, contents, { mode: OWNER_ONLY_FILE, flush: true });
  chmodSync(next, OWNER_ONLY_FILE);
  renameSync(next, path);
}

/** The file's text, written from `create` when it is not there yet. */
export function readOrCreate(path: string, create: () => string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const contents = create();
  writePrivateFile(path, contents);
  return contents;
}

export const removeFile = (path: string): void => rmSync(path, { force: true });
