import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Who holds a data folder, as a sentence, or undefined when nobody does. The lock itself is the engine's, on the file
 * `status` in the folder, which also names the holder; the kernel drops it however the holder ends.
 */
export function lockedBy(folder: string): string | undefined {
  let status: string;
  try {
    status = readFileSync(join(folder, 'status'), 'utf8');
  } catch {
    return undefined;
  }
  const pid = Number(/^PID: (\d+)$/m.exec(status)?.[1]);
  if (!pid || !isAlive(pid)) return undefined;
  const since = /^Started at: (.*)$/m.exec(status)?.[1] ?? 'an unknown time';
  return `${folder} is in use by process ${pid}, started at ${since}. Stop that one (kill ${pid}), or use another folder.`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
