import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { LocalError } from '../errors.js';
import { processIdentity } from './process-identity.js';

interface Holder {
  readonly pid: number;
  readonly identity: string | undefined;
  readonly url?: string;
}

export interface FolderLock {
  /** Notes where the instance answers, for the message that a second start gets. */
  announce(url: string): void;
  release(): void;
}

const ATTEMPTS = 10;

const isAlive = ({ pid, identity }: Holder) => identity !== undefined && processIdentity(pid) === identity;

function readHolder(lockFile: string): { text: string; holder: Holder | undefined } | undefined {
  try {
    const text = readFileSync(lockFile, 'utf8');
    try {
      return { text, holder: JSON.parse(text) as Holder };
    } catch {
      return { text, holder: undefined };
    }
  } catch {
    return undefined;
  }
}

function linkIfAbsent(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * One supervisor for one data folder. The lock names its holder by pid and start time, so that the lock of a killed
 * holder is taken over and a reused pid is not mistaken for it. Throws `already_running` with the holder's pid and URL.
 */
export function lockFolder({ lockFile, folder }: { lockFile: string; folder: string }): FolderLock {
  const own: Holder = { pid: process.pid, identity: processIdentity(process.pid) };
  const mine = `${lockFile}.${process.pid}`;
  const aside = `${lockFile}.${process.pid}.stale`;
  writeFileSync(mine, JSON.stringify(own), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (linkIfAbsent(mine, lockFile)) return heldLock({ lockFile, own });
      const found = readHolder(lockFile);
      if (!found) continue;
      if (found.holder && isAlive(found.holder)) throw alreadyRunning({ folder, holder: found.holder });
      // Stale. Move it away, and look at what we moved: another starter may have taken the place between the two.
      try {
        renameSync(lockFile, aside);
      } catch {
        continue;
      }
      if (readHolder(aside)?.text !== found.text) linkIfAbsent(aside, lockFile);
      rmSync(aside, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new LocalError('already_running', `${lockFile} changed hands ${ATTEMPTS} times; start again.`);
}

function alreadyRunning({ folder, holder }: { folder: string; holder: Holder }): LocalError {
  const where = holder.url ? `at ${holder.url}` : 'and is still starting';
  return new LocalError(
    'already_running',
    `Sealstream already runs on ${folder}: pid ${holder.pid}, ${where}.\n` +
      `Use that one, stop it (kill ${holder.pid}), or set SEALSTREAM_DATA to another folder.`,
  );
}

function heldLock({ lockFile, own }: { lockFile: string; own: Holder }): FolderLock {
  return {
    announce(url) {
      const next = `${lockFile}.${process.pid}`;
      writeFileSync(next, JSON.stringify({ ...own, url }), { mode: 0o600 });
      renameSync(next, lockFile);
    },
    release() {
      if (readHolder(lockFile)?.holder?.pid === own.pid) rmSync(lockFile, { force: true });
    },
  };
}
