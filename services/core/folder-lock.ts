import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Who holds a folder. */
interface Holder {
  pid: number;
  host: string;
  /** Tells processes that had the same pid apart, where the system says when a process began. */
  began: string;
  token: string;
}

export interface FolderLock {
  /** Called now and then, so that other machines that share the folder see it is held. */
  touch(): void;
  release(): void;
}

/** A lock of another machine, or one that cannot be read, counts as left behind when it was not touched for so long. */
const staleMs = 120_000;
export const lockTouchMs = 30_000;
const attempts = 5;

/** When a process began, as Linux says it: the boot's id and the start time in it. '' where that is not known, or for no process. */
function beganOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${fields[19]}`;
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Takes the folder for this process, or throws what `refusal` makes of who holds it. A lock whose process is gone (kill -9) is taken
 * over. The lock file appears whole, by a link, so no one reads half of it.
 */
export function lockFolder(folder: string, refusal: (holder: string) => Error): FolderLock {
  const path = join(folder, 'lock');
  const token = randomUUID();
  const own: Holder = { pid: process.pid, host: hostname(), began: beganOf(process.pid), token };
  const draft = `${path}.${token}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (linked(draft, path) && holderOf(path)?.token === token) return { touch: () => touch(path), release };
      refuseIfHeld(path, refusal);
    }
    throw refusal('several processes, which take it from each other all the time');
  } finally {
    unlinkSync(draft);
  }

  function release(): void {
    if (holderOf(path)?.token === token) unlinkSync(path);
  }
}

/** Throws when the lock's holder lives; otherwise takes its lock away. */
function refuseIfHeld(path: string, refusal: (holder: string) => Error): void {
  const holder = holderOf(path);
  const touchedMs = mtimeOf(path);
  if (touchedMs === undefined) return;
  if (isHeld(holder, touchedMs)) {
    throw refusal(holder ? `process ${holder.pid} on ${holder.host}` : 'another process');
  }
  const aside = `${path}.left.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Someone else took it away first.
  }
  // Between the look and the move another may have taken the folder: then it gets its lock back.
  if (holderOf(aside)?.token !== holder?.token) linked(aside, path);
  unlinkSync(aside);
}

function isHeld(holder: Holder | undefined, touchedMs: number): boolean {
  if (!holder || holder.host !== hostname()) return Date.now() - touchedMs < staleMs;
  if (!isRunning(holder.pid)) return false;
  return holder.began === '' || holder.began === beganOf(holder.pid);
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function mtimeOf(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return undefined;
  }
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The next touch may succeed; a missing lock is found at release.
  }
}
